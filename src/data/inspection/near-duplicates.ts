import { Comparison } from "./comparison.ts";
import { HashIndex } from "./hash-index.ts";
import type { Observations } from "./observations.ts";

/** Images that look the same, by index. */
export interface NearDuplicates {
  /** The first of each group is the one that all others look like. */
  readonly groups: readonly (readonly number[])[];
  /** Images that were not compared with all that agree in a part of their hash: there are too many. */
  readonly bounded: number;
}

/** Images that differ less in shape are the same, where a set has few that are merely alike. See {@link largestDifference}. */
const sameShape = 0.2;
/** Images that differ by this much are not the same (a crop hardly ever differs by more than the first), though alike. */
const otherShape = 0.3;
const alikeShape = 0.4;
/** Two encodings of one image differ by so much. */
const encodingShape = 0.02;
/** From so many images it is estimated how many of a set are alike. */
const sampled = 2000;
/** Bits in which one band of two hashes may differ (see {@link HashIndex}): 11 of 64 for crops and scalings, 7 for encodings. */
const wideRadius = 2;
const narrowRadius = 1;

/**
 * Finds images that show the same after another encoding, scaling, a little more or less light, or a crop of a few per cent: those whose
 * perceptual hashes are near and whose thumbnails agree in shape, colour, brightness and contrast.
 *
 * Measured, share of copies found among 409 photographs and drawings (Caltech-101), 204 emoji and 200 hands, each copy among all originals:
 *
 * | copy                            | photographs | emoji | hands |
 * | ------------------------------- | ----------- | ----- | ----- |
 * | JPEG of quality 60              | 100 %       | 100 % | 100 % |
 * | WebP of quality 75              | 100 %       | 99 %  | 100 % |
 * | scaled to half the size         | 100 %       | 100 % | 100 % |
 * | scaled to one and a half        | 100 %       | 96 %  | 100 % |
 * | a tenth brighter                | 99 %        | 89 %  | 100 % |
 * | a tenth darker                  | 98 %        | 96 %  | 100 % |
 * | 2 % of width and height cut off | 90 %        | 77 %  | 100 % |
 * | 4 % cut off                     | 22 %        | 28 %  | 86 %  |
 *
 * Among the originals themselves it finds, and no other: 3 copies of one drawing in two colourings (817 images), 1 photograph twice
 * (CIFAR-10, 5,000), 17 copies of garments (Fashion-MNIST, 70,000), none among 407 emoji, 600 hands and 70,000 MNIST digits.
 * @param images indices in the order of preference: an image joins the group of an earlier one, the most alike. Without plain images,
 *   which have no hash worth the name, and with one of each group of equal ones only.
 */
export function nearDuplicates(images: readonly number[], seen: Observations): NearDuplicates {
  const comparison = new Comparison(seen, images);
  const limit = largestDifference(images, seen, comparison);
  const index = new HashIndex(seen.hashes, limit > sameShape / 2 ? wideRadius : narrowRadius);
  const groups = new Map<number, number[]>();
  let bounded = 0;
  for (const image of images) {
    let nearest: number | undefined;
    let least = limit;
    const whole = index.search(image, (other) => {
      const difference = comparison.difference(image, other, limit);
      if (difference > least) return;
      least = difference;
      nearest = other;
    });
    if (!whole) bounded++;
    const group = nearest === undefined ? undefined : groups.get(nearest);
    if (group === undefined) {
      groups.set(image, [image]);
      index.add(image);
    } else group.push(image);
  }
  return { groups: [...groups.values()].filter((group) => group.length > 1), bounded };
}

/**
 * How much two images may differ in shape and still be called the same, so that about one pair of the whole set is by chance. In a set
 * whose images are all alike (digits, garments), different ones come as near to each other as a crop comes to its original: MNIST's
 * 10,000 test images have 1,800 pairs below 0.2, where 817 photographs have 8, all of them one drawing. So the pairs between
 * `otherShape` and `alikeShape` are counted. Pairs by chance grow at least with the fourth power of the difference (measured: 4.2 to 7),
 * which gives the difference that one pair is expected to stay below.
 */
function largestDifference(images: readonly number[], seen: Observations, comparison: Comparison): number {
  const index = new HashIndex(seen.hashes, wideRadius);
  for (const image of images) index.add(image);
  const looked = Math.min(images.length, sampled);
  let alike = 0;
  for (let at = 0; at < looked; at++) {
    const image = images[Math.floor((at * images.length) / looked)] ?? 0;
    index.search(image, (other) => {
      const difference = comparison.difference(image, other, alikeShape);
      if (difference > otherShape && difference <= alikeShape) alike++;
    });
  }
  const counted = 1 - (otherShape / alikeShape) ** 4;
  const pairs = looked === 0 ? 0 : ((alike / looked) * images.length) / 2 / counted;
  return Math.max(encodingShape, Math.min(sameShape, alikeShape * Math.max(pairs, 1) ** -0.25));
}
