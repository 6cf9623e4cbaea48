import type { ImageSource } from "../image-source.ts";
export function openSampleFlowers(location: string): ImageSource {
  throw new Error(location);
}
