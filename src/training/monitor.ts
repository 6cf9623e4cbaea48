import { type Dataset, type ImageSet, imagesOf } from "../data/index.ts";
import { diversityOf, extractFeatures, realFeatures, scoreFeatures } from "../evaluation/index.ts";
import { FeatureCache, type FeatureExtractor, openNetworkExtractor, openRandomEmbedding } from "../features/index.ts";
import { formatOf } from "../methods/index.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import { MatrixProducts } from "../runtime/index.ts";
import type { ScoringNetwork } from "./checkpoints.ts";
import { type Config, FEWEST_IMAGES } from "./config.ts";
import type { TrainingEvent } from "./events.ts";
import { fittingOf } from "./preparation.ts";
import { unlessStopped } from "./stopping.ts";

/** @throws AtelierError (file or usage) when the file of features, where there is one, cannot be used. */
export async function assertFeaturesUsable(config: Config): Promise<void> {
  const { every, features } = config.evaluation;
  if (every > 0 && features !== undefined) await (await openMonitorExtractor(config)).release();
}

async function openMonitorExtractor(config: Config): Promise<FeatureExtractor> {
  const { device, threads, evaluation } = config;
  const format = formatOf(config);
  if (evaluation.features === undefined) return await openRandomEmbedding(format, { device, threads });
  const where = "evaluation.features";
  return await openNetworkExtractor(evaluation.features, { format, session: { threads }, where });
}

/** What an evaluation finds, without what only the run knows. */
export type RunningScores = Omit<Extract<TrainingEvent, { type: "evaluation" }>, "type" | "step" | "best">;

/** Real images that generated ones are compared with, as features. */
interface References {
  readonly heldOut: FeatureMatrix | undefined;
  /** As many as are held out, where enough are. */
  readonly train: FeatureMatrix;
  /** Mean distance of two images of those that scores are measured against. */
  readonly diversity: number;
}

/** Scores the generator while it learns: in features, against real images whose features are computed once. */
export class TrainingMonitor {
  readonly #config: Config;
  readonly #extractor: FeatureExtractor;
  readonly #products: MatrixProducts;
  readonly #references: References;

  private constructor(config: Config, extractor: FeatureExtractor, products: MatrixProducts, references: References) {
    this.#config = config;
    this.#extractor = extractor;
    this.#products = products;
    this.#references = references;
  }

  /**
   * Opens the extractor and has the features of the real images ready: of held-out ones, and as many training images; of
   * training images alone where fewer than 50 are held out.
   * @returns undefined where the configuration asks for no evaluation, or there are fewer than 50 training images.
   * @throws AtelierError (file or usage) when the file of features cannot be used; the signal's reason when it aborts.
   */
  static async open(config: Config, dataset: Dataset, signal: AbortSignal): Promise<TrainingMonitor | undefined> {
    if (config.evaluation.every === 0 || dataset.train.count < FEWEST_IMAGES) return undefined;
    const extractor = await openMonitorExtractor(config);
    const references = await referencesOf(config, dataset, extractor, signal);
    return new TrainingMonitor(config, extractor, await MatrixProducts.open(), references);
  }

  /** What the scores are made with. */
  get extractor(): ScoringNetwork {
    const { name, sha256, layer } = this.#extractor.identity;
    return { name, sha256, layer };
  }

  /**
   * Scores a generator.
   * @param pictures its pictures from `first` on, 0 to 255, [count, channels, height, width]; the same at every call where
   * the generator is the same.
   * @returns `stopped` where the signal aborts meanwhile.
   */
  async evaluate(
    pictures: (first: number, count: number) => Promise<Uint8Array>,
    signal: AbortSignal,
  ): Promise<RunningScores | "stopped"> {
    return await unlessStopped(signal, this.#scores(pictures, signal));
  }

  async #scores(
    pictures: (first: number, count: number) => Promise<Uint8Array>,
    signal: AbortSignal,
  ): Promise<RunningScores> {
    const begun = performance.now();
    const { seed, evaluation } = this.#config;
    const { heldOut, train, diversity } = this.#references;
    const images: ImageSet = { format: formatOf(this.#config), count: evaluation.images, read: pictures };
    const generated = (await extractFeatures(this.#extractor, images, { signal })).features;
    const real = heldOut ?? train;
    const options = { seed, signal };
    const scores = await scoreFeatures(evaluation.metrics, real, generated, this.#products, options);
    const kid = async (side: FeatureMatrix) =>
      (await scoreFeatures(["kid"], side, generated, this.#products, options))["kid"] ?? Number.NaN;
    return {
      scores,
      reference: heldOut === undefined ? "train" : "heldOut",
      generated: generated.count,
      real: real.count,
      diversity: diversityOf(generated, { seed }) / diversity,
      trainGap: heldOut === undefined ? null : (scores["kid"] ?? (await kid(heldOut))) - (await kid(train)),
      seconds: (performance.now() - begun) / 1000,
    };
  }

  async release(): Promise<void> {
    await this.#extractor.release();
    await this.#products.release();
  }
}

async function referencesOf(
  config: Config,
  dataset: Dataset,
  extractor: FeatureExtractor,
  signal: AbortSignal,
): Promise<References> {
  const { seed, evaluation } = config;
  const { format, train, heldOut } = dataset;
  const cache = new FeatureCache();
  const prepared = { dataset, fitting: fittingOf(config) };
  const featuresOf = (images: ImageSet): Promise<FeatureMatrix> =>
    realFeatures(extractor, images, prepared, cache, { signal });
  const enough = heldOut.count >= FEWEST_IMAGES;
  const most = enough ? Math.min(evaluation.images, heldOut.count) : evaluation.images;
  const ofHeldOut = enough ? await featuresOf(imagesOf(heldOut, format, most, seed)) : undefined;
  const ofTrain = await featuresOf(imagesOf(train, format, most, seed));
  return { heldOut: ofHeldOut, train: ofTrain, diversity: diversityOf(ofHeldOut ?? ofTrain, { seed }) };
}
