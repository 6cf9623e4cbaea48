// Trends in the few, noisy scores of a run.

/**
 * A score that is so many times as bad as at its best, in the mean of `recent` ones of which each is worse than the best mean
 * of `best` in a row, and further off than so many times the noise. Below `over` times it is so no longer. Where scores of a
 * healthy run are off by 20 %, each by itself, 1 in 1,000 runs of 30 scores is taken for one that gets worse, and 1 in 70 of
 * 100 scores.
 */
const WORSE = { best: 3, recent: 5, times: 1.5, over: 1.2, noise: 5 };

/** That a score has become worse: where in the sequence it was best, and what it was then and is now, in the mean. */
export interface Worsening {
  readonly since: number;
  readonly best: number;
  readonly now: number;
}

/**
 * Whether scores have long been much worse than they were.
 * @param scores finite ones, in order.
 * @returns `over` where they are not; `unclear` where it cannot be told.
 */
export function worsening(scores: readonly number[], better: "lower" | "higher"): Worsening | "over" | "unclear" {
  const means = movingMeans(scores, WORSE.best);
  const best = better === "lower" ? Math.min(...means) : Math.max(...means);
  const first = means.indexOf(best);
  const recent = scores.slice(first + WORSE.best).slice(-WORSE.recent);
  const now = meanOf(recent);
  const isWorse = (score: number, times: number) =>
    better === "lower" ? score > times * Math.max(0, best) : times * score < best;
  if (first < 0) return "unclear";
  if (recent.length === 0 || !isWorse(now, WORSE.over)) return "over";
  const isLong = recent.length === WORSE.recent && recent.every((score) => isWorse(score, 1));
  const isClear = Math.abs(now - best) > WORSE.noise * noiseOf(scores.slice(first), { jumps: 1 });
  if (!isLong || !isClear || !isWorse(now, WORSE.times)) return "unclear";
  return { since: first + Math.floor(WORSE.best / 2), best, now };
}

/** The mean of each so many values in a row. */
export function movingMeans(values: readonly number[], averaged: number): readonly number[] {
  return values.slice(averaged - 1).map((_, first) => meanOf(values.slice(first, first + averaged)));
}

/**
 * Standard deviation of what is left of values when their trend is taken away: from the differences of neighbours; 0 where
 * there are too few.
 * @param jumps the largest differences that are no noise but a change of the state. Default: 0.
 */
export function noiseOf(values: readonly number[], { jumps = 0 } = {}): number {
  const squares = values.slice(1).map((value, index) => (value - (values[index] ?? 0)) ** 2);
  const kept = squares.sort((one, other) => other - one).slice(jumps);
  return kept.length === 0 ? 0 : Math.sqrt(meanOf(kept) / 2);
}

function meanOf(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
