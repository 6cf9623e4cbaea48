import { type Dataset, type ImageSet, imageBytesOf, imagesOf, type PixelFormat, type Split } from "../../data/index.ts";
import { randomStream } from "../../foundation/random.ts";

/** The images at some rows of a part, as a part of their own. */
export function partOf(split: Split, wanted: (row: number) => boolean): Split {
  const rows = Array.from({ length: split.count }, (_, row) => row).filter(wanted);
  const rowOf = (index: number) => rows[index] ?? -1;
  return {
    count: rows.length,
    imageBytes: split.imageBytes,
    labels: Int32Array.from(rows, (row) => split.labels[row] ?? -1),
    names: rows.map((row) => split.names[row] ?? ""),
    copyImage: (index, target, offset) => split.copyImage(rowOf(index), target, offset),
  };
}

/** The images of a part at `rows`, which may repeat, each passed through `change`. */
export function imagesFrom(
  split: Split,
  format: PixelFormat,
  rows: readonly number[],
  change: (image: Uint8Array, index: number) => Uint8Array = (image) => image,
): ImageSet {
  const all = imagesOf(split, format);
  const imageBytes = imageBytesOf(format);
  return {
    format,
    count: rows.length,
    labels: Int32Array.from(rows, (row) => split.labels[row] ?? -1),
    read: async (first, count) => {
      const bytes = new Uint8Array(count * imageBytes);
      for (let index = first; index < first + count; index++) {
        bytes.set(change(await all.read(rows[index] ?? -1, 1), index), (index - first) * imageBytes);
      }
      return bytes;
    },
  };
}

/** Every pixel the mean of the square around it that reaches so far. */
export function blurred({ channels, height, width }: PixelFormat, reach: number): (image: Uint8Array) => Uint8Array {
  return (image) => {
    const result = new Uint8Array(image.length);
    for (let channel = 0; channel < channels; channel++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          let [total, count] = [0, 0];
          for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row++) {
            for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column++) {
              total += image[(channel * height + row) * width + column] ?? 0;
              count++;
            }
          }
          result[(channel * height + y) * width + x] = Math.round(total / count);
        }
      }
    }
    return result;
  };
}

/** Normal noise of so many levels of 255 added to every pixel. */
export function noised(deviation: number): (image: Uint8Array, index: number) => Uint8Array {
  return (image, index) => {
    const noise = randomStream(5, "noise", index).normals(image.length);
    return image.map((value, at) => Math.min(255, Math.max(0, Math.round(value + deviation * (noise[at] ?? 0)))));
  };
}

/** Left and right exchanged. */
export function mirrored({ width }: PixelFormat): (image: Uint8Array) => Uint8Array {
  return (image) => image.map((_, at) => image[at - (at % width) + (width - 1 - (at % width))] ?? 0);
}

/** The numbers below `count`. */
export function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * A data set without half of its held-out images, which then stand for a perfect generator: no one has seen them. They are
 * taken by eights, since neighbours may be of classes that take turns.
 */
export function withUnseen(dataset: Dataset): { readonly reference: Dataset; readonly unseen: Split } {
  const { heldOut } = dataset;
  const reference = { ...dataset, heldOut: partOf(heldOut, (row) => row % 16 >= 8) };
  return { reference, unseen: partOf(heldOut, (row) => row % 16 < 8) };
}
