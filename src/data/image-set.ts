import { randomStream } from "../foundation/random.ts";
import type { Split } from "./dataset.ts";
import { imageBytesOf, type PixelFormat } from "./images/preparation.ts";

/** Images in an order, all of one format: real ones, or those that a generator makes. */
export interface ImageSet {
  readonly format: PixelFormat;
  readonly count: number;
  /** Class of each image, -1 for none; absent where no image has one. */
  readonly labels?: Int32Array;
  /** What each image is called; absent for generated ones. */
  readonly names?: readonly string[];
  /** Pixels 0…255 of the images from `first` on, [count, channels, height, width]. */
  read(first: number, count: number): Promise<Uint8Array>;
}

/**
 * At most `most` images of a part of a data set, drawn by the seed without repetition, in the order of the data.
 * @param most Default: all.
 */
export function imagesOf(split: Split, format: PixelFormat, most = split.count, seed = 0): ImageSet {
  const all = most >= split.count;
  const drawn = all ? undefined : randomStream(seed, "images to evaluate").permutation(split.count);
  const rows = drawn?.subarray(0, most).sort();
  const rowOf = (index: number) => rows?.[index] ?? index;
  const count = rows?.length ?? split.count;
  return {
    format,
    count,
    labels: rows === undefined ? split.labels : Int32Array.from(rows, (row) => split.labels[row] ?? -1),
    names: rows === undefined ? split.names : Array.from(rows, (row) => split.names[row] ?? ""),
    read: async (first, wanted) => {
      const bytes = new Uint8Array(wanted * split.imageBytes);
      for (let index = 0; index < wanted; index++)
        split.copyImage(rowOf(first + index), bytes, index * split.imageBytes);
      return bytes;
    },
  };
}

/** The images of several sets of one format, one after another. Their labels must be of the same classes. */
export function joinedSets(format: PixelFormat, sets: readonly ImageSet[]): ImageSet {
  const labels = sets.flatMap((set) => [...(set.labels ?? new Int32Array(set.count).fill(-1))]);
  return {
    format,
    count: labels.length,
    labels: Int32Array.from(labels),
    names: sets.flatMap(({ count, names }) => names ?? Array.from({ length: count }, () => "")),
    read: async (first, wanted) => {
      const parts: Uint8Array[] = [];
      let begin = 0;
      for (const set of sets) {
        const from = Math.max(first - begin, 0);
        const end = Math.min(first + wanted - begin, set.count);
        if (from < end) parts.push(await set.read(from, end - from));
        begin += set.count;
      }
      return Buffer.concat(parts);
    },
  };
}

/** The images of a set, read once and kept: for images that take long to make. */
export async function inMemory(
  images: ImageSet,
  { onProgress, signal }: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal | undefined } = {},
): Promise<ImageSet> {
  const { format, count } = images;
  const imageBytes = imageBytesOf(format);
  const bytes = new Uint8Array(count * imageBytes);
  for (let first = 0; first < count; first += READ_AT_ONCE) {
    signal?.throwIfAborted();
    const part = await images.read(first, Math.min(READ_AT_ONCE, count - first));
    bytes.set(part, first * imageBytes);
    onProgress?.(first + part.length / imageBytes, count);
  }
  return {
    ...images,
    read: (first, wanted) => Promise.resolve(bytes.subarray(first * imageBytes, (first + wanted) * imageBytes)),
  };
}

const READ_AT_ONCE = 64;
