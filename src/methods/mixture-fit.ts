import { asMatrix, type FeatureMatrix, meanOf, rowsBetween } from "../metrics/index.ts";
import type { Matrix, MatrixProducts } from "../runtime/index.ts";
import type { GaussianMixture } from "./mixture.ts";
import { clusters } from "./mixture-start.ts";
import { choleskyFactor, invertedTriangle } from "./mixture-triangles.ts";

export interface MixtureFitOptions {
  /** Components at most: each needs {@link CODES_PER_NUMBER} codes for every number of a code. */
  readonly components: number;
  /** Decides where the search begins. */
  readonly seed: number;
  /** Mean gain of log-likelihood, in nats a code, below which an iteration is the last. Default: 0.001. */
  readonly tolerance?: number;
}

/** Codes that a component needs for each number of a code: its covariance is a guess where there are fewer. */
export const CODES_PER_NUMBER = 4;

/** What is added to every variance, as a share of the data's mean variance: no component shrinks to a point or a plane. */
const RIDGE = 1e-4;
/** The same where all codes are equal. */
const LEAST_RIDGE = 1e-12;

/** What is added to every variance, by the mean variance of the data. */
export function ridgeOf(variance: number): number {
  return RIDGE * variance + LEAST_RIDGE;
}

/** Iterations at most; and multiply-adds at most, which end it earlier for many large codes: some seconds. */
const MOST_ITERATIONS = 50;
const MOST_WORK = 2.5e10;
/** Fewer say little, however large the codes are. */
const FEWEST_ITERATIONS = 5;

/** Codes that are worked on at once. */
const BLOCK = 1024;

/** A fitted mixture, and the mean log-likelihood of the codes, in nats, before each iteration. */
export interface MixtureFit {
  readonly mixture: GaussianMixture;
  readonly history: readonly number[];
}

/**
 * Fits a mixture of Gaussians with full covariances to codes, as Ghosh et al. 2020, "From Variational to Deterministic
 * Autoencoders", section 4, do to draw from an autoencoder: expectation maximisation (Dempster, Laird and Rubin 1977), begun
 * from clusters by k-means++ (Arthur and Vassilvitskii 2007). The result is decided by the codes and the options.
 * @param codes at least one, all finite.
 */
export async function fitMixture(
  codes: FeatureMatrix,
  options: MixtureFitOptions,
  products: MatrixProducts,
): Promise<MixtureFit> {
  const { count, dimension: size } = codes;
  const { seed, tolerance = 1e-3 } = options;
  const components = componentsFor(count, size, options.components);
  const iterations = Math.max(
    FEWEST_ITERATIONS,
    Math.min(MOST_ITERATIONS, MOST_WORK / (2 * count * components * size ** 2)),
  );
  // Around the mean, so that sums of squares lose no digits.
  const origin = meanOf(codes);
  const centred = asMatrix(codes, origin);
  const ridge = ridgeOf(meanSquare(centred));
  const chosen = clusters(centred, components, seed);
  const begin = await momentsOf(centred, components, products, async ({ rows }, first) => {
    const shares = new Float64Array(rows * components);
    for (let row = 0; row < rows; row++) shares[row * components + (chosen[first + row] ?? 0)] = 1;
    return shares;
  });
  let mixture = mixtureOf(begin, ridge);
  const history: number[] = [];
  for (let iteration = 0; iteration < iterations; iteration++) {
    const density = new MixtureDensity(mixture, products);
    let total = 0;
    const moments = await momentsOf(centred, components, products, async (block) => {
      const { shares, logDensities } = await density.of(block);
      total += logDensities.reduce((sum, value) => sum + value, 0);
      return shares;
    });
    history.push(total / count);
    const gain = (history.at(-1) ?? 0) - (history.at(-2) ?? Number.NEGATIVE_INFINITY);
    if (gain < tolerance) break;
    mixture = mixtureOf(moments, ridge);
  }
  const means = mixture.means.map((value, index) => value + (origin[index % size] ?? 0));
  return { mixture: { ...mixture, means }, history };
}

/** The logarithm of a mixture's density at each code, in nats, [count]. */
export async function mixtureLogDensities(
  codes: FeatureMatrix,
  mixture: GaussianMixture,
  products: MatrixProducts,
): Promise<Float64Array> {
  const density = new MixtureDensity(mixture, products);
  const result = new Float64Array(codes.count);
  for (let first = 0; first < codes.count; first += BLOCK) {
    const block = asMatrix(rowsBetween(codes, first, Math.min(first + BLOCK, codes.count)));
    result.set((await density.of(block)).logDensities, first);
  }
  return result;
}

/** Bytes that fitting holds at most: the codes in both precisions, a block of them for every component, and the mixtures. */
export function fittingBytes({ components, size, codes }: { components: number; size: number; codes: number }): number {
  return codes * size * (4 + 8) + 2 * BLOCK * components * size * 8 + 5 * components * size ** 2 * 8;
}

/** Components that so many codes of a size are enough for, of those that are wanted. */
export function componentsFor(count: number, size: number, wanted: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(count / (CODES_PER_NUMBER * size))));
}

/** Sums over codes, each counted for every component by its share. */
interface ShareMoments {
  readonly components: number;
  readonly size: number;
  /** [components] */
  readonly counts: Float64Array;
  /** [components, size] */
  readonly sums: Float64Array;
  /** Of x xᵀ: [components, size, size] */
  readonly squares: Float64Array;
}

