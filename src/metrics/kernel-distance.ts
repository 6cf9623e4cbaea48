import { AtelierError, internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { type Interval, jackknifeInterval } from "./intervals.ts";
import { everything, type Subset, unbiasedEstimates } from "./kernel-estimates.ts";

/** The kernel inception distance, a squared maximum mean discrepancy. */
export interface KernelDistance {
  /** Mean over the subsets; about 0 where the sets are alike, and a little below at times. */
  readonly value: number;
  /** Standard deviation between the subsets; absent where there is one subset. */
  readonly deviation?: number;
  /** Subsets that were drawn; 1 where a subset has all images. */
  readonly subsets: number;
  /** Images of each side in a subset. */
  readonly subsetSize: number;
}

export interface KernelDistanceOptions {
  /** Decides which images are in a subset. */
  readonly seed: number;
  /** By default 100. */
  readonly subsets?: number;
  /** Images of each side in a subset, fewer where a side has fewer. By default 1,000. */
  readonly subsetSize?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The kernel inception distance by Bińkowski et al. (2018), "Demystifying MMD GANs", equation 4: the unbiased estimate
 * of the squared maximum mean discrepancy for the kernel k(x, y) = (x·y / d + 1)³, as mean and deviation over subsets
 * drawn without repetition. All sums are in float64.
 * @param real [n, d]
 * @param generated [m, d]
 * @throws AtelierError (data) with fewer than 2 images on a side, or where a feature is not finite; the signal's reason
 * when it aborts.
 */
export async function kernelDistance(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  { seed, subsets = 100, subsetSize = 1000, signal }: KernelDistanceOptions,
): Promise<KernelDistance> {
  if (subsets < 1 || subsetSize < 2) throw internalError("kernelDistance", `${subsets} subsets of ${subsetSize}`);
  requireImages(real, generated, 2);
  const size = Math.min(real.count, generated.count, subsetSize);
  if (size === real.count && size === generated.count) {
    return { value: await fullEstimate(real, generated, products, signal), subsets: 1, subsetSize: size };
  }
  const draws = Array.from({ length: subsets }, (_, subset) => {
    const drawn = (side: string, { count }: FeatureMatrix) =>
      randomStream(seed, "kernel distance", subset, side).permutation(count).slice(0, size);
    return { real: drawn("real", real), generated: drawn("generated", generated) };
  });

  // Pairs to compute: all there are, once (a side's pairs with itself being symmetric), or those of each subset alone.
  const together = (real.count + generated.count) ** 2 / 2 <= subsets * 3 * size ** 2;
  const estimates = together ? await unbiasedEstimates(real, generated, products, draws, signal) : [];
  for (const draw of together ? [] : draws) {
    const [one, other] = [rowsAt(real, draw.real), rowsAt(generated, draw.generated)];
    estimates.push(await fullEstimate(one, other, products, signal));
  }
  const value = meanOf(estimates);
  const deviation = Math.sqrt(meanOf(estimates.map((estimate) => (estimate - value) ** 2)));
  return { value, ...(subsets > 1 && { deviation }), subsets, subsetSize: size };
}

export interface KernelIntervalOptions {
  /** Decides which images are in a group. */
  readonly seed: number;
  /** Groups that are left out in turn; fewer where a side has fewer images. By default 10. */
  readonly groups?: number;
  /** The value to put the interval around; by default the unbiased estimate from all images. */
  readonly centre?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An interval of the kernel distance by the jackknife: both sides are split at random into groups, and each group is
 * left out in turn. It is the interval of the unbiased estimate from all images, and is centred on that estimate, not
 * on the mean over subsets that {@link kernelDistance} gives. The two estimate the same number: pass that mean as
 * `centre` to show both together. Where the two sets are all but alike, the interval is too wide rather than too
 * narrow: the jackknife overestimates the variance there.
 * @param real [n, d]
 * @param generated [m, d]
 * @throws AtelierError (data) with fewer than 3 images on a side, or where a feature is not finite; the signal's reason
 * when it aborts.
 */
export async function kernelInterval(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  { seed, groups = 10, centre, signal }: KernelIntervalOptions,
): Promise<Interval> {
  requireImages(real, generated, 3);
  const used = Math.min(groups, real.count, generated.count);
  const order = (side: string, { count }: FeatureMatrix) =>
    randomStream(seed, "kernel interval", side).permutation(count);
  const [realOrder, generatedOrder] = [order("real", real), order("generated", generated)];
  const without = (group: number): Subset => ({
    real: realOrder.filter((_, place) => place % used !== group),
    generated: generatedOrder.filter((_, place) => place % used !== group),
  });
  const subsets = [everything(real, generated), ...Array.from({ length: used }, (_, group) => without(group))];
  const [full = Number.NaN, ...leftOut] = await unbiasedEstimates(real, generated, products, subsets, signal);
  return jackknifeInterval(centre ?? full, leftOut);
}

async function fullEstimate(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  signal: AbortSignal | undefined,
): Promise<number> {
  const [estimate] = await unbiasedEstimates(real, generated, products, [everything(real, generated)], signal);
  return estimate ?? Number.NaN;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function requireImages(real: FeatureMatrix, generated: FeatureMatrix, least: number): void {
  if (Math.min(real.count, generated.count) >= least) return;
  throw new AtelierError({
    kind: "data",
    where: "kernel distance",
    expected: `at least ${least} real and as many generated images`,
    received: `${real.count} real and ${generated.count} generated`,
    help: "give more images",
  });
}
