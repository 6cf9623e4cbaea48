import type { Observations } from "./observations.ts";
import { brightnessBytes, thumbnailBytes } from "./thumbnail.ts";

/** Root mean square difference of the colour, in levels: recoloured drawings are other images; an encoding or a crop changes less. */
const mostColour = 6;
/** Difference of the mean brightness, in levels: a tenth more light, or less. */
const mostBrightness = 24;
/** Contrast of the one over that of the other. */
const mostContrast = 1.4;
/** Largest difference in one place over the root mean square that is allowed: faces that differ in their eyes only have 5 to 6. */
const mostInOnePlace = 4;
/** Below this contrast, in levels, what is left is mostly rounding. */
const leastContrast = 4;

/** Compares thumbnails of images. */
export class Comparison {
  readonly #seen: Observations;
  /** Mean and deviation of each thumbnail's brightness. */
  readonly #moments: Float32Array;

  constructor(seen: Observations, images: readonly number[]) {
    this.#seen = seen;
    this.#moments = new Float32Array(seen.hashes.length);
    for (const image of images) this.#moments.set(momentsOf(seen.thumbnail(image)), 2 * image);
  }

  /**
   * How much two images differ in shape: the root mean square difference of their brightness at 12 x 12 pixels once both have mean 0 and
   * deviation 1, from 0 to 2; more light does not change it. Infinity where that is above `limit`, or where the images differ in colour,
   * brightness, contrast or in one place so much that they are not the same.
   */
  difference(one: number, other: number, limit: number): number {
    const [mean, deviation] = [this.#moments[2 * one] ?? 0, this.#moments[2 * one + 1] ?? 1];
    const [otherMean, otherDeviation] = [this.#moments[2 * other] ?? 0, this.#moments[2 * other + 1] ?? 1];
    if (Math.abs(mean - otherMean) > mostBrightness) return Number.POSITIVE_INFINITY;
    if (Math.max(deviation / otherDeviation, otherDeviation / deviation) > mostContrast)
      return Number.POSITIVE_INFINITY;
    const [first, second] = [this.#seen.thumbnail(one), this.#seen.thumbnail(other)];
    const most = limit * limit * brightnessBytes;
    let squares = 0;
    for (let at = 0; at < brightnessBytes; at++) {
      const apart = ((first[at] ?? 0) - mean) / deviation - ((second[at] ?? 0) - otherMean) / otherDeviation;
      squares += apart * apart;
      if (squares > most || Math.abs(apart) > mostInOnePlace * limit) return Number.POSITIVE_INFINITY;
    }
    return colourDifference(first, second) > mostColour
      ? Number.POSITIVE_INFINITY
      : Math.sqrt(squares / brightnessBytes);
  }
}

function colourDifference(one: Uint8Array, other: Uint8Array): number {
  let squares = 0;
  for (let at = brightnessBytes; at < thumbnailBytes; at++) squares += ((one[at] ?? 0) - (other[at] ?? 0)) ** 2;
  return Math.sqrt(squares / (thumbnailBytes - brightnessBytes));
}

function momentsOf(thumbnail: Uint8Array): readonly [mean: number, deviation: number] {
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < brightnessBytes; at++) {
    const value = thumbnail[at] ?? 0;
    sum += value;
    squares += value * value;
  }
  const mean = sum / brightnessBytes;
  const variance = Math.max(0, squares / brightnessBytes - mean * mean);
  return [mean, Math.max(Math.sqrt(variance), leastContrast)];
}
