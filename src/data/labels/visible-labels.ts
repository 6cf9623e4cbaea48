import type { ImageRecord } from "../image-source.ts";
import { splitRows } from "../split-rows.ts";
import { classNamesOf } from "./class-names.ts";
import { drawLabels, hideLabels, type LabelDraw } from "./label-draw.ts";

export interface LabelChoice {
  readonly seed: number;
  /** Labels of each class that training sees. Default: all. */
  readonly labelsPerClass?: number | undefined;
}

/** The records as training may see them, and which labels were drawn; null where all are used. */
export interface VisibleRecords {
  readonly visible: readonly ImageRecord[];
  readonly labelDraw: LabelDraw | null;
}

/** Hides the labels of the records at `rows`, which train, that are not to be seen. */
export function visibleRecords(
  records: readonly ImageRecord[],
  rows: readonly number[],
  { seed, labelsPerClass }: LabelChoice,
): VisibleRecords {
  if (labelsPerClass === undefined) return { visible: records, labelDraw: null };
  const labelDraw = drawLabels(records, rows, labelsPerClass, seed);
  return { visible: hideLabels(records, rows, labelDraw), labelDraw };
}

/** The labels that training sees. */
export interface TrainingLabels {
  /** Training images. */
  readonly images: number;
  /** Those of them that have a label. */
  readonly labelled: number;
  /** In the order of class names. */
  readonly classes: readonly { readonly name: string; readonly images: number }[];
  /** Held-out images with a label of one of these classes. */
  readonly heldOut: number;
  /** Classes of held-out images alone, which are not learned, in the order of class names. */
  readonly unlearned: readonly string[];
  /** Labels of held-out images that would be learned from if none were held out: 0 where the data decide what is, or labels are drawn. */
  readonly withheld: number;
}

/** The labels that training will see of a source, if all of its images can be read. */
export function trainingLabels(
  { records }: { readonly records: readonly ImageRecord[] },
  { heldOut: fraction, ...choice }: LabelChoice & { readonly heldOut: number },
): TrainingLabels {
  const { train, heldOut } = splitRows(records, [...records.keys()], choice.seed, fraction);
  const { visible } = visibleRecords(records, train, choice);
  const counts = new Map<string, number>();
  for (const row of train) {
    const label = visible[row]?.label ?? null;
    if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  const apart = heldOut.flatMap((row) => records[row]?.label ?? []);
  const isDrawn = choice.labelsPerClass !== undefined;
  const isOwnSplit = heldOut.some((row) => records[row]?.split === "test");
  return {
    images: train.length,
    labelled: [...counts.values()].reduce((total, count) => total + count, 0),
    classes: classNamesOf(counts.keys()).map((name) => ({ name, images: counts.get(name) ?? 0 })),
    heldOut: apart.filter((label) => counts.has(label)).length,
    unlearned: classNamesOf(apart).filter((name) => !counts.has(name)),
    withheld: isDrawn || isOwnSplit ? 0 : apart.length,
  };
}
