import { BalancedOrder, BatchOrder, type Dataset, fillBatch, mirrorHalf } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount } from "../graph/index.ts";
import type { TrainingStep } from "../methods/index.ts";
import type { Config } from "./config.ts";
import type { StepLabels } from "./step-runner.ts";

/** What of a step decides what it is fed. */
export type Asked = Pick<TrainingStep, "known" | "labelled" | "parts">;

/** Labelled images of a step, in their own order. */
interface LabelledFeed {
  readonly order: BalancedOrder;
  readonly images: Uint8Array;
  readonly classes: Float32Array;
}

/** The training images of each step, in an order that the seed decides. */
export class BatchFeed {
  readonly #config: Config;
  readonly #dataset: Pick<Dataset, "train" | "format">;
  readonly #order: BatchOrder;
  /** Filled anew at every step, as all arrays here. */
  readonly #images: Uint8Array;
  readonly #known: Float32Array | undefined;
  readonly #labelled: LabelledFeed | undefined;

  /** @param asked Default: the step asks for images alone. */
  constructor(config: Config, dataset: Pick<Dataset, "train" | "format">, asked?: Asked) {
    const { train } = dataset;
    this.#config = config;
    this.#dataset = dataset;
    this.#order = new BatchOrder(train.count, config.batch, config.seed);
    this.#images = new Uint8Array(config.batch * train.imageBytes);
    const { known, labelled, parts = 1 } = asked ?? {};
    if (known !== undefined) this.#known = new Float32Array(parts * elementCount(known.shape.map(Number)));
    if (labelled === undefined) return;
    const count = parts * Number(labelled.classes.shape[0]);
    this.#labelled = {
      order: new BalancedOrder(train, count, config.seed),
      images: new Uint8Array(count * train.imageBytes),
      classes: new Float32Array(parts * elementCount(labelled.classes.shape.map(Number))),
    };
  }

  /** The images of step number `step` (0 for the first), [batch, channels, height, width]; valid until the next call. */
  images(step: number): Uint8Array {
    return this.#filled(this.#images, this.#order.indices(step), "mirror", step);
  }

  /** What the step is told of classes; valid until the next call. */
  labels(step: number): StepLabels {
    const known = this.#known && this.#oneHot(this.#known, this.#order.indices(step));
    if (this.#labelled === undefined) return { known };
    const { order, images, classes } = this.#labelled;
    const rows = order.indices(step);
    const labelled = {
      images: this.#filled(images, rows, "mirror labelled", step),
      classes: this.#oneHot(classes, rows),
    };
    return { known, labelled };
  }

  #filled(target: Uint8Array, rows: Uint32Array, stream: string, step: number): Uint8Array {
    const { seed, mirror } = this.#config;
    fillBatch(this.#dataset.train, rows, target);
    if (mirror) mirrorHalf(target, this.#dataset.format, randomStream(seed, stream, step));
    return target;
  }

  /** Rows of 1 at the class of an image and 0 elsewhere; of 0 alone where it has no label. */
  #oneHot(target: Float32Array, rows: Uint32Array): Float32Array {
    const { labels } = this.#dataset.train;
    const classes = target.length / rows.length;
    target.fill(0);
    for (const [position, row] of rows.entries()) {
      const label = labels[row] ?? -1;
      if (label >= 0) target[position * classes + label] = 1;
    }
    return target;
  }
}
