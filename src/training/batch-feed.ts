import { BatchOrder, type Dataset, fillBatch, mirrorHalf } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import type { Config } from "./config.ts";

/** The training images of each step, in an order that the seed decides. */
export class BatchFeed {
  readonly #config: Config;
  readonly #dataset: Dataset;
  readonly #order: BatchOrder;
  /** Filled anew at every step. */
  readonly #images: Uint8Array;

  constructor(config: Config, dataset: Dataset) {
    const { count, imageBytes } = dataset.train;
    this.#config = config;
    this.#dataset = dataset;
    this.#order = new BatchOrder(count, config.batch, config.seed);
    this.#images = new Uint8Array(config.batch * imageBytes);
  }

  /** The images of step number `step` (0 for the first), [batch, channels, height, width]; valid until the next call. */
  images(step: number): Uint8Array {
    const { seed, mirror } = this.#config;
    fillBatch(this.#dataset.train, this.#order.indices(step), this.#images);
    if (mirror) mirrorHalf(this.#images, this.#dataset.format, randomStream(seed, "mirror", step));
    return this.#images;
  }
}
