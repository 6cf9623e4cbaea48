import { internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import type { Split } from "./dataset.ts";

/**
 * The order in which training sees the images: the endless sequence of epochs, each a permutation of [0, count) that the seed and the
 * epoch's number decide. Step s takes positions [s * batch, (s + 1) * batch) of it, so that a run resumes by knowing its step alone.
 */
export class BatchOrder {
  readonly #count: number;
  readonly #batch: number;
  readonly #seed: number;
  /** The permutation that was used last. */
  #current: { readonly epoch: number; readonly order: Uint32Array } | undefined;

  /** @param count images in the split, at least 1 */
  constructor(count: number, batch: number, seed: number) {
    if (!(count >= 1)) throw internalError("BatchOrder", `no images to take a batch from (count ${count})`);
    this.#count = count;
    this.#batch = batch;
    this.#seed = seed;
  }

  /** Image indices `[batch]` of a step (0-based). A pure function of count, batch, seed and step. */
  indices(step: number): Uint32Array {
    const chosen = new Uint32Array(this.#batch);
    for (let at = 0; at < this.#batch; ) {
      const position = step * this.#batch + at;
      const from = position % this.#count;
      const piece = this.#epoch(Math.floor(position / this.#count)).subarray(from, from + this.#batch - at);
      chosen.set(piece, at);
      at += piece.length;
    }
    return chosen;
  }

  #epoch(epoch: number): Uint32Array {
    if (this.#current?.epoch !== epoch) {
      this.#current = { epoch, order: randomStream(this.#seed, "order", epoch).permutation(this.#count) };
    }
    return this.#current.order;
  }
}

/** Fills `target`, `[batch, channels, height, width]` pixels 0..255, with the images at `indices` `[batch]`. */
export function fillBatch(split: Split, indices: Uint32Array, target: Uint8Array): void {
  const needed = indices.length * split.imageBytes;
  if (target.length !== needed)
    throw internalError("fillBatch", `expected a target of ${needed} bytes, received ${target.length}`);
  for (const [position, index] of indices.entries()) split.copyImage(index, target, position * split.imageBytes);
}
