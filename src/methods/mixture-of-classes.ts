import { asMatrix, type FeatureMatrix, meanOf, rowsAt } from "../metrics/index.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import type { GaussianMixture } from "./mixture.ts";
import { CODES_PER_NUMBER, fitMixture, type MixtureFitOptions, ridgeOf } from "./mixture-fit.ts";
import { choleskyFactor } from "./mixture-triangles.ts";

/** Codes, and the class of each, [count], from 0 to `classes` - 1; -1: it is of none that is known. */
export interface ClassedCodes {
  readonly codes: FeatureMatrix;
  readonly classOf: ArrayLike<number>;
  readonly classes: number;
}

/**
 * A mixture that can be asked for classes: each class has components of its own, fitted to its codes by {@link fitMixture}. A
 * class with too few codes for a covariance has one component, around the mean of its codes, in whose covariance the spread
 * that codes have around the mean of their class, whichever it is, stands for the codes that are missing (after Friedman
 * 1989, "Regularized Discriminant Analysis", equation 6). A class without codes has one component that is like all codes.
 * @param codes all finite, at least one of them of a class.
 * @param options.components of each class at most.
 */
export async function fitClassMixture(
  { codes, classOf, classes }: ClassedCodes,
  options: MixtureFitOptions,
  products: MatrixProducts,
): Promise<GaussianMixture> {
  const needed = CODES_PER_NUMBER * codes.dimension;
  const rows = Array.from({ length: classes }, (): number[] => []);
  for (let row = 0; row < codes.count; row++) rows[classOf[row] ?? -1]?.push(row);
  const ofClass = rows.map((own) => rowsAt(codes, own));
  const isEnough = ofClass.every(({ count }) => count >= needed);
  const within = isEnough ? new Float64Array() : await covarianceOf(ofClass, products);
  const mixtures: GaussianMixture[] = [];
  for (const own of ofClass) {
    if (own.count >= needed) mixtures.push((await fitMixture(own, options, products)).mixture);
    else if (own.count > 0) mixtures.push(await filledGaussian(own, within, products));
    else mixtures.push(gaussian(meanOf(codes), await covarianceOf([codes], products)));
  }
  const classed = rows.reduce((total, { length }) => total + length, 0);
  const shares = rows.map(({ length }) => length / classed);
  return joined(mixtures, shares);
}

/** A Gaussian of few codes; `within` stands for each one of those that are missing. */
async function filledGaussian(
  codes: FeatureMatrix,
  within: Float64Array,
  products: MatrixProducts,
): Promise<GaussianMixture> {
  const needed = CODES_PER_NUMBER * codes.dimension;
  const own = await scatterOf(codes, products);
  const covariance = within.map((value, index) => {
    return ((own[index] ?? 0) + (needed - codes.count) * value) / needed;
  });
  return gaussian(meanOf(codes), covariance);
}

function gaussian(mean: Float64Array, covariance: Float64Array): GaussianMixture {
  const size = mean.length;
  return {
    components: 1,
    size,
    weights: Float64Array.of(1),
    means: mean,
    factors: choleskyFactor(covariance, size),
  };
}

/** The sum over codes of (x - mean)(x - mean)ᵀ, [size * size]. */
async function scatterOf(codes: FeatureMatrix, products: MatrixProducts): Promise<Float64Array> {
  const centred = asMatrix(codes, meanOf(codes));
  return (await products.columnsByColumns(centred, centred)).values;
}

/** The covariance of codes around the mean of their own part, [size * size], widened as that of every component is. */
async function covarianceOf(parts: readonly FeatureMatrix[], products: MatrixProducts): Promise<Float64Array> {
  const there = parts.filter(({ count }) => count > 0);
  const size = there[0]?.dimension ?? 0;
  const total = new Float64Array(size * size);
  let count = 0;
  for (const part of there) {
    const scatter = await scatterOf(part, products);
    for (let index = 0; index < total.length; index++) total[index] = (total[index] ?? 0) + (scatter[index] ?? 0);
    count += part.count;
  }
  const covariance = total.map((value) => value / count);
  const diagonal = Array.from({ length: size }, (_, index) => index * (size + 1));
  const variance = diagonal.reduce((sum, index) => sum + (covariance[index] ?? 0), 0) / size;
  for (const index of diagonal) covariance[index] = (covariance[index] ?? 0) + ridgeOf(variance);
  return covariance;
}

/** One mixture of those of the classes, whose shares are those of their codes. */
function joined(mixtures: readonly GaussianMixture[], shares: readonly number[]): GaussianMixture {
  const components = mixtures.reduce((total, mixture) => total + mixture.components, 0);
  const size = mixtures[0]?.size ?? 0;
  const ofClasses = new Float64Array(mixtures.length * components);
  let first = 0;
  for (const [index, { weights }] of mixtures.entries()) {
    ofClasses.set(weights, index * components + first);
    first += weights.length;
  }
  return {
    components,
    size,
    weights: Float64Array.from(
      mixtures.flatMap(({ weights }, index) => Array.from(weights, (weight) => weight * (shares[index] ?? 0))),
    ),
    means: Float64Array.from(mixtures.flatMap(({ means }) => [...means])),
    factors: Float64Array.from(mixtures.flatMap(({ factors }) => [...factors])),
    ofClasses,
  };
}
