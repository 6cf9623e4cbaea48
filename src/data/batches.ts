import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import type { Split } from "./dataset.ts";

/**
 * The order in which training sees images: the endless sequence of epochs, each a permutation of them that the seed, the stream's name
 * and the epoch's number decide. Step s takes positions [s * batch, (s + 1) * batch) of it, so that a run resumes by knowing its step
 * alone. A batch may be larger than the number of images: these then repeat, each time in a new order.
 */
export class BatchOrder {
  readonly #images: Uint32Array;
  readonly #batch: number;
  readonly #stream: readonly [seed: number, ...path: (string | number)[]];
  /** The permutation that was used last. */
  #current: { readonly epoch: number; readonly order: Uint32Array } | undefined;

  /**
   * @param images indices of the images, at least one; or their count, for all of a split
   * @param stream a name for this order: orders of one seed and different names are independent of each other
   */
  constructor(images: number | Uint32Array, batch: number, seed: number, stream?: string) {
    this.#images = typeof images === "number" ? Uint32Array.from({ length: images }, (_, index) => index) : images;
    if (this.#images.length === 0) throw internalError("BatchOrder", "no images to take a batch from");
    this.#batch = batch;
    this.#stream = stream === undefined ? [seed, "order"] : [seed, "order", stream];
  }

  /** Image indices `[batch]` of a step (0-based). A pure function of what the order was made with and the step. */
  indices(step: number): Uint32Array {
    return Uint32Array.from({ length: this.#batch }, (_, at) => this.image(step * this.#batch + at));
  }

  /** The image at a position (0-based) of the endless sequence. */
  image(position: number): number {
    const count = this.#images.length;
    const order = this.#epoch(Math.floor(position / count));
    return this.#images[order[position % count] ?? 0] ?? 0;
  }

  #epoch(epoch: number): Uint32Array {
    if (this.#current?.epoch !== epoch) {
      this.#current = { epoch, order: randomStream(...this.#stream, epoch).permutation(this.#images.length) };
    }
    return this.#current.order;
  }
}

/**
 * An order over the labelled images of a split in which the classes take turns, so that each is shown as often as any other, however
 * many images it has; see {@link BatchOrder}. Images without a label never come.
 */
export class BalancedOrder {
  readonly #classes: readonly BatchOrder[];
  readonly #batch: number;

  /** @param split with at least one labelled image */
  constructor({ labels }: Pick<Split, "labels">, batch: number, seed: number) {
    const present = [...new Set(labels)].filter((label) => label >= 0).sort((a, b) => a - b);
    if (present.length === 0) throw internalError("BalancedOrder", "no labelled images to take a batch from");
    this.#classes = present.map(
      (label) =>
        new BatchOrder(
          indicesWhere(labels, (each) => each === label),
          1,
          seed,
          `class ${label}`,
        ),
    );
    this.#batch = batch;
  }

  /** Image indices `[batch]` of a step (0-based). A pure function of the labels, batch, seed and step. */
  indices(step: number): Uint32Array {
    const count = this.#classes.length;
    return Uint32Array.from({ length: this.#batch }, (_, at) => {
      const position = step * this.#batch + at;
      return this.#classes[position % count]?.image(Math.floor(position / count)) ?? 0;
    });
  }
}

/** Indices, ascending, of the images of a split that have a label, and of those that have none. */
export function rowsByLabel({ labels }: Pick<Split, "labels">): {
  readonly labelled: Uint32Array;
  readonly unlabelled: Uint32Array;
} {
  return {
    labelled: indicesWhere(labels, (label) => label >= 0),
    unlabelled: indicesWhere(labels, (label) => label < 0),
  };
}

function indicesWhere(labels: Int32Array, wanted: (label: number) => boolean): Uint32Array {
  const rows: number[] = [];
  for (const [index, label] of labels.entries()) if (wanted(label)) rows.push(index);
  return Uint32Array.from(rows);
}

/** Fills `target`, `[batch, channels, height, width]` pixels 0..255, with the images at `indices` `[batch]`. */
export function fillBatch(split: Split, indices: Uint32Array, target: Uint8Array): void {
  const needed = indices.length * split.imageBytes;
  if (target.length !== needed)
    throw internalError("fillBatch", `expected a target of ${needed} bytes, received ${target.length}`);
  for (const [position, index] of indices.entries()) split.copyImage(index, target, position * split.imageBytes);
}
