import type { ImageSet } from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import {
  authenticImages,
  copyingStatistic,
  excessProbability,
  type Interval,
  nearestNeighbours,
  shareInterval,
} from "../metrics/index.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { copyFinding } from "./copying/finding.ts";
import { type MeasuredNearness, measureNearness, type Nearness } from "./copying/nearness.ts";
import { featureSpace, pixelSpace } from "./copying/space.ts";
import { differentImages } from "./copying/training-images.ts";
import type { Copying, Suspect } from "./score-card.ts";

/**
 * An image is all but equal to a training image where its ratio is below this. On seven data sets at most 1 % of real images lie below,
 * 2 % where there are near-duplicates; of copies with noise of 5 % of the range more than 90 % do.
 */
const COPY_RATIO = 0.4;
/** The alarm needs copies beyond chance, this share of them, and this number. */
const CHANCE = 0.001;
const LEAST_SHARE = 0.01;
const LEAST_COPIES = 2;
/** Real images that are compared with, at least; below that there is nothing to compare with. */
const FEWEST_REAL = 20;
/** Training images that are left out in turn, at most. */
const MOST_LEFT_OUT = 1000;
const MOST_SUSPECTS = 16;

/** The share of images that something is true of. */
export interface EstimatedShare {
  readonly value: number;
  readonly interval: Interval;
}

/** A generated image beside the training images. */
export interface NearestTraining {
  readonly features: Nearness;
  readonly pixels: Nearness;
}

export interface CopyCheck {
  readonly copying: Copying;
  /** AuthPct in features, mirror images included; absent where fewer than two training images differ. */
  readonly authentic?: EstimatedShare;
  /** C_T in features, mirror images included; absent where fewer than 20 images are held out. */
  readonly copyingZ?: number;
  /** Images that have another generated one as near as a copy is to its training image, in both spaces. */
  readonly duplicates: EstimatedShare;
  /** For each generated image. */
  readonly nearest: readonly NearestTraining[];
}

