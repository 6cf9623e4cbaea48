import { createHash } from "node:crypto";
import type { ImageSet, PixelFormat } from "../../data/index.ts";
import { defaultCacheFolder } from "../../foundation/cache.ts";
import { internalError } from "../../foundation/errors.ts";
import { constant, elementCount } from "../../graph/index.ts";
import type { Extraction, FeatureExtractor } from "../extractor.ts";
import { NumberCache } from "../number-cache.ts";
import { openSessionExtractor } from "../session-extractor.ts";
import { type LabelledImages, readLabelledImages } from "./labelled-images.ts";
import { learn, usualSteps } from "./learning.ts";
import { ClassifierNetwork, classifierInput } from "./network.ts";

/** Changes whenever the same images would give other weights. */
const VERSION = 1;

/** A small network that has learned the labels of some images. Its features are the layer before the logits. */
export interface ImageClassifier extends FeatureExtractor {
  /** What the logits stand for. */
  readonly classes: readonly string[];
  extract(images: Uint8Array, count: number): Promise<Required<Extraction>>;
}

export interface TrainClassifierOptions {
  /** What the labels stand for: two or more. */
  readonly classNames: readonly string[];
  /** Decides the first weights, the order of the images and how they are shifted. */
  readonly seed: number;
  /** Content hash of the data set that the images are of: scores on the same data set are then known to be so. */
  readonly content: string;
  /** Steps of 64 images. Default: 20 times all images, but at least 300 steps and at most 2,000. */
  readonly steps?: number | undefined;
  /** Where the weights are kept. Default: the usual cache folder; null: nowhere. */
  readonly cacheFolder?: string | null | undefined;
  /** Called after each step; not at all where the weights are in the cache. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @throws its reason, from the training, when it aborts; nothing is kept then. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains a small convolutional network to classify the images that have a label; those of label -1 do not count. Images
 * and seed decide its weights to the last bit, on one machine. They are cached by all that they depend on, the pixels
 * themselves among it.
 * @throws AtelierError (data) when there are fewer than two classes, or one has no image.
 */
export async function trainClassifier(images: ImageSet, options: TrainClassifierOptions): Promise<ImageClassifier> {
  const { classNames, seed, cacheFolder = defaultCacheFolder(), onProgress, signal } = options;
  const format = classifierInput(images.format);
  const learned = await readLabelledImages(images, { classNames, format, seed, signal });
  const steps = options.steps ?? usualSteps(learned.count);
  const network = new ClassifierNetwork(format, classNames.length);

  const cache = cacheFolder === null ? undefined : new NumberCache(cacheFolder);
  const key = keyOf(learned, classNames, seed, steps);
  const size = network.variables.reduce((total, { shape }) => total + elementCount(shape), 0);
  const kept = (await cache?.read("classifier", key, [size]))?.values;
  const weights = kept ?? joined(network, await learn(network, learned, { seed, steps, onProgress, signal }), size);
  if (kept === undefined) await cache?.write("classifier", key, { shape: [size], values: weights });
  return await openClassifier(network, weights, { images: images.format, input: format, options });
}

function keyOf(
  { format, pixels, labels }: LabelledImages,
  classNames: readonly string[],
  seed: number,
  steps: number,
): string {
  const images = createHash("sha256").update(pixels).update(bytesOf(labels)).digest("hex");
  return JSON.stringify([VERSION, images, format, classNames, seed, steps]);
}

/** All weights in the order of the network's variables. */
function joined({ variables }: ClassifierNetwork, values: ReadonlyMap<string, Float32Array>, size: number) {
  const weights = new Float32Array(size);
  let at = 0;
  for (const { input, shape } of variables) {
    weights.set(values.get(input.name) ?? [], at);
    at += elementCount(shape);
  }
  return weights;
}

async function openClassifier(
  network: ClassifierNetwork,
  weights: Float32Array,
  formats: { readonly images: PixelFormat; readonly input: PixelFormat; readonly options: TrainClassifierOptions },
): Promise<ImageClassifier> {
  const { images: format, input, options } = formats;
  const { classNames: classes, content: trainedOn } = options;
  let at = 0;
  const bindings = new Map(
    network.variables.map(({ input: { name }, shape }) => {
      const begin = at;
      at += elementCount(shape);
      return [name, constant(weights.subarray(begin, at), shape)];
    }),
  );
  const extractor = await openSessionExtractor({
    format,
    input,
    network: (pixels) => {
      const { features, logits } = network.apply(pixels, bindings, "inference");
      return { features, logits };
    },
    identity: {
      kind: "classifier",
      name: `classifier of ${classes.length} classes`,
      sha256: createHash("sha256").update(bytesOf(weights)).digest("hex"),
      layer: "features",
      pixels: `${format.channels === 1 ? "grey" : "RGB"}, -1 to 1`,
      trainedOn,
    },
    classes,
  });
  return {
    identity: extractor.identity,
    format,
    classes,
    extract: async (batch, count) => {
      const { features, logits } = await extractor.extract(batch, count);
      if (logits === undefined) throw internalError("classifier", "no logits");
      return { features, logits };
    },
    release: () => extractor.release(),
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
