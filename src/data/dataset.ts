import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
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

/** Sorted, numbers by their value (`2` before `10`), without repetition. */
export function classNamesOf(labels: Iterable<string | null>): readonly string[] {
  const names = new Set<string>();
  for (const label of labels) if (label !== null) names.add(label);
  const collator = new Intl.Collator("en", { numeric: true });
  return [...names].sort((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));
}

/** Which images (ascending indices into the records) train, and which are held out. */
export interface SplitRows {
  readonly train: readonly number[];
  readonly heldOut: readonly number[];
}

/**
 * Keeps the source's `train` and `test` apart when it names both (images in neither train); otherwise holds out a share of all images that
 * the seed and the order of the records decide: rounded down, at least 1 of 10 or more, never all.
 * @param readable indices of the records whose images can be used, ascending
 */
export function splitRows(
  records: readonly ImageRecord[],
  readable: readonly number[],
  seed: number,
  heldOutFraction: number,
): SplitRows {
  const isTest = (row: number): boolean => records[row]?.split === "test";
  const named = new Set(readable.map((row) => records[row]?.split));
  if (named.has("train") && named.has("test")) {
    return { train: readable.filter((row) => !isTest(row)), heldOut: readable.filter(isTest) };
  }
  const count = heldOutCount(readable.length, heldOutFraction);
  const chosen = new Set(randomStream(seed, "held-out").permutation(readable.length).subarray(0, count));
  return {
    train: readable.filter((_, position) => !chosen.has(position)),
    heldOut: readable.filter((_, position) => chosen.has(position)),
  };
}

/** How many images of a source will train, if all of them can be read. */
export function trainingCount(
  { records }: { readonly records: readonly ImageRecord[] },
  seed: number,
  heldOutFraction: number,
): number {
  return splitRows(records, [...records.keys()], seed, heldOutFraction).train.length;
}

function heldOutCount(count: number, fraction: number): number {
  if (fraction <= 0 || count < 2) return 0;
  const least = count >= 10 ? 1 : 0;
  return Math.min(Math.max(Math.floor(count * fraction), least), count - 1);
}

/** Says by name which held-out images have a label that training never sees. */
export function labelsUnknownIn(
  records: readonly ImageRecord[],
  heldOut: readonly number[],
  classNames: readonly string[],
): readonly string[] {
  const known = new Set(classNames);
  const counts = new Map<string, number>();
  for (const row of heldOut) {
    const label = records[row]?.label ?? null;
    if (label !== null && !known.has(label)) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].map(
    ([name, count]) => `no training image is labelled ${name}: its ${count} held-out images count as without a label`,
  );
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
