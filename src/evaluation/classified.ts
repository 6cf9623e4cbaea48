import { type ImageSet, imageBytesOf } from "../data/index.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import type { ExtractionOptions } from "./extraction.ts";

/** Pixels 0…255, [count, channels, height, width], to how probable each class is: rows of sum 1, [count, classes]. */
export type Classify = (images: Uint8Array) => Promise<Float32Array>;

/** Images that are classified at once. */
const AT_ONCE = 64;

/** How probable a classifier finds each of `classes` classes for each image of a set. */
export async function classifyAll(
  classify: Classify,
  images: ImageSet,
  classes: number,
  { onProgress, signal }: ExtractionOptions = {},
): Promise<FeatureMatrix> {
  const values = new Float32Array(images.count * classes);
  for (let first = 0; first < images.count; first += AT_ONCE) {
    signal?.throwIfAborted();
    const read = await images.read(first, Math.min(AT_ONCE, images.count - first));
    values.set(await classify(read), first * classes);
    onProgress?.(first + read.length / imageBytesOf(images.format), images.count);
  }
  return { count: images.count, dimension: classes, values };
}
