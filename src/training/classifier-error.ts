import type { Dataset, Split } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";

/** How often a run's classifier is wrong about held-out images whose labels are known. */
export interface ClassifierError {
  /** Images that it was asked about. */
  readonly images: number;
  /** Those of them that it takes for another class. */
  readonly wrong: number;
}

/** Held-out images that a classifier in training is asked about: enough to tell 1 % of errors from 2 %. */
export const MOST_JUDGED = 2000;

/** Images that are read at a time. */
const AT_ONCE = 64;

/** The held-out images with labels that a classifier is judged by, drawn by the seed where there are many. */
export class JudgedImages {
  readonly #heldOut: Split;
  readonly #rows: Uint32Array;

  constructor({ heldOut }: Pick<Dataset, "heldOut">, seed: number) {
    const labelled = Uint32Array.from(heldOut.labels.keys()).filter((row) => (heldOut.labels[row] ?? -1) >= 0);
    const order = randomStream(seed, "images to classify").permutation(labelled.length);
    this.#heldOut = heldOut;
    this.#rows = Uint32Array.from(order.slice(0, MOST_JUDGED), (place) => labelled[place] ?? 0).sort();
  }

  get count(): number {
    return this.#rows.length;
  }

  /**
   * Counts the errors of a classifier.
   * @param classify images, pixels 0…255 [count, channels, height, width], to their classes.
   * @returns undefined where there are no such images, or the signal aborts meanwhile.
   */
  async error(
    classify: (images: Uint8Array) => Promise<Int32Array>,
    signal: AbortSignal,
  ): Promise<ClassifierError | undefined> {
    const { imageBytes, labels } = this.#heldOut;
    let wrong = 0;
    for (let first = 0; first < this.count; first += AT_ONCE) {
      if (signal.aborted) return undefined;
      const rows = this.#rows.subarray(first, first + AT_ONCE);
      const images = new Uint8Array(rows.length * imageBytes);
      for (const [place, row] of rows.entries()) this.#heldOut.copyImage(row, images, place * imageBytes);
      const classes = await classify(images);
      wrong += rows.filter((row, place) => labels[row] !== classes[place]).length;
    }
    return this.count === 0 ? undefined : { images: this.count, wrong };
  }
}
