import { randomStream } from "../../foundation/random.ts";
import { classNamesOf } from "../dataset.ts";
import type { ImageRecord } from "../image-source.ts";

/** What of one class is drawn. */
export interface ClassDraw {
  readonly name: string;
  /** Images that had the label. */
  readonly available: number;
  /** Images that keep it: fewer than were asked for only where there are not more. */
  readonly kept: number;
}

/** A choice of the training images that keep their label; all others have none. */
export interface LabelDraw {
  readonly perClass: number;
  /** In the order of class names. */
  readonly classes: readonly ClassDraw[];
  /** Names of the classes that have fewer images than were asked for. */
  readonly short: readonly string[];
  /** Indices of the records that keep their label. */
  readonly kept: ReadonlySet<number>;
}

/**
 * Chooses `perClass` labelled images of each class at random, or all where there are not so many. The draw of a class is decided by the
 * seed, the class's name and its own images, in order; a draw of fewer images is part of every draw of more.
 * @param rows ascending indices of the records that train and can be read
 * @throws RangeError when `perClass` is not a whole number, or negative.
 */
export function drawLabels(
  records: readonly ImageRecord[],
  rows: readonly number[],
  perClass: number,
  seed: number,
): LabelDraw {
  if (!Number.isSafeInteger(perClass) || perClass < 0) throw new RangeError(`labels per class: ${perClass}`);
  const imagesOf = new Map<string, number[]>();
  for (const row of rows) {
    const label = records[row]?.label ?? null;
    if (label === null) continue;
    const images = imagesOf.get(label);
    if (images) images.push(row);
    else imagesOf.set(label, [row]);
  }
  const kept = new Set<number>();
  const classes = classNamesOf(imagesOf.keys()).map((name): ClassDraw => {
    const images = imagesOf.get(name) ?? [];
    const chosen = randomStream(seed, "labels", name).permutation(images.length).subarray(0, perClass);
    for (const position of chosen) kept.add(images[position] ?? -1);
    return { name, available: images.length, kept: chosen.length };
  });
  const short = classes.filter(({ available }) => available < perClass).map(({ name }) => name);
  return { perClass, classes, short, kept };
}

/**
 * The records as training may see them: those of `rows` that the draw does not keep have no label. What is made of these records
 * alone cannot depend on the hidden labels.
 */
export function hideLabels(
  records: readonly ImageRecord[],
  rows: readonly number[],
  { kept }: Pick<LabelDraw, "kept">,
): readonly ImageRecord[] {
  const visible = [...records];
  for (const row of rows) {
    const record = records[row];
    if (record !== undefined && !kept.has(row)) visible[row] = { ...record, label: null };
  }
  return visible;
}

/** A table of labels as `parseLabelTable` reads it, in CSV (RFC 4180) with LF; no label is an empty cell. */
export function labelsCsv(records: Iterable<Pick<ImageRecord, "name" | "label">>): string {
  let text = "file,label\n";
  for (const { name, label } of records) text += `${quoted(name)},${quoted(label ?? "")}\n`;
  return text;
}

/** Blanks at the ends are quoted too, as they are trimmed otherwise. */
function quoted(cell: string): string {
  return /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
