import type { Split } from "../data/index.ts";
import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { input, softmax } from "../graph/index.ts";
import {
  askedClasses,
  fitClassMixture,
  fitMixture,
  formatOf,
  type GaussianMixture,
  mixtureFeeds,
  mixtureRoom,
  normalisedImages,
} from "../methods/index.ts";
import { type Feeds, MatrixProducts, Program, type SessionOptions } from "../runtime/index.ts";
import type { Config } from "./config.ts";
import type { SamplerParts } from "./sampler.ts";

/** Codes that a mixture is fitted to at most, and at least where there are so many images. */
export const MOST_CODES = 10_000;
const FEWEST_CODES = 1000;

/** Images that are encoded for a mixture, as a share of those that are trained on between two grids of samples. */
const SHARE = 1 / 4;

/** Images that are encoded at a time. */
export const ENCODED_AT_ONCE = 16;

/**
 * How many training images' codes a mixture is fitted to: as many as take little of the training's time, whatever the number
 * of its steps, which may grow.
 */
export function codesFitted({ sampleEvery, batch }: Pick<Config, "sampleEvery" | "batch">, images: number): number {
  return Math.min(images, MOST_CODES, Math.max(FEWEST_CODES, Math.ceil(SHARE * sampleEvery * batch)));
}

/** A mixture, and what a sampler is fed of it. */
interface Fitted {
  readonly mixture: GaussianMixture;
  readonly feeds: Feeds;
}

/** Codes of images, and the probabilities of their classes where classes can be asked for. */
interface Encoded {
  readonly codes: Float32Array;
  readonly probabilities: Float32Array;
}

/**
 * The mixture that is fitted to the codes of training images, and which images those are. Where classes can be asked for, each
 * has components of its own: an image counts to the class of its label and, without one, to that of which the classifier is
 * certain. It is decided by the state, the images and the seed alone, so that it is in no checkpoint.
 */
export class CodeMixture {
  readonly #parts: SamplerParts;
  readonly #components: number;
  readonly #encoder: Program;
  readonly #products: MatrixProducts;
  /** That can be asked for. */
  readonly #classes: number;
  /** The images that are encoded. */
  readonly #rows: Uint32Array;
  /** Undefined where the state has changed. */
  #fitted: Fitted | undefined;

  private constructor(parts: SamplerParts, components: number, encoder: Program, products: MatrixProducts) {
    const { config, train } = parts;
    this.#parts = parts;
    this.#components = components;
    this.#encoder = encoder;
    this.#products = products;
    const order = randomStream(config.seed, "images of the mixture").permutation(train.count);
    this.#classes = askedClasses(parts.method);
    this.#rows = encodedRows(order, codesFitted(config, train.count), train, this.#classes);
  }

  /** @returns undefined for a method that draws from no mixture. */
  static async compile(parts: SamplerParts, options: SessionOptions): Promise<CodeMixture | undefined> {
    const { method, config, players, state } = parts;
    const { mixture, encode } = method.coding ?? {};
    if (mixture === undefined || encode === undefined) return undefined;
    const images = normalisedImages(imagesInput(config));
    const codes = encode(images, players);
    const { classes } = method;
    const isAsked = classes !== undefined && askedClasses(method) > 0;
    const outputs = isAsked ? { codes, probabilities: softmax(classes.classify(images, players), 1) } : { codes };
    const encoder = await Program.compile({ outputs, state: [] }, state, options);
    return new CodeMixture(parts, mixture, encoder, await MatrixProducts.open());
  }

  /** To be called when the state has changed. */
  forget(): void {
    this.#fitted = undefined;
  }

  /** @returns undefined where a code is not finite. */
  async fitted(): Promise<Fitted | undefined> {
    this.#fitted ??= await this.#fit();
    return this.#fitted;
  }

  async release(): Promise<void> {
    await this.#encoder.release();
    await this.#products.release();
  }

  async #fit(): Promise<Fitted | undefined> {
    const { method, config } = this.#parts;
    const { latent } = method;
    const count = this.#rows.length;
    const values = new Float32Array(count * latent);
    const probabilities = new Float32Array(count * this.#classes);
    for (let first = 0; first < count; first += ENCODED_AT_ONCE) {
      const encoded = await this.#encoded(this.#rows.subarray(first, first + ENCODED_AT_ONCE));
      values.set(encoded.codes, first * latent);
      probabilities.set(encoded.probabilities, first * this.#classes);
    }
    if (![values, probabilities].every((numbers) => numbers.every(Number.isFinite))) return undefined;
    const codes = { count, dimension: latent, values };
    const options = { components: this.#components, seed: config.seed };
    const mixture =
      this.#classes === 0
        ? (await fitMixture(codes, options, this.#products)).mixture
        : await fitClassMixture(
            { codes, classOf: this.#classesOf(probabilities), classes: this.#classes },
            options,
            this.#products,
          );
    return { mixture, feeds: mixtureFeeds(mixture, mixtureRoom(method)) };
  }

  /** The training images at `rows`: codes [rows, latent], probabilities [rows, classes]. */
  async #encoded(rows: Uint32Array): Promise<Encoded> {
    const { train } = this.#parts;
    const images = new Uint8Array(rows.length * train.imageBytes);
    for (const [place, row] of rows.entries()) train.copyImage(row, images, place * train.imageBytes);
    const results = await this.#encoder.run({ images }, rows.length);
    const codes = results.get("codes");
    if (codes === undefined) throw internalError("encoder", "it gave no codes");
    return { codes: codes.floats(), probabilities: results.get("probabilities")?.floats() ?? new Float32Array() };
  }

  /** The class of each encoded image: that of its label, else the one that the classifier is certain of; -1: neither. */
  #classesOf(probabilities: Float32Array): readonly number[] {
    const { train, config } = this.#parts;
    const threshold = config.classifier?.threshold ?? 0;
    return Array.from(this.#rows, (row, place) => {
      const label = train.labels[row] ?? -1;
      if (label >= 0) return label;
      const own = probabilities.subarray(place * this.#classes, (place + 1) * this.#classes);
      const largest = Math.max(...own);
      return largest > threshold ? own.indexOf(largest) : -1;
    });
  }
}

/**
 * The images whose codes a mixture is fitted to, ascending: the first in a random order; where classes are asked for, those
 * with a label come before the others, and one of every class is among them.
 */
export function encodedRows(
  order: Uint32Array,
  count: number,
  { labels }: Pick<Split, "labels">,
  classes: number,
): Uint32Array {
  if (classes === 0) return order.slice(0, count).sort();
  const hasLabel = (row: number) => (labels[row] ?? -1) >= 0;
  const labelled = order.filter(hasLabel);
  const chosen = new Set([...labelled, ...order.filter((row) => !hasLabel(row))].slice(0, count));
  const missing = new Set(Array.from({ length: classes }, (_, index) => index));
  for (const row of chosen) missing.delete(labels[row] ?? -1);
  for (const row of labelled) if (missing.delete(labels[row] ?? -1)) chosen.add(row);
  return Uint32Array.from(chosen).sort();
}

/** Images to encode: uint8 [batch, channels, height, width]. */
export function imagesInput(config: Config) {
  const { channels, height, width } = formatOf(config);
  return input("images", ["batch", channels, height, width], "uint8");
}
