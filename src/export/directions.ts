import { AtelierError, internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount, type Tensor } from "../graph/index.ts";
import { type Matrix, MatrixProducts, Session } from "../runtime/index.ts";
import type { Generator } from "./generator.ts";
import { layerNamed, readGeneratorNetwork, usualLayers } from "./generator-network.ts";
import { principalScores } from "./principal-scores.ts";

/** A direction of the latent space. */
export interface Direction {
  /** One deviation along it: [latent]. */
  readonly step: Float32Array;
  /** Of the variance of the layer, what lies along it, 0…1; of a latent number, undefined. */
  readonly share?: number;
  /** The latent number that it is, counted from 0; absent for others. */
  readonly dimension?: number;
  /** Of a latent number: how far the picture changes with it, root mean square of pixels 0…255. */
  readonly change?: number;
}

export interface DirectionsOptions {
  /** At most so many. Default: 5. */
  readonly count?: number | undefined;
  /** Layer of the generator, see `layerNamed`. Default: the first that multiplies by weights and differs from picture to picture. */
  readonly layer?: string | undefined;
  /** Random vectors whose activations are analysed. Default: 2000. */
  readonly samples?: number | undefined;
  /** Decides the random vectors: those of the pictures of this seed. Default: 0. */
  readonly seed?: number | undefined;
  /** Of a generator that has learned classes: the one whose pictures are looked at. Default: that of the seed's first picture. */
  readonly class?: string | undefined;
}

/** Float64 numbers that are held at once: 1 GB. */
const MOST_NUMBERS = 2 ** 27;
const LEAST_SAMPLES = 10;
/** Vectors that one run of the generator takes. */
const BATCH = 64;

/**
 * Directions of the latent space that change most of what a layer says (Härkönen et al. 2020, "GANSpace: Discovering
 * Interpretable GAN Controls", section 2.2, as for BigGAN: z itself is isotropic and has no principal directions). With y_j
 * the activations of the layer for random vectors z_j, V their first principal components and x_j = Vᵀ (y_j - mean), the
 * directions U are those that best give the vectors back: the least sum of |U x_j - z_j|². The coordinates are not
 * correlated, so each direction is for itself u_k = sum_j x_jk z_j / sum_j x_jk². A step is one deviation of x_k along it.
 * All vectors have the same class, where there are classes: what classes differ in is no direction of z.
 * @returns the directions, the largest share of variance first, and the name of the layer. Fewer than `count` where the
 * layer varies in fewer ways.
 * @throws AtelierError (usage) when there is no such layer, it never varies, or it is too large for so many samples.
 */
export async function principalDirections(
  generator: Generator,
  { count = 5, layer, samples = 2000, seed = 0, class: asked }: DirectionsOptions = {},
): Promise<{ readonly layer: string; readonly directions: readonly Direction[] }> {
  const network = await readGeneratorNetwork(generator.path);
  const { latent } = generator.metadata;
  if (samples < LEAST_SAMPLES) {
    throw usage("--samples", `at least ${LEAST_SAMPLES}`, String(samples), "variances of fewer mean nothing");
  }
  const vectors = generator.vectors({ count: samples, seed });
  const classes = classWeights(generator, samples, seed, asked);
  const candidates = layer === undefined ? usualLayers(network) : [layerNamed(network, layer)];
  const products = await MatrixProducts.open();
  try {
    for (const { name, output } of candidates) {
      const activations = await activationsOf(name, network.value(output), {
        samples,
        latent: vectors,
        class: classes,
      });
      const random = randomStream(seed, "principal directions");
      const { variances, total, scores } = await principalScores(activations, count, products, random);
      // What a class alone decides does not vary.
      if (scores.length === 0) continue;
      const directions = scores.map((score, index): Direction => {
        const variance = variances[index] ?? 0;
        return { step: regressed(vectors, latent, score, Math.sqrt(variance)), share: variance / total };
      });
      return { layer: name, directions };
    }
  } finally {
    await products.release();
  }
  const received = layer ?? "a generator without named layers";
  throw usage("--layer", "a layer that differs from picture to picture", received, "name another layer");
}

/** Rows of the class that is asked for, or of the seed's first picture: [samples, classes]. */
function classWeights(generator: Generator, count: number, seed: number, asked: string | undefined): Float32Array {
  const chosen = asked ?? generator.classes({ seed });
  return generator.classWeights(chosen.length === 0 ? { count } : { count, class: chosen });
}

