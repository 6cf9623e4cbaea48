import { BatchOrder, imageBytesOf, type PixelFormat } from "../../data/index.ts";
import { randomStream } from "../../foundation/random.ts";
import type { LabelledImages } from "./labelled-images.ts";

/** Side of the images, in pixels, for each pixel that they may be shifted by. */
const SIDE_PER_PIXEL = 14;

/**
 * Batches of labelled images in an order that the seed decides, each image shifted a little: by at most a fourteenth of
 * the shorter side. They are not mirrored, for digits and letters are others in a mirror.
 */
export class ShiftedBatches {
  readonly #images: LabelledImages;
  readonly #order: BatchOrder;
  readonly #seed: number;
  /** Filled anew at every step. */
  readonly #pixels: Uint8Array;

  constructor(images: LabelledImages, batch: number, seed: number) {
    this.#images = images;
    this.#order = new BatchOrder(images.count, batch, seed, "classifier");
    this.#seed = seed;
    this.#pixels = new Uint8Array(batch * imageBytesOf(images.format));
  }

  /** Pixels [batch, channels, height, width], until the next call, and labels [batch] of a step (0-based). */
  at(step: number): { readonly pixels: Uint8Array; readonly labels: Int32Array } {
    const { format, pixels, labels } = this.#images;
    const imageBytes = imageBytesOf(format);
    const reach = Math.floor(Math.min(format.height, format.width) / SIDE_PER_PIXEL);
    const random = randomStream(this.#seed, "classifier shifts", step);
    const drawn = () => random.integer(2 * reach + 1) - reach;
    const rows = this.#order.indices(step);
    for (const [position, row] of rows.entries()) {
      const from = pixels.subarray(row * imageBytes, (row + 1) * imageBytes);
      const to = this.#pixels.subarray(position * imageBytes, (position + 1) * imageBytes);
      shift(from, to, format, { down: drawn(), right: drawn() });
    }
    return { pixels: this.#pixels, labels: Int32Array.from(rows, (row) => labels[row] ?? -1) };
  }
}

/** Shifts an image [channels, height, width]; its border pixels fill what is left free. */
function shift(
  from: Uint8Array,
  to: Uint8Array,
  { channels, height, width }: PixelFormat,
  { down, right }: { readonly down: number; readonly right: number },
): void {
  const within = (place: number, size: number) => Math.min(size - 1, Math.max(0, place));
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < height; y++) {
      const row = (channel * height + within(y - down, height)) * width;
      for (let x = 0; x < width; x++) to[at++] = from[row + within(x - right, width)] ?? 0;
    }
  }
}
