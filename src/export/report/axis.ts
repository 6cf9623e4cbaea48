/** A stretch of numbers that an axis shows, and where its ticks are. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
}

/** An axis from `low` to `high` exactly, with round ticks inside. */
export function axisWithin(low: number, high: number, intervals: number): Axis {
  const top = high > low ? high : low + 1;
  const unit = tickUnit((top - low) / intervals);
  const first = Math.ceil(low / unit - TOLERANCE);
  const last = Math.floor(top / unit + TOLERANCE);
  return { low, high: top, ticks: multiples(unit, first, last) };
}

/** An axis around the numbers from `low` to `high` that begins and ends at a tick. */
export function axisAround(low: number, high: number, intervals: number): Axis {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const unit = tickUnit(span / intervals);
  const first = Math.floor(low / unit + TOLERANCE);
  const last = Math.max(first + 1, Math.ceil(high / unit - TOLERANCE));
  return { low: first * unit, high: last * unit, ticks: multiples(unit, first, last) };
}

/** Share of an interval that rounding may cost. */
const TOLERANCE = 1e-9;

/** The smallest of 1, 2 and 5 times a power of ten that is not below `least`. */
function tickUnit(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5].find((factor) => factor * power >= least * (1 - TOLERANCE)) ?? 10) * power;
}

function multiples(unit: number, first: number, last: number): readonly number[] {
  // Rounded so that 3 * 0.1 reads 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * unit).toPrecision(12)));
}