/** What a generator is fed, by its inputs: rows for each sample. */
interface FedSamples {
  readonly samples: number;
  readonly latent: Float32Array;
  readonly class: Float32Array;
}

/** What the layer says of each vector: [samples, numbers]. */
async function activationsOf(name: string, value: Tensor, { samples, ...fed }: FedSamples): Promise<Matrix> {
  const [batch, ...sizes] = value.shape;
  const columns = elementCount(sizes.map(Number));
  if (batch !== "batch") throw usage("--layer", "a layer that depends on the vector", name, "name another layer");
  if (samples * columns > MOST_NUMBERS) {
    throw usage(
      "--layer",
      `at most ${MOST_NUMBERS.toLocaleString("en-US")} numbers from all samples`,
      `${samples} samples of ${columns.toLocaleString("en-US")} numbers of ${name}`,
      `name an earlier layer, or at most --samples ${Math.floor(MOST_NUMBERS / columns)}`,
    );
  }
  const session = await Session.compile({ value }, { device: "cpu" });
  try {
    const values = new Float64Array(samples * columns);
    for (let first = 0; first < samples; first += BATCH) {
      const size = Math.min(BATCH, samples - first);
      const rows = (all: Float32Array) =>
        all.slice((first * all.length) / samples, ((first + size) * all.length) / samples);
      const feeds = { latent: rows(fed.latent), class: rows(fed.class) };
      const made = (await session.run(feeds, undefined, size)).get("value");
      if (made === undefined) throw internalError("activationsOf", `no value of ${name}`);
      values.set(made.floats(), first * columns);
    }
    return { rows: samples, columns, values };
  } finally {
    await session.release();
  }
}

/** deviation · sum_j x_j z_j / sum_j x_j² */
function regressed(vectors: Float32Array, latent: number, scores: Float64Array, deviation: number): Float32Array {
  const squares = scores.reduce((sum, score) => sum + score ** 2, 0);
  const sums = new Float64Array(latent);
  for (const [row, score] of scores.entries()) {
    for (let index = 0; index < latent; index++) {
      sums[index] = (sums[index] ?? 0) + score * (vectors[row * latent + index] ?? 0);
    }
  }
  return Float32Array.from(sums, (sum) => (sum * deviation) / squares);
}

/** Pictures around which it is measured how much a latent number changes them. */
const AROUND = 8;

/**
 * The numbers of the latent vector themselves, those that change the picture most first: how far apart the pictures with -1
 * and +1 in that place are, root mean square over pixels and over a few random vectors. Of a variational autoencoder with
 * many numbers only some are active (Burda et al. 2016, section 5.2).
 * @param count at most so many are given. Default: 5.
 */
export async function latentDirections(
  generator: Generator,
  { count = 5, seed = 0, class: asked }: Pick<DirectionsOptions, "count" | "seed" | "class"> = {},
): Promise<readonly Direction[]> {
  const { latent } = generator.metadata;
  const origins = generator.vectors({ count: AROUND, seed });
  const classes = classWeights(generator, AROUND, seed, asked);
  const found: { readonly dimension: number; readonly change: number }[] = [];
  for (let dimension = 0; dimension < latent; dimension++) {
    const setTo = (value: number) => origins.map((own, index) => (index % latent === dimension ? value : own));
    const { bytes: low } = await generator.picturesOf(setTo(-1), classes);
    const { bytes: high } = await generator.picturesOf(setTo(1), classes);
    const squares = low.reduce((sum, value, index) => sum + (value - (high[index] ?? 0)) ** 2, 0);
    found.push({ dimension, change: Math.sqrt(squares / low.length) });
  }
  return found
    .sort((one, other) => other.change - one.change || one.dimension - other.dimension)
    .slice(0, count)
    .map(({ dimension, change }) => {
      const step = new Float32Array(latent);
      step[dimension] = 1;
      return { step, dimension, change };
    });
}

/**
 * Vectors along a direction, at the given numbers of deviations: from `origin` on, or for a latent number with that number
 * in its place.
 * @param origin [latent]
 * @returns [offsets, latent]
 */
export function traversal(
  origin: Float32Array,
  { step, dimension }: Direction,
  offsets: readonly number[],
): Float32Array {
  const vectors = new Float32Array(offsets.length * origin.length);
  for (const [row, offset] of offsets.entries()) {
    for (const [index, own] of origin.entries()) {
      const from = index === dimension ? 0 : own;
      vectors[row * origin.length + index] = from + offset * (step[index] ?? 0);
    }
  }
  return vectors;
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
