import { randomStream } from "../../foundation/random.ts";
import type { ImageRecord } from "../image-source.ts";
import { classNamesOf } from "./class-names.ts";

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
  /** Indices of the records that keep their label. */
  readonly kept: ReadonlySet<number>;
}

/**
 * Chooses `perClass` labelled images of each class at random, or all where there are not so many. The seed and an image's name decide
 * its place in the queue, whatever other images there are: a data set that grows keeps most of its draw, and a draw of fewer images is
 * part of every draw of more.
 * @param rows ascending indices of the records that train and can be read
 * @param perClass a whole number, at least 0
 */
export function drawLabels(
  records: readonly ImageRecord[],
  rows: readonly number[],
  perClass: number,
  seed: number,
): LabelDraw {
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
    const queue = images.map((row) => ({
      row,
      place: randomStream(seed, "labels", records[row]?.name ?? "").uniform(),
    }));
    const chosen = queue.sort((one, other) => one.place - other.place).slice(0, perClass);
    for (const { row } of chosen) kept.add(row);
    return { name, available: images.length, kept: chosen.length };
  });
  return { perClass, classes, kept };
}

/** Says by name which classes have fewer labels than were asked for. */
export function shortClassesIn({ perClass, classes }: LabelDraw): readonly string[] {
  return classes
    .filter(({ kept }) => kept < perClass)
    .map(
      ({ name, kept }) =>
        `class ${name} keeps ${kept} of the ${perClass} labels that were asked for: it has no more to learn from`,
    );
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
