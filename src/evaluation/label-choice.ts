import { type Random, randomStream } from "../foundation/random.ts";
import type { FeatureMatrix } from "../metrics/index.ts";

/** What is known of images without labels. */
export interface UnlabelledImages {
  /** What a classifier says: rows of sum 1, [images, classes]. */
  readonly probabilities: FeatureMatrix;
  /** What the images look like, [images, features]. */
  readonly features: FeatureMatrix;
}

/**
 * Images whose labels would teach a classifier most: those that it is uncertain about and that are unlike each other (Ash et al.
 * 2020, "Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds", BADGE). Each image stands for the gradient
 * that its label would give the last layer if it were the likeliest one y*: (p - y*) of the outer product with (1, h), where h
 * are its features. The gradient of an image about which the classifier is certain is near 0. Images are drawn as k-means++
 * draws its centres (Arthur and Vassilvitskii 2007): each with a probability in proportion to the squared distance of its
 * gradient from the nearest one that is chosen; the first is the longest gradient. The gradient 0 counts as chosen from the
 * beginning: else one of the many images about which the classifier is certain would soon be drawn.
 *
 * The features may be those of another network than the classifier: they are centred and scaled to a mean square of 1 here,
 * so that look and uncertainty count alike.
 * @param options.count images to choose; all where there are no more.
 * @returns their rows, in the order in which they were chosen, without repetition.
 */
export function imagesToLabel(
  images: UnlabelledImages,
  { count, seed }: { readonly count: number; readonly seed: number },
): readonly number[] {
  const random = randomStream(seed, "images to label");
  const gradients = new Gradients(images);
  const chosen: number[] = [];
  /** Squared distance of each gradient from the nearest one that is chosen; -1 for those that are. */
  const distances = Float64Array.from(gradients.squares);
  while (chosen.length < Math.min(count, gradients.count)) {
    const next = chosen.length === 0 ? gradients.longest : drawn(distances, random);
    chosen.push(next);
    for (const [row, distance] of distances.entries()) {
      if (distance >= 0) distances[row] = Math.min(distance, gradients.squaredDistance(row, next));
    }
    distances[next] = -1;
  }
  return chosen;
}

/** A row, in proportion to its distance; of rows that are all at no distance any that is not chosen (below 0). */
function drawn(distances: Float64Array, random: Random): number {
  const weights = distances.map((distance) => Math.max(0, distance));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) {
    const left = [...distances.keys()].filter((row) => (distances[row] ?? -1) >= 0);
    return left[random.integer(left.length)] ?? 0;
  }
  let place = random.uniform() * total;
  let last = 0;
  for (const [row, weight] of weights.entries()) {
    if (weight === 0) continue;
    place -= weight;
    last = row;
    if (place < 0) break;
  }
  return last;
}

/** Gradients as their two factors: the product of two outer products is that of the products of their factors. */
class Gradients {
  readonly count: number;
  /** p - y*, [images, classes]. */
  readonly #errors: FeatureMatrix;
  /** h, of mean 0 and of mean square length 1. */
  readonly #looks: FeatureMatrix;
  /** Squared lengths. */
  readonly squares: Float64Array;

  constructor({ probabilities, features }: UnlabelledImages) {
    this.count = probabilities.count;
    this.#errors = errorsOf(probabilities);
    this.#looks = normalised(features);
    this.squares = Float64Array.from({ length: this.count }, (_, row) => this.#product(row, row));
  }

  get longest(): number {
    return this.squares.reduce((best, square, row) => (square > (this.squares[best] ?? 0) ? row : best), 0);
  }

  squaredDistance(one: number, other: number): number {
    const sum = (this.squares[one] ?? 0) + (this.squares[other] ?? 0);
    // Rounding must not make it negative.
    return Math.max(0, sum - 2 * this.#product(one, other));
  }

  #product(one: number, other: number): number {
    return dot(this.#errors, one, other) * (1 + dot(this.#looks, one, other));
  }
}

function errorsOf({ count, dimension, values }: FeatureMatrix): FeatureMatrix {
  const errors = Float32Array.from(values);
  for (let row = 0; row < count; row++) {
    const ofRow = errors.subarray(row * dimension, (row + 1) * dimension);
    const likeliest = ofRow.reduce((best, value, index) => (value > (ofRow[best] ?? 0) ? index : best), 0);
    ofRow[likeliest] = (ofRow[likeliest] ?? 0) - 1;
  }
  return { count, dimension, values: errors };
}

function normalised({ count, dimension, values }: FeatureMatrix): FeatureMatrix {
  const mean = new Float64Array(dimension);
  for (const [place, value] of values.entries())
    mean[place % dimension] = (mean[place % dimension] ?? 0) + value / count;
  const centred = values.map((value, place) => value - (mean[place % dimension] ?? 0));
  const square = centred.reduce((sum, value) => sum + value ** 2, 0) / count;
  // Images that all look alike have no look to tell them apart by.
  const scale = square === 0 ? 0 : 1 / Math.sqrt(square);
  return { count, dimension, values: centred.map((value) => value * scale) };
}

function dot({ dimension, values }: FeatureMatrix, one: number, other: number): number {
  let sum = 0;
  for (let index = 0; index < dimension; index++) {
    sum += (values[one * dimension + index] ?? 0) * (values[other * dimension + index] ?? 0);
  }
  return sum;
}
