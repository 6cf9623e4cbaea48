import type { ImageSet } from "../../data/index.ts";
import { copyRatios, type FeatureMatrix, rowsBetween } from "../../metrics/index.ts";
import { type NearestImagesOptions, nearestImages } from "./nearest-images.ts";
import type { Space } from "./space.ts";
import { imagesAt, joined, placesOf, TrainingImages } from "./training-images.ts";

/** How near an image is to the training images in one space. */
export interface Nearness {
  /** Number of the nearest training image. */
  readonly training: number;
  /** Whether the mirror image of that training image is the nearest. */
  readonly mirrored: boolean;
  readonly distance: number;
  /** The distance of that training image to its own nearest other one, mirrored or not. */
  readonly own: number;
  /** How far training images lie from one another there: the distance of that training image to its third nearest. */
  readonly unit: number;
  /** `distance` over `unit`; infinite where there is no unit. */
  readonly ratio: number;
}

/**
 * Which of the other training images the unit is the distance to, or the last where there are fewer. Not the first: an image of which
 * the training set holds a second, slightly changed one would otherwise have a unit of next to nothing, and hide its copies.
 */
const UNIT_RANK = 3;

export interface NearnessQueries {
  readonly generated: ImageSet;
  readonly heldOut: ImageSet;
  /** Numbers of training images that are looked at as if they were no training images. */
  readonly leftOut: Int32Array;
}

export interface MeasuredNearness {
  readonly generated: readonly Nearness[];
  readonly heldOut: readonly Nearness[];
  readonly leftOut: readonly Nearness[];
  /** Where the generated images lie. */
  readonly places: FeatureMatrix;
}

/**
 * How near images are to training images in a space. Looks at all training images twice.
 * @param different numbers of the training images without repetitions, ascending; at least 2.
 */
export async function measureNearness(
  space: Space,
  { generated, heldOut, leftOut }: NearnessQueries,
  set: ImageSet,
  different: Int32Array,
  options: NearestImagesOptions,
): Promise<MeasuredNearness> {
  const { signal } = options;
  const training = new TrainingImages(set, different, space);
  const places = joined([
    await placesOf(generated, space, signal),
    await placesOf(heldOut, space, signal),
    await space.place(await imagesAt(set, leftOut), { signal }),
  ]);
  const leftOutFrom = generated.count + heldOut.count;
  /** A training image that was left out must not be found, and has no place among the others. */
  const without = (query: number) => leftOut[query - leftOutFrom] ?? -1;
  const nearest = (await nearestImages(places, training, 2, options)).map((list, query) =>
    list.find(({ image }) => image !== without(query)),
  );
  const found = Int32Array.from(new Set(nearest.flatMap((near) => near?.image ?? []))).sort();
  const rowOf = new Map(Array.from(found, (image, row) => [image, row]));
  const foundPlaces = await space.place(await imagesAt(set, found), { signal });
  const others = await nearestImages(foundPlaces, training, UNIT_RANK + 2, options);
  const nearness = nearest.map((near, query): Nearness => {
    const { image, mirrored, distance } = near ?? { image: -1, mirrored: false, distance: Number.NaN };
    const around = (others[rowOf.get(image) ?? -1] ?? [])
      .filter((other) => other.image !== image && other.image !== without(query))
      .slice(0, UNIT_RANK);
    const own = around[0]?.distance ?? 0;
    const unit = around.at(-1)?.distance ?? 0;
    return { training: image, mirrored, distance, own, unit, ratio: copyRatios([distance], [unit])[0] ?? Number.NaN };
  });
  return {
    generated: nearness.slice(0, generated.count),
    heldOut: nearness.slice(generated.count, leftOutFrom),
    leftOut: nearness.slice(leftOutFrom),
    places: rowsBetween(places, 0, generated.count),
  };
}
