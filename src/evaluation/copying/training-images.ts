import { createHash } from "node:crypto";
import { type ImageSet, imageBytesOf, mirrorImage } from "../../data/index.ts";
import type { FeatureMatrix } from "../../metrics/index.ts";
import type { Space } from "./space.ts";

/** Images that are read and placed at once, and the bytes of their pixels. */
const MOST_AT_ONCE = 4096;
const MOST_BYTES_AT_ONCE = 32 * 2 ** 20;
/** Placed images that are kept for the next reading; what is over is placed again. */
const MOST_BYTES_KEPT = 256 * 2 ** 20;

/** Different training images and their mirror images in a space. */
export interface TrainingBlock {
  /** Number of each image in the training set, [count]. */
  readonly images: Int32Array;
  /** Each image, and then the mirror image of each, [2 * count, dimension]. */
  readonly places: FeatureMatrix;
}

/** The numbers of the images of a set that differ from all before them, mirrored or not. */
export async function differentImages(training: ImageSet, signal?: AbortSignal): Promise<Int32Array> {
  const size = imageBytesOf(training.format);
  const seen = new Set<string>();
  const different: number[] = [];
  for await (const { first, pixels } of readBlocks(training, signal)) {
    for (let index = 0; index * size < pixels.length; index++) {
      const image = Uint8Array.from(pixels.subarray(index * size, (index + 1) * size));
      const digest = digestOf(image);
      if (seen.has(digest)) continue;
      seen.add(digest);
      mirrorImage(image, training.format);
      seen.add(digestOf(image));
      different.push(first + index);
    }
  }
  return Int32Array.from(different);
}

/** Training images in a space, block by block, as often as they are asked for: never all at once in memory. */
export class TrainingImages {
  readonly #training: ImageSet;
  readonly #images: Int32Array;
  readonly #space: Space;
  readonly #kept = new Map<number, FeatureMatrix>();
  #keptBytes = 0;

  /** @param images the numbers of those that are taken, ascending. */
  constructor(training: ImageSet, images: Int32Array, space: Space) {
    this.#training = training;
    this.#images = images;
    this.#space = space;
  }

  async *blocks(signal?: AbortSignal): AsyncGenerator<TrainingBlock> {
    const atOnce = imagesAtOnce(this.#training);
    for (let first = 0; first < this.#images.length; first += atOnce) {
      signal?.throwIfAborted();
      const images = this.#images.subarray(first, first + atOnce);
      const places = this.#kept.get(first) ?? (await this.#place(images, signal));
      if (!this.#kept.has(first) && this.#keptBytes + places.values.byteLength <= MOST_BYTES_KEPT) {
        this.#kept.set(first, places);
        this.#keptBytes += places.values.byteLength;
      }
      yield { images, places };
    }
  }

  async #place(images: Int32Array, signal: AbortSignal | undefined): Promise<FeatureMatrix> {
    const pixels = await imagesAt(this.#training, images);
    const plain = await this.#space.place(pixels, { signal });
    const size = imageBytesOf(this.#training.format);
    for (let from = 0; from < pixels.length; from += size) {
      mirrorImage(pixels.subarray(from, from + size), this.#training.format);
    }
    return joined([plain, await this.#space.place(pixels, { signal })]);
  }
}

/** Where all images of a set lie in a space. */
export async function placesOf(set: ImageSet, space: Space, signal?: AbortSignal): Promise<FeatureMatrix> {
  const parts: FeatureMatrix[] = [];
  for await (const { pixels } of readBlocks(set, signal)) parts.push(await space.place(pixels, { signal }));
  return joined(parts);
}

/** The pixels of all images of a set, block by block: [images, channels, height, width], from image `first` on. */
async function* readBlocks(set: ImageSet, signal: AbortSignal | undefined) {
  const atOnce = imagesAtOnce(set);
  for (let first = 0; first < set.count; first += atOnce) {
    signal?.throwIfAborted();
    yield { first, pixels: await set.read(first, Math.min(atOnce, set.count - first)) };
  }
}

function imagesAtOnce({ format }: ImageSet): number {
  return Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(MOST_BYTES_AT_ONCE / imageBytesOf(format))));
}

/** Feature matrices one below another. */
export function joined(parts: readonly FeatureMatrix[]): FeatureMatrix {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const dimension = parts[0]?.dimension ?? 0;
  const values = new Float32Array(count * dimension);
  let row = 0;
  for (const part of parts) {
    values.set(part.values, row * dimension);
    row += part.count;
  }
  return { count, dimension, values };
}

/** The pixels of some images of a set, [images, channels, height, width]. */
export async function imagesAt(set: ImageSet, images: ArrayLike<number>): Promise<Uint8Array> {
  const size = imageBytesOf(set.format);
  const pixels = new Uint8Array(images.length * size);
  for (let index = 0; index < images.length; ) {
    // Images that follow one another are read together.
    let run = 1;
    while (index + run < images.length && (images[index + run] ?? 0) === (images[index] ?? 0) + run) run++;
    pixels.set(await set.read(images[index] ?? 0, run), index * size);
    index += run;
  }
  return pixels;
}

function digestOf(image: Uint8Array): string {
  return createHash("sha256").update(image).digest("base64");
}
