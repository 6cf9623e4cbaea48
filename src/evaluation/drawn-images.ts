import { type Dataset, type ImageSet, imagesOf, joinedSets, type PixelFormat } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { imagesAt } from "./copying/training-images.ts";

/** At most so many images of both parts of a data set, drawn by the seed: as many of each as it has of all. */
export function imagesOfBoth({ train, heldOut }: Dataset, format: PixelFormat, most: number, seed: number): ImageSet {
  const all = train.count + heldOut.count;
  const fromTrain = Math.round(train.count * Math.min(1, most / all));
  return joinedSets(format, [
    imagesOf(train, format, fromTrain, seed),
    imagesOf(heldOut, format, Math.min(all, most) - fromTrain, seed),
  ]);
}

/** Some images of a set, without their labels and names, and which they are. */
export interface DrawnImages {
  readonly images: ImageSet;
  /** Number of each in the set, ascending. */
  readonly numbers: Uint32Array;
}

/** At most so many images of a set, drawn by the seed: the first ones of a folder are often all of one class. */
export function drawnFrom(set: ImageSet, most: number, seed: number): DrawnImages {
  const numbers = randomStream(seed, "images to look at").permutation(set.count).slice(0, most).sort();
  const read: ImageSet["read"] = (first, count) => imagesAt(set, numbers.subarray(first, first + count));
  return { images: { format: set.format, count: numbers.length, read }, numbers };
}
