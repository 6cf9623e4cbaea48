import { internalError } from "../foundation/errors.ts";
import type { ImageRecord, SkippedFile } from "./image-source.ts";
import type { PixelFormat } from "./images/preparation.ts";
import type { LabelDraw } from "./labels/label-draw.ts";

/** Decoded images of one part of a data set, in a fixed order. */
export interface Split {
  readonly count: number;
  /** Bytes of one image: channels * height * width. */
  readonly imageBytes: number;
  /** Class index per image into the data set's `classNames`; -1: no label. */
  readonly labels: Int32Array;
  /** Names as the source gives them, per image. */
  readonly names: readonly string[];
  /** Copies image `index`, pixels 0..255 `[channels, height, width]`, to `target` at byte `offset`. */
  copyImage(index: number, target: Uint8Array, offset: number): void;
}

/** Images of one size, decoded once and kept on disk, with their labels and their two parts. */
export interface Dataset {
  readonly name: string;
  readonly format: PixelFormat;
  /** Sorted, numbers by value, without repetition; only classes of which training sees a label. */
  readonly classNames: readonly string[];
  readonly train: Split;
  /** The source's own test images, or a seeded share of all of them. May be empty. */
  readonly heldOut: Split;
  /** What the user should know about the labels, by name. */
  readonly remarks: readonly string[];
  /** Which labels training sees, where only some of each class are used; null: all. */
  readonly labelDraw: LabelDraw | null;
  /** A table of the training images and the labels that training sees, in CSV; with the same seed, as the data's labels, it gives the same draw. */
  labelsTable(): string;
  /** What could not be read. */
  readonly skipped: readonly SkippedFile[];
  /** Files of the source that are not images of a kind that is read. */
  readonly ignored: readonly string[];
  /** Hash of all images as they are stored in the source. */
  readonly content: string;
  /** Whether the decoded images were there from an earlier call. */
  readonly reused: boolean;
  /** Releases the file that holds the pixels; no image can be copied afterwards. */
  close(): void;
}

/** Decoded images by their index in the source. */
export interface PixelRows {
  readonly imageBytes: number;
  copyRow(row: number, target: Uint8Array, offset: number): void;
}

/** The images at `rows` of the store as one part of a data set. */
export function splitOf(
  store: PixelRows,
  records: readonly ImageRecord[],
  rows: readonly number[],
  classNames: readonly string[],
): Split {
  const classIndex = new Map(classNames.map((name, index) => [name, index]));
  // Int32Array.from would first gather all numbers in an ordinary array.
  const labels = new Int32Array(rows.length);
  for (const [index, row] of rows.entries()) labels[index] = classIndex.get(records[row]?.label ?? "") ?? -1;
  return {
    count: rows.length,
    imageBytes: store.imageBytes,
    labels,
    names: rows.map((row) => records[row]?.name ?? ""),
    copyImage(index, target, offset) {
      const row = rows[index];
      if (row === undefined) throw internalError("copyImage", `image ${index} of ${rows.length}`);
      store.copyRow(row, target, offset);
    },
  };
}