/** @param sharesOf the shares of the components in the codes of a block, [rows, components]. */
async function momentsOf(
  codes: Matrix,
  components: number,
  products: MatrixProducts,
  sharesOf: (block: Matrix, first: number) => Promise<Float64Array>,
): Promise<ShareMoments> {
  const size = codes.columns;
  const counts = new Float64Array(components);
  const sums = new Float64Array(components * size);
  const squares = new Float64Array(components * size * size);
  for (let first = 0; first < codes.rows; first += BLOCK) {
    const rows = Math.min(BLOCK, codes.rows - first);
    const block = { rows, columns: size, values: codes.values.subarray(first * size, (first + rows) * size) };
    const shares = await sharesOf(block, first);
    const weighted = new Float64Array(rows * components * size);
    for (let row = 0, place = 0; row < rows; row++) {
      for (let component = 0; component < components; component++) {
        const share = shares[row * components + component] ?? 0;
        counts[component] = (counts[component] ?? 0) + share;
        for (let column = 0; column < size; column++, place++) {
          const value = share * (block.values[row * size + column] ?? 0);
          weighted[place] = value;
          sums[component * size + column] = (sums[component * size + column] ?? 0) + value;
        }
      }
    }
    const { values } = await products.columnsByColumns({ rows, columns: components * size, values: weighted }, block);
    for (let index = 0; index < squares.length; index++) squares[index] = (squares[index] ?? 0) + (values[index] ?? 0);
  }
  return { components, size, counts, sums, squares };
}

/** The mixture of greatest likelihood where the components' shares in the codes are known, widened by the ridge. */
function mixtureOf({ components, size, counts, sums, squares }: ShareMoments, ridge: number): GaussianMixture {
  // A component that lost its codes stays as a point of next to no weight.
  const present = counts.map((count) => Math.max(count, Number.EPSILON));
  const all = present.reduce((total, count) => total + count, 0);
  const means = sums.map((sum, index) => sum / (present[Math.floor(index / size)] ?? 1));
  const factors = new Float64Array(squares.length);
  for (let component = 0; component < components; component++) {
    const mean = means.subarray(component * size, (component + 1) * size);
    const from = component * size * size;
    const covariance = squares.slice(from, from + size * size).map((square, index) => {
      const [row, column] = [Math.floor(index / size), index % size];
      const spread = square / (present[component] ?? 1) - (mean[row] ?? 0) * (mean[column] ?? 0);
      return row === column ? Math.max(spread, 0) + ridge : spread;
    });
    factors.set(choleskyFactor(covariance, size), from);
  }
  return { components, size, weights: present.map((count) => count / all), means, factors };
}

/** What a mixture says about codes, by one product of matrices for all components. */
class MixtureDensity {
  readonly #mixture: GaussianMixture;
  readonly #products: MatrixProducts;
  /** The inverse factors, one below the other, [components * size, size]. */
  readonly #whitening: Matrix;
  /** The means, each times its inverse factor, [components * size]. */
  readonly #centres: Float64Array;
  /** What does not depend on the code: log weight - log det factor - size/2 log 2π, [components]. */
  readonly #offsets: Float64Array;

  constructor(mixture: GaussianMixture, products: MatrixProducts) {
    const { components, size, weights, means, factors } = mixture;
    this.#mixture = mixture;
    this.#products = products;
    const inverses = new Float64Array(factors.length);
    this.#centres = new Float64Array(components * size);
    this.#offsets = new Float64Array(components);
    for (let component = 0; component < components; component++) {
      const factor = factors.subarray(component * size * size, (component + 1) * size * size);
      const inverse = invertedTriangle(factor, size);
      inverses.set(inverse, component * size * size);
      let logDeterminant = 0;
      for (let row = 0; row < size; row++) {
        logDeterminant += Math.log(factor[row * size + row] ?? 0);
        let centre = 0;
        for (let column = 0; column <= row; column++) {
          centre += (inverse[row * size + column] ?? 0) * (means[component * size + column] ?? 0);
        }
        this.#centres[component * size + row] = centre;
      }
      this.#offsets[component] =
        Math.log(weights[component] ?? 0) - logDeterminant - (size / 2) * Math.log(2 * Math.PI);
    }
    this.#whitening = { rows: components * size, columns: size, values: inverses };
  }

  /** The shares of the components in each code, [rows, components], and the logarithm of the density there, [rows]. */
  async of(codes: Matrix): Promise<{ readonly shares: Float64Array; readonly logDensities: Float64Array }> {
    const { components, size } = this.#mixture;
    const { values: white } = await this.#products.rowsByRows(codes, this.#whitening);
    const shares = new Float64Array(codes.rows * components);
    const logDensities = new Float64Array(codes.rows);
    const logs = new Float64Array(components);
    for (let row = 0, place = 0; row < codes.rows; row++) {
      let largest = Number.NEGATIVE_INFINITY;
      for (let component = 0; component < components; component++) {
        let squares = 0;
        for (let index = component * size; index < (component + 1) * size; index++, place++) {
          const distance = (white[place] ?? 0) - (this.#centres[index] ?? 0);
          squares += distance * distance;
        }
        const value = (this.#offsets[component] ?? 0) - squares / 2;
        logs[component] = value;
        if (value > largest) largest = value;
      }
      let total = 0;
      for (const value of logs) total += Math.exp(value - largest);
      logDensities[row] = largest + Math.log(total);
      for (let component = 0; component < components; component++) {
        shares[row * components + component] = Math.exp((logs[component] ?? 0) - largest) / total;
      }
    }
    return { shares, logDensities };
  }
}

function meanSquare({ values }: Matrix): number {
  return values.reduce((total, value) => total + value * value, 0) / Math.max(1, values.length);
}