export interface CopyCheckOptions {
  /** Some thousand at most: all are held at once. */
  readonly generated: ImageSet;
  /** Any number: read block by block. */
  readonly training: ImageSet;
  /** Real images that the generator has not seen, some thousand at most; may be none. */
  readonly heldOut: ImageSet;
  readonly extractor: FeatureExtractor;
  readonly products: MatrixProducts;
  /** Whether a generator is known to have made the images; decides what the finding advises. Default: generator. */
  readonly subject?: "generator" | "images";
  /** Decides which training images are left out for comparison. */
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  /** @throws its reason, from the check, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Whether a generator returns its training images, or hardly changed ones, or mirrored ones.
 *
 * For each generated image its nearest training image is looked for in the extractor's features and in small pictures of at most 16x16
 * pixels. The *ratio* is its distance to that one over the distance of that one to its third nearest other training image; an image
 * whose ratio is below 0.4 in either space counts as a copy. Real images have such ratios too where the data holds near-duplicates. So the
 * same is measured for real images: those held out, and up to 1,000 training images of which each is looked at as if it were
 * not in the training set. The alarm is raised when at least 1 % of the generated images and at least two are copies, and chance
 * would put as many of all copies among the generated images with a probability below 0.001 (Fisher's exact test, one-sided).
 * With fewer than 20 real images to compare with the share alone decides, and the finding says so.
 *
 * C_T and AuthPct never raise the alarm: a blurred generator is nearer to the training images, too. A large negative C_T is put into
 * words in the finding.
 *
 * Not caught at 32x32 pixels: copies that are shifted by a pixel, and ones with noise of 20 % of the range.
 *
 * Exact repetitions among the training images, mirrored or not, count once.
 * @throws AtelierError (data) for no images, or images of different formats.
 */
export async function checkCopies(options: CopyCheckOptions): Promise<CopyCheck> {
  const {
    generated,
    training,
    heldOut,
    extractor,
    products,
    subject = "generator",
    seed,
    onProgress,
    signal,
  } = options;
  assertComparable(options);
  const different = await differentImages(training, signal);
  const drawn = randomStream(seed, "left-out training images").permutation(different.length);
  const leftOut =
    different.length < 3
      ? new Int32Array(0)
      : Int32Array.from(drawn.subarray(0, MOST_LEFT_OUT), (row) => different[row] ?? 0);
  const queries = { generated, heldOut, leftOut: leftOut.sort() };
  // Each of the two spaces looks at all training images twice.
  const total = 4 * different.length;
  let done = 0;
  const control = {
    products,
    signal,
    onProgress: (images: number) => {
      done += images;
      onProgress?.(done, total);
    },
  };
  const features = await measureNearness(featureSpace(extractor), queries, training, different, control);
  const pixels = await measureNearness(pixelSpace(training.format), queries, training, different, control);

  const copies = copiesIn(features.generated, pixels.generated);
  const heldOutCopies = copiesIn(features.heldOut, pixels.heldOut);
  const real = {
    copies: heldOutCopies.length + copiesIn(features.leftOut, pixels.leftOut).length,
    images: heldOut.count + leftOut.length,
  };
  const share = copies.length / generated.count;
  const few = real.images < FEWEST_REAL;
  const beyondChance = few || excessProbability(copies.length, generated.count, real.copies, real.images) < CHANCE;
  const alarm = copies.length >= LEAST_COPIES && share >= LEAST_SHARE && beyondChance;
  const distances = (list: readonly Nearness[]) => list.map(({ distance }) => distance);
  const enough = heldOut.count >= FEWEST_REAL;
  const copyingZ = enough ? copyingStatistic(distances(features.generated), distances(features.heldOut)) : undefined;
  const estimated = (flags: Uint8Array): EstimatedShare => ({
    value: flags.reduce((sum, flag) => sum + flag, 0) / flags.length,
    interval: shareInterval(flags),
  });
  const own = features.generated.map((near) => near.own);
  return {
    copying: {
      alarm,
      finding: copyFinding({ alarm, share, real, few, copyingZ, different: different.length, subject }),
      copies: share,
      ...(heldOut.count > 0 && { heldOutCopies: heldOutCopies.length / heldOut.count }),
      threshold: COPY_RATIO,
      generated: generated.count,
      training: training.count,
      heldOut: heldOut.count,
      suspects: suspectsAmong(copies, features.generated, pixels.generated, training),
    },
    ...(different.length > 1 && { authentic: estimated(authenticImages(distances(features.generated), own)) }),
    ...(copyingZ !== undefined && { copyingZ }),
    duplicates: estimated(await duplicatesIn([features, pixels], products, signal)),
    nearest: features.generated.map((near, image) => ({ features: near, pixels: pixels.generated[image] ?? near })),
  };
}

/** The numbers of the images whose ratio is below the threshold in either space. */
function copiesIn(features: readonly Nearness[], pixels: readonly Nearness[]): readonly number[] {
  return [...features.keys()].filter(
    (image) => Math.min(features[image]?.ratio ?? 1, pixels[image]?.ratio ?? 1) < COPY_RATIO,
  );
}

function suspectsAmong(
  copies: readonly number[],
  features: readonly Nearness[],
  pixels: readonly Nearness[],
  training: ImageSet,
): Suspect[] {
  const suspects = copies.flatMap((generated): Suspect[] => {
    const [inFeatures, inPixels] = [features[generated], pixels[generated]];
    if (inFeatures === undefined || inPixels === undefined) return [];
    const space = inFeatures.ratio <= inPixels.ratio ? "features" : "pixels";
    const { training: image, mirrored, ratio } = space === "features" ? inFeatures : inPixels;
    return [{ generated, training: training.names?.[image] ?? String(image), mirrored, space, ratio }];
  });
  return suspects.sort((one, other) => one.ratio - other.ratio).slice(0, MOST_SUSPECTS);
}

/**
 * Which generated images have another one within the distance at which it would be a copy of a training image, in both spaces: blurred
 * ones lie near one another in features alone.
 */
async function duplicatesIn(
  spaces: readonly MeasuredNearness[],
  products: MatrixProducts,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const count = spaces[0]?.places.count ?? 0;
  if (count < 2) return new Uint8Array(count);
  const duplicates = new Uint8Array(count).fill(1);
  for (const { places, generated } of spaces) {
    const { distances } = await nearestNeighbours(places, places, products, { k: 1, excludeSelf: true, signal });
    for (const [image, { unit }] of generated.entries()) {
      const distance = distances[image] ?? Number.POSITIVE_INFINITY;
      // Equal images are duplicates even where the training images there are all alike, and give no unit.
      if (distance > 0 && distance >= COPY_RATIO * unit) duplicates[image] = 0;
    }
  }
  return duplicates;
}

function assertComparable({ generated, training, heldOut, extractor }: CopyCheckOptions): void {
  const words = ({ width, height, channels }: ImageSet["format"]) => `${width}x${height}, ${channels} channels`;
  const expected = words(extractor.format);
  for (const [where, set] of Object.entries({ generated, training, "held-out": heldOut })) {
    if (words(set.format) !== expected) {
      throw new AtelierError({
        kind: "data",
        where: `copy check, ${where} images`,
        expected,
        received: words(set.format),
        help: "bring all images to one size and number of channels",
      });
    }
    if (set.count === 0 && set !== heldOut) {
      throw new AtelierError({
        kind: "data",
        where: `copy check, ${where} images`,
        expected: "at least one image",
        received: "none",
        help: "give images to compare",
      });
    }
  }
}
