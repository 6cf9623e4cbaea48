import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { input } from "../graph/index.ts";
import { fitMixture, formatOf, type GaussianMixture, mixtureFeeds, normalisedImages } from "../methods/index.ts";
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

/**
 * The mixture that is fitted to the codes of training images, and which images those are. It is decided by the state, the
 * images and the seed alone, so that it is in no checkpoint.
 */
export class CodeMixture {
  readonly #parts: SamplerParts;
  readonly #components: number;
  readonly #encoder: Program;
  readonly #products: MatrixProducts;
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
    this.#rows = order.slice(0, codesFitted(config, train.count)).sort();
  }

  /** @returns undefined for a method that draws from no mixture. */
  static async compile(parts: SamplerParts, options: SessionOptions): Promise<CodeMixture | undefined> {
    const { method, config, players, state } = parts;
    const { mixture, encode } = method.coding ?? {};
    if (mixture === undefined || encode === undefined) return undefined;
    const codes = encode(normalisedImages(imagesInput(config)), players);
    const encoder = await Program.compile({ outputs: { codes }, state: [] }, state, options);
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
    const values = new Float32Array(this.#rows.length * latent);
    for (let first = 0; first < this.#rows.length; first += ENCODED_AT_ONCE) {
      values.set(await this.#codes(this.#rows.subarray(first, first + ENCODED_AT_ONCE)), first * latent);
    }
    if (!values.every((value) => Number.isFinite(value))) return undefined;
    const codes = { count: this.#rows.length, dimension: latent, values };
    const { mixture } = await fitMixture(codes, { components: this.#components, seed: config.seed }, this.#products);
    return { mixture, feeds: mixtureFeeds(mixture, this.#components) };
  }

  /** Codes of the training images at `rows`, [rows, latent]. */
  async #codes(rows: Uint32Array): Promise<Float32Array> {
    const { train } = this.#parts;
    const images = new Uint8Array(rows.length * train.imageBytes);
    for (const [place, row] of rows.entries()) train.copyImage(row, images, place * train.imageBytes);
    const codes = (await this.#encoder.run({ images }, rows.length)).get("codes");
    if (codes === undefined) throw internalError("encoder", "it gave no codes");
    return codes.floats();
  }
}

/** Images to encode: uint8 [batch, channels, height, width]. */
export function imagesInput(config: Config) {
  const { channels, height, width } = formatOf(config);
  return input("images", ["batch", channels, height, width], "uint8");
}
