import { randomStream } from "../foundation/random.ts";
import type { ImageRecord } from "./image-source.ts";

/** Which images (ascending indices into the records) train, and which are held out. */
export interface SplitRows {
  readonly train: readonly number[];
  readonly heldOut: readonly number[];
}

/**
 * Holds out the source's `test` images where it has others too, whether these can be read or not; otherwise a share of all images that
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
  const tests = records.filter((record) => record.split === "test").length;
  if (tests > 0 && tests < records.length) {
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
