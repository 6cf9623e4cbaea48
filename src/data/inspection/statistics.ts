/** Smallest, middle and largest of some numbers. */
export interface Spread {
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

/** Of no numbers, all are 0. */
export function spreadOf(values: Iterable<number>): Spread {
  const sorted = Float64Array.from(values).sort();
  return { smallest: sorted[0] ?? 0, median: middleOf(sorted), largest: sorted.at(-1) ?? 0 };
}

/** The lower one of the middle where there are two; 0 of no numbers. */
export function medianOf(values: Iterable<number>): number {
  return middleOf(Float64Array.from(values).sort());
}

function middleOf(sorted: Float64Array): number {
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

/** How often each key comes, in the order of their first coming. */
export function countEach<Key>(keys: Iterable<Key>): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
