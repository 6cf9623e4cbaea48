import { AtelierError } from "../foundation/errors.ts";
import type { Matrix, MatrixProducts } from "../runtime/index.ts";
import { asMatrix, type FeatureMatrix, meanOf, rowsBetween } from "./feature-matrix.ts";
import { pivotedCholesky } from "./linear/pivoted-cholesky.ts";

/** The normal distribution that has the mean and the unbiased covariance of some features. */
export interface Gaussian {
  /** [d] */
  readonly mean: Float64Array;
  /** Rows R with Rᵀ R the covariance, [r, d], r at most d: all that is needed of it, however many features there are. */
  readonly root: Matrix;
}

/** What a covariance is made of, such that it can be had for a part from that of the whole and of the rest. */
export interface Moments {
  readonly count: number;
  /** [d] */
  readonly mean: Float64Array;
  /** Σ (x - mean)(x - mean)ᵀ, [d, d] */
  readonly scatter: Matrix;
}

/** Images whose features are held in float64 at once. */
const BLOCK = 1024;

/**
 * @param features [n, d]
 * @throws AtelierError of kind `data`: fewer than 2 images, or features that are not finite.
 */
export async function gaussianOf(features: FeatureMatrix, products: MatrixProducts): Promise<Gaussian> {
  expectImages(2, features);
  if (features.count > features.dimension) {
    const moments = await momentsOf(features, products);
    expectFinite(moments.mean);
    return gaussianOfMoments(moments, products);
  }
  // No more images than features: the images themselves are the smaller root.
  const mean = meanOf(features);
  expectFinite(mean);
  const root = asMatrix(features, mean);
  scale(root.values, 1 / Math.sqrt(features.count - 1));
  return { mean, root };
}

/** @param moments of at least 2 images; its scatter is overwritten. */
export async function gaussianOfMoments(moments: Moments, products: MatrixProducts): Promise<Gaussian> {
  scale(moments.scatter.values, 1 / (moments.count - 1));
  return { mean: moments.mean, root: await pivotedCholesky(moments.scatter, products) };
}

/** @param features [n, d], n at least 1; a block of them is held in float64 at once. */
export async function momentsOf(features: FeatureMatrix, products: MatrixProducts): Promise<Moments> {
  const { count, dimension } = features;
  const mean = meanOf(features);
  const scatter = new Float64Array(dimension * dimension);
  for (let first = 0; first < count; first += BLOCK) {
    const centred = asMatrix(rowsBetween(features, first, Math.min(first + BLOCK, count)), mean);
    const { values } = await products.columnsByColumns(centred, centred);
    for (let index = 0; index < scatter.length; index++) scatter[index] = (scatter[index] ?? 0) + (values[index] ?? 0);
  }
  return { count, mean, scatter: { rows: dimension, columns: dimension, values: scatter } };
}

/**
 * The moments of what is left of `all` without `part`: Chan, Golub and LeVeque (1983), "Algorithms for Computing the
 * Sample Variance", the rule for joining two sets, turned round.
 */
export function momentsWithout(all: Moments, part: Moments): Moments {
  const count = all.count - part.count;
  const mean = all.mean.map((value, index) => (all.count * value - part.count * (part.mean[index] ?? 0)) / count);
  const apart = mean.map((value, index) => (part.mean[index] ?? 0) - value);
  const weight = (count * part.count) / all.count;
  const { columns } = all.scatter;
  const values = all.scatter.values.map((value, index) => {
    const between = (apart[Math.floor(index / columns)] ?? 0) * (apart[index % columns] ?? 0);
    return value - (part.scatter.values[index] ?? 0) - weight * between;
  });
  return { count, mean, scatter: { rows: columns, columns, values } };
}

/** @throws AtelierError of kind `data`: a side has fewer than `least` images. */
export function expectImages(least: number, ...sides: readonly FeatureMatrix[]): void {
  const fewest = Math.min(...sides.map(({ count }) => count));
  if (fewest >= least) return;
  const expected = `at least ${least} images on each side`;
  throw fault(expected, `${fewest}`, "give more images, or leave this score out");
}

function expectFinite(mean: Float64Array): void {
  const wrong = mean.findIndex((value) => !Number.isFinite(value));
  if (wrong === -1) return;
  throw fault(
    "finite features",
    `${mean[wrong]} as the mean of feature ${wrong}`,
    "look for weights that are not finite, or take another layer of the extractor",
  );
}

function fault(expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "data", where: "Fréchet distance", expected, received, help });
}

function scale(values: Float64Array, factor: number): void {
  for (let index = 0; index < values.length; index++) values[index] = (values[index] ?? 0) * factor;
}
