import type { Split } from "../data/index.ts";

/**
 * The share of each class among the labels that training sees, of sum 1: [classes].
 * @param classes that pictures can be asked of: 0 where labels are not learned, whether there are any or not.
 */
export function classSharesOf({ labels }: Pick<Split, "labels">, classes: number): readonly number[] {
  if (classes === 0) return [];
  const counts = Array.from({ length: classes }, () => 0);
  for (const label of labels) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 1 / classes : count / total));
}

/** The class that a number from [0, 1) falls to: the first whose shares with those before it exceed it. */
export function chosenClass(shares: readonly number[], uniform: number): number {
  let below = 0;
  const found = shares.findIndex((share) => {
    below += share;
    return uniform < below;
  });
  // Shares may add up to a little less than 1.
  return found === -1
    ? Math.max(
        0,
        shares.findLastIndex((share) => share > 0),
      )
    : found;
}
