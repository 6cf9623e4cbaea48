import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";

/** Where a figure would be in 95 of 100 repetitions with other images. */
export interface Interval {
  readonly low: number;
  readonly high: number;
  /** How it was found, in words. */
  readonly method: string;
}

/** What a normal deviate exceeds in 2.5 of 100 cases. */
const NORMAL_LIMIT = 1.959963984540054;

/**
 * Wilson's interval of a share (1927, "Probable Inference, the Law of Succession, and Statistical Inference"): right also
 * where few images, none or all are so, of which a bootstrap would give no width.
 *
 * @param values 1 for each image that is so, 0 for one that is not; at least one.
 */
export function shareInterval(values: ArrayLike<number>): Interval {
  const count = values.length;
  if (count === 0) throw internalError("shareInterval", "no values");
  let hits = 0;
  for (let image = 0; image < count; image++) hits += values[image] ?? Number.NaN;
  const share = hits / count;
  const square = NORMAL_LIMIT ** 2;
  const middle = (hits + square / 2) / (count + square);
  const reach = (NORMAL_LIMIT * Math.sqrt(count * share * (1 - share) + square / 4)) / (count + square);
  // Rounding must not put the share itself outside.
  const [low, high] = [Math.min(share, Math.max(0, middle - reach)), Math.max(share, Math.min(1, middle + reach))];
  return { low, high, method: "Wilson's for shares" };
}

/**
 * The percentile bootstrap of a mean (Efron 1979, "Bootstrap Methods: Another Look at the Jackknife"): the middle 95 %
 * of the means of `draws` sets, each drawn from `values` with replacement. Values that are all equal give no width,
 * however few they are.
 *
 * @param values one of each image; at least one.
 * @param options.draws default: 1,000.
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  { seed, draws = 1000 }: { readonly seed: number; readonly draws?: number },
): Interval {
  if (values.length === 0) throw internalError("bootstrapInterval", "no values");
  const random = randomStream(seed, "bootstrap");
  const means = new Float64Array(draws);
  for (let draw = 0; draw < draws; draw++) {
    let total = 0;
    for (let image = 0; image < values.length; image++) {
      total += values[Math.floor(random.uniform() * values.length)] ?? Number.NaN;
    }
    means[draw] = total / values.length;
  }
  means.sort();
  const method = `bootstrap of ${draws.toLocaleString("en")} draws over images`;
  return { low: quantile(means, 0.025), high: quantile(means, 0.975), method };
}

/** The quantile of sorted values, linear between the two nearest. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/**
 * The delete-a-group jackknife: the figure, give or take its standard error times what Student's t allows for having
 * estimated that error from few groups. For figures that are no mean over images, such as a distance between two sets.
 * Kott (2001), "The Delete-a-Group Jackknife". With 10 groups, t is 2.26 and not 1.96.
 *
 * @param value the figure of all the images.
 * @param leftOut the figure without each of the groups in turn; at least two, of about equally many images.
 */
export function jackknifeInterval(value: number, leftOut: readonly number[]): Interval {
  const groups = leftOut.length;
  if (groups < 2) throw internalError("jackknifeInterval", `${groups} groups`);
  const mean = leftOut.reduce((sum, one) => sum + one, 0) / groups;
  const squares = leftOut.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const deviation = Math.sqrt(((groups - 1) / groups) * squares) * studentLimit(groups - 1);
  return { low: value - deviation, high: value + deviation, method: `jackknife of ${groups} groups` };
}

/**
 * What Student's t with so many degrees of freedom exceeds in 2.5 of 100 cases, to two digits from three degrees on:
 * the expansion in Abramowitz and Stegun (1964), "Handbook of Mathematical Functions", 26.7.5.
 */
function studentLimit(freedom: number): number {
  const x = NORMAL_LIMIT;
  const terms = [
    (x ** 3 + x) / 4,
    (5 * x ** 5 + 16 * x ** 3 + 3 * x) / 96,
    (3 * x ** 7 + 19 * x ** 5 + 17 * x ** 3 - 15 * x) / 384,
    (79 * x ** 9 + 776 * x ** 7 + 1482 * x ** 5 - 1920 * x ** 3 - 945 * x) / 92160,
  ];
  return terms.reduce((sum, term, index) => sum + term / freedom ** (index + 1), x);
}
