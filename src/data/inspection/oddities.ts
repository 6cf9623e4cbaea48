import { type ImageSource, recordAt } from "../image-source.ts";
import type { Observations } from "./observations.ts";
import { medianOf } from "./statistics.ts";
import type { PixelFigures } from "./thumbnail.ts";

/** Images that a person should look at. None of them need be wrong. */
export interface OddityReport {
  /** One colour all over. */
  readonly blank: readonly string[];
  /** Those of the blank images that have transparency: perhaps drawn in white, which is what transparency is laid on. */
  readonly blankTransparent: readonly string[];
  /** Nearly black all over. */
  readonly dark: readonly string[];
  /** Nearly white all over. */
  readonly bright: readonly string[];
  /** Unlike all others, most unlike first. */
  readonly outliers: readonly { readonly name: string; readonly reason: string }[];
}

/** Mean brightness below or above which an image without stronger differences than `faintRange` shows hardly anything. */
const darkest = 24;
const brightest = 231;
const faintRange = 64;

/** @param blank indices of the images that are one colour all over, ascending */
export function odditiesOf(
  source: Pick<ImageSource, "records">,
  seen: Observations,
  blank: ReadonlySet<number>,
): OddityReport {
  const name = (index: number): string => recordAt(source, index).name;
  const shown = seen.readable.filter((index) => !blank.has(index));
  const faint = shown.filter((index) => seen.figure(index, "range") < faintRange);
  return {
    blank: [...blank].map(name),
    blankTransparent: [...blank].filter((index) => seen.isTransparent(index)).map(name),
    dark: faint.filter((index) => seen.figure(index, "brightness") < darkest).map(name),
    bright: faint.filter((index) => seen.figure(index, "brightness") > brightest).map(name),
    outliers: outliersAmong(shown, seen).map(({ index, reason }) => ({ name: name(index), reason })),
  };
}

/** Fewer images have no usual look that another could fall out of. */
const fewestForOutliers = 20;
/** Robust deviations from the median beyond which an image is named. */
const farOut = 5;
/** More than this share of a set is not an exception. */
const largestShare = 0.02;

/** What is measured, the least deviation that means anything, and what to call the two sides. */
const measures: readonly (readonly [name: keyof PixelFigures, least: number, below: string, above: string])[] = [
  ["brightness", 4, "much darker", "much brighter"],
  ["contrast", 2, "much less contrast", "much more contrast"],
  ["colourfulness", 2, "much less colour", "much more colour"],
  ["detail", 1, "much less detail", "much more detail"],
];

/**
 * Images whose brightness, contrast, colourfulness or detail is far from what is usual: more than 5 robust deviations (1.4826 times the
 * median absolute deviation, which is one standard deviation of normal numbers; Iglewicz and Hoaglin 1993, "How to Detect and Handle
 * Outliers") from the median, of either side of it by itself, since such figures are rarely symmetric. A measure that names more than
 * 2 % of the images on one side has no exceptions there. It names 4 of 817 photographs and drawings, 1 of 407 emoji (the zebra), 6 of
 * 5,000 small photographs (CIFAR-10), none of 600 hands.
 */
function outliersAmong(images: readonly number[], seen: Observations): readonly { index: number; reason: string }[] {
  if (images.length < fewestForOutliers) return [];
  const found = new Map<number, { readonly index: number; readonly reason: string; readonly score: number }>();
  for (const [measure, least, below, above] of measures) {
    const values = images.map((index) => seen.figure(index, measure));
    const median = medianOf(values);
    for (const [side, word] of [
      [-1, below],
      [1, above],
    ] as const) {
      const beyond = values.map((value) => side * (value - median));
      const deviation = Math.max(least, 1.4826 * medianOf(beyond.filter((distance) => distance >= 0)));
      const far = images.flatMap((index, at) => {
        const score = (beyond[at] ?? 0) / deviation;
        return score > farOut ? { index, reason: `${word} than the others`, score } : [];
      });
      if (far.length > images.length * largestShare) continue;
      for (const one of far) if (one.score > (found.get(one.index)?.score ?? 0)) found.set(one.index, one);
    }
  }
  return [...found.values()].sort((a, b) => b.score - a.score || a.index - b.index);
}
