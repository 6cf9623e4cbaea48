import { type ImageSet, imageBytesOf } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { formatOf, type MethodResources, methodOf } from "../methods/index.ts";
import { bitsPerDimension, evidenceBound, importanceWeightedBound } from "../metrics/index.ts";
import { type Likelihood, likelihoods } from "../nn/index.ts";
import type { StateValues } from "../runtime/index.ts";
import type { Config } from "./config.ts";
import { WeightProgram } from "./likelihood-weights.ts";

/** How probable a model finds images that it has not learned from. Lower is better. */
export interface HeldOutLikelihood {
  /** Negative evidence lower bound, in nats an image. */
  readonly bound: number;
  /** Negative importance-weighted bound of `draws` draws, in nats an image: never above `bound`, and nearer to -log p(x). */
  readonly importanceWeighted: number;
  /** Of `importanceWeighted`: how far the mean over other images like these may lie from it, one standard deviation. */
  readonly standardError: number;
  /** `importanceWeighted` as bits for each pixel and channel. */
  readonly bitsPerDimension: number;
  /** What the probability is of; only figures of the same kind can be compared. */
  readonly of: Likelihood["of"];
  readonly images: number;
  readonly draws: number;
}

export interface LikelihoodOptions {
  /** Codes drawn for each image: the more, the closer the bound. */
  readonly draws: number;
  /** Decides everything random; how the work is divided does not matter. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
  /** Told the images that are done. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The likelihood of images under a model, as in Burda et al. 2016: one code after another is drawn from q(z | x), and the mean
 * of the weights p(x, z) / q(z | x) is taken in float64. Where training draws pixels as 0 or 1, each image is drawn so once.
 * @param values of the networks' variables, by the variables' names: the averaged ones.
 * @throws AtelierError (usage) for a model without likelihood; (run) where a weight is not a number.
 */
export async function likelihoodOf(
  config: Config,
  resources: MethodResources,
  values: StateValues,
  images: ImageSet,
  { draws, seed, signal, progress = () => {} }: LikelihoodOptions,
): Promise<HeldOutLikelihood> {
  const method = methodOf(config, resources);
  if (config.model !== "vae" || method.logWeight === undefined) throw withoutLikelihood(config.model);
  const imageBytes = imageBytesOf(formatOf(config));
  const evaluation = await WeightProgram.compile(config, method, values);
  const bounds: number[] = [];
  const weighted: number[] = [];
  try {
    for (let first = 0; first < images.count; first += evaluation.batch) {
      signal?.throwIfAborted();
      const count = Math.min(evaluation.batch, images.count - first);
      const pixels = new Uint8Array(evaluation.batch * imageBytes);
      pixels.set(await images.read(first, count));
      const weights = await evaluation.logWeights(pixels, count, { first, draws, seed, signal });
      bounds.push(...evidenceBound(weights, draws));
      weighted.push(...importanceWeightedBound(weights, draws));
      progress(first + count, images.count);
    }
  } finally {
    await evaluation.release();
  }
  const [bound, logLikelihood] = [mean(bounds), mean(weighted)];
  // A single draw can spoil the first alone.
  for (const value of [bound, logLikelihood]) if (!Number.isFinite(value)) throw notFinite(value);
  const variance = mean(weighted.map((own) => (own - logLikelihood) ** 2));
  return {
    bound: -bound,
    importanceWeighted: -logLikelihood,
    standardError: Math.sqrt(variance / images.count),
    bitsPerDimension: bitsPerDimension(logLikelihood, imageBytes),
    of: likelihoods[config.vae.likelihood].of,
    images: images.count,
    draws,
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function withoutLikelihood(model: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "likelihood",
    expected: "a run of a model that gives images a probability: vae",
    received: model,
    help: "train one with --model vae",
  });
}

function notFinite(value: number): AtelierError {
  return new AtelierError({
    kind: "run",
    where: "likelihood",
    expected: "a finite probability of every image",
    received: String(value),
    help: "the training diverged: train again with a lower rate, such as --set learningRate.decoder=1e-4",
  });
}
