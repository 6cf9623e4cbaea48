/** A measured value at a training step. */
export interface Point {
  readonly step: number;
  readonly value: number;
}

/** Points that a drawn line has at most: more cannot be told apart on a screen. */
const POINT_LIMIT = 600;

/**
 * At most `limit` of the points, in order. The lowest and the highest of each stretch are kept, so that a spike of a
 * single step stays visible; a mean or every n-th point would hide it.
 */
export function thin(points: readonly Point[], limit = POINT_LIMIT): readonly Point[] {
  if (points.length <= limit) return points;
  const stretches = Math.floor(limit / 2);
  return Array.from({ length: stretches }, (_, index) => {
    const begin = Math.floor((index * points.length) / stretches);
    const end = Math.floor(((index + 1) * points.length) / stretches);
    return lowestAndHighest(points.slice(begin, end));
  }).flat();
}

function lowestAndHighest(points: readonly Point[]): readonly Point[] {
  const [first] = points;
  if (first === undefined) return [];
  let low = first;
  let high = first;
  for (const point of points) {
    if (point.value < low.value) low = point;
    if (point.value > high.value) high = point;
  }
  if (low === high) return [low];
  return low.step < high.step ? [low, high] : [high, low];
}

/**
 * The mean over a window around each point, nearer points counting more, so that the smooth line neither lags behind the
 * raw one nor jumps where a spike enters the window. The window is a twentieth of the points, cut off at the ends.
 */
export function smooth(points: readonly Point[]): readonly Point[] {
  const reach = Math.ceil(points.length / 80);
  // Twice an even window is one with linearly falling weights.
  return movingMean(movingMean(points, reach), reach);
}

function movingMean(points: readonly Point[], reach: number): readonly Point[] {
  const sums = [0];
  for (const { value } of points) sums.push((sums.at(-1) ?? 0) + value);
  return points.map(({ step }, index) => {
    const begin = Math.max(0, index - reach);
    const end = Math.min(points.length, index + reach + 1);
    return { step, value: ((sums[end] ?? 0) - (sums[begin] ?? 0)) / (end - begin) };
  });
}
