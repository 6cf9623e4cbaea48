import { internalError } from "../foundation/errors.ts";
import { type Random, randomStream } from "../foundation/random.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { expectImages, type Gaussian, gaussianOf, gaussianOfMoments, momentsOf, momentsWithout } from "./gaussian.ts";
import { type Interval, jackknifeInterval } from "./intervals.ts";
import { eigenvaluesOf } from "./linear/eigenvalues.ts";

export interface FrechetDistance {
  /** 0 or above. */
  readonly value: number;
  /** Whether a side has no more images than features, so that its covariance says nothing of some directions. */
  readonly rankDeficient: boolean;
}

/**
 * The Fréchet distance between two sets of features as if each were normally distributed, called FID with the features
 * of Inception-v3: |μ₁ - μ₂|² + Tr S₁ + Tr S₂ - 2 Tr (S₁ S₂)^½, with unbiased covariances, in float64. Heusel and others
 * (2017), "GANs Trained by a Two Time-Scale Update Rule Converge to a Local Nash Equilibrium", equation 6.
 *
 * With S₁ = Aᵀ A and S₂ = Bᵀ B, the trace of the root is the sum of the singular values of A Bᵀ: always real, however
 * few images there are, and no root of a matrix is taken. Rounding is below 1e-6 of Tr S₁ + Tr S₂ as a rule, and below
 * 1e-4 where all but a few of thousands of directions hardly vary.
 *
 * @param real [n, d]
 * @param generated [m, d]
 * @throws AtelierError of kind `data`: fewer than 2 images on a side, or features that are not finite.
 */
export async function frechetDistance(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
): Promise<FrechetDistance> {
  if (real.dimension !== generated.dimension) {
    throw internalError("frechetDistance", `${real.dimension} features and ${generated.dimension}`);
  }
  const value = await distanceBetween(
    await gaussianOf(real, products),
    await gaussianOf(generated, products),
    products,
  );
  return { value, rankDeficient: [real, generated].some(({ count, dimension }) => count <= dimension) };
}

/**
 * Where {@link frechetDistance} would be with other images, as many: the jackknife that leaves out a group of images on
 * both sides at once. The bias of few images is in the distance and in the interval alike.
 *
 * @param options.seed decides which images form a group.
 * @param options.groups default: 10; no more than a side has images.
 * @param options.centre the distance, where it is known already. Default: it is computed.
 * @throws AtelierError of kind `data`: fewer than 3 images on a side, or features that are not finite; the signal's reason
 * when it aborts.
 */
export async function frechetInterval(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  {
    seed,
    groups = 10,
    centre,
    signal,
  }: {
    readonly seed: number;
    readonly groups?: number;
    readonly centre?: number;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Interval> {
  expectImages(3, real, generated);
  const value = centre ?? (await frechetDistance(real, generated, products)).value;
  const most = Math.min(groups, real.count, generated.count);
  const realWithout = await leavingOut(real, most, randomStream(seed, "jackknife", "real"), products);
  const generatedWithout = await leavingOut(generated, most, randomStream(seed, "jackknife", "generated"), products);
  const leftOut: number[] = [];
  for (let group = 0; group < most; group++) {
    signal?.throwIfAborted();
    leftOut.push(await distanceBetween(await realWithout(group), await generatedWithout(group), products));
  }
  const { low, high, method } = jackknifeInterval(value, leftOut);
  return { low: Math.max(0, low), high, method };
}

/** The distribution of all images but those of a group, by the group's number. */
async function leavingOut(
  features: FeatureMatrix,
  groups: number,
  random: Random,
  products: MatrixProducts,
): Promise<(group: number) => Promise<Gaussian>> {
  const { count, dimension } = features;
  const order = random.permutation(count);
  const start = (group: number) => Math.floor((group * count) / groups);
  if (count - Math.ceil(count / groups) <= dimension) {
    return (group) => {
      const kept = order.filter((_, place) => place < start(group) || place >= start(group + 1));
      return gaussianOf(rowsAt(features, kept), products);
    };
  }
  const all = await momentsOf(features, products);
  return async (group) => {
    const part = rowsAt(features, order.subarray(start(group), start(group + 1)));
    return gaussianOfMoments(momentsWithout(all, await momentsOf(part, products)), products);
  };
}

async function distanceBetween(one: Gaussian, other: Gaussian, products: MatrixProducts): Promise<number> {
  const between = one.mean.reduce((sum, value, index) => sum + (value - (other.mean[index] ?? 0)) ** 2, 0);
  const within = sumOfSquares(one.root.values) + sumOfSquares(other.root.values);
  // No distance is below 0: what is, is rounding.
  return Math.max(0, between + within - 2 * (await traceOfRoot(one, other, products)));
}

/** The trace of (S₁ S₂)^½: the sum of the singular values of A Bᵀ, from the smaller of its two Gram matrices. */
async function traceOfRoot(one: Gaussian, other: Gaussian, products: MatrixProducts): Promise<number> {
  const [few, many] = one.root.rows < other.root.rows ? [one.root, other.root] : [other.root, one.root];
  // A side whose images are all alike has no rows, and the engine no products of none.
  if (few.rows === 0) return 0;
  const cross = await products.rowsByRows(few, many);
  const squares = await eigenvaluesOf(await products.rowsByRows(cross, cross), products);
  return squares.reduce((sum, square) => sum + Math.sqrt(Math.max(0, square)), 0);
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
