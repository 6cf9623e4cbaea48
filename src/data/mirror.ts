import type { Random } from "../foundation/random.ts";
import { imageBytesOf, type PixelFormat } from "./images/preparation.ts";

/** Swaps left and right of one image, pixels `[channels, height, width]`, in place. */
export function mirrorImage(pixels: Uint8Array, { channels, height, width }: PixelFormat): void {
  for (let row = 0; row < channels * height; row++) {
    for (let left = row * width, right = left + width - 1; left < right; left++, right--) {
      const moved = pixels[left] ?? 0;
      pixels[left] = pixels[right] ?? 0;
      pixels[right] = moved;
    }
  }
}

/**
 * Mirrors each image of a batch, pixels `[batch, channels, height, width]`, in place with probability 1/2: one draw an image, in their
 * order. With `randomStream(seed, "mirror", step)` a resumed run mirrors the same images.
 */
export function mirrorHalf(batch: Uint8Array, format: PixelFormat, random: Random): void {
  const size = imageBytesOf(format);
  for (let from = 0; from < batch.length; from += size)
    if (random.integer(2) === 1) mirrorImage(batch.subarray(from, from + size), format);
}
