import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { elementCount } from "../graph/index.ts";
import { meanSquaredError, peakSignalToNoise } from "../metrics/index.ts";
import type { ImageFormat } from "../models/index.ts";
import type { Generator } from "./generator.ts";
import { readGeneratorNetwork } from "./generator-network.ts";
import { type Found, LatentSearch } from "./latent-search.ts";
import type { PerceptualView } from "./perceptual-distance.ts";

export interface ProjectionOptions {
  /** Updates of a vector. Default: 500. */
  readonly steps?: number | undefined;
  /** Vectors that are tried for each image in the first fifth of the steps. Default: 4. */
  readonly starts?: number | undefined;
  /** Decides what is random. Default: 0. */
  readonly seed?: number | undefined;
  /** A pretrained network (`openTappedNetwork`), whose distance is added to that of the pixels. Default: none. */
  readonly see?: PerceptualView | undefined;
  /** Of a generator that has learned classes: the one that all pictures are of. Default: each picture's is searched for. */
  readonly class?: string | undefined;
  /** Told how many steps are done, of how many for all images. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** What a generator has that is nearest to some images, in their order. */
export interface Projection {
  /** [count, latent] */
  readonly vectors: Float32Array;
  /** The class of each picture, where the generator has learned classes. */
  readonly classes?: readonly string[];
  /** The pictures of the vectors, 0…255, [count, channels, height, width]. */
  readonly bytes: Uint8Array;
  /** Of each picture against its image, pixels as 0…1. */
  readonly meanSquaredErrors: Float64Array;
  /** The same in decibels, -10 log10 of it. */
  readonly peakSignalToNoise: Float64Array;
}

/** Random pictures among which the starts are looked for. */
const POOL = 256;
/** Images that are worked on at once. */
const BATCH = 8;
/** Share of the steps in which all starts of an image go on. */
const TRIAL = 0.2;

/**
 * The latent vectors whose pictures are nearest to given images, by optimisation through the generator (Abdal et al. 2019,
 * "Image2StyleGAN"; Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", appendix D). For an image x
 *
 *   minimise  mean (G(z + e) - x)²  +  d(G(z + e), x)  +  0.001 (|z|² / latent - 1)²
 *
 * by Adam, with d the perceptual distance of a pretrained network where there is one. e is noise that fades as t², so that the first steps see more than the nearest valley; the step size rises in the
 * first twentieth of the steps and falls as a cosine in the last quarter. Each image begins with the nearest of 256 random
 * pictures; after a fifth of the steps only the best of its starts goes on. Images are worked on each for itself: what
 * others there are changes nothing.
 *
 * Of a generator that has learned classes the random pictures are of all of them. In the first fifth of the steps a start's class
 * moves with z: G is asked for softmax(c) of the classes, and c makes steps as z does. Then the likeliest class stays.
 * @param images pixels 0…255, [count, channels, height, width] of the generator's format.
 * @throws AtelierError (usage) for other images or options, and the signal's reason when it aborts.
 */
export async function projectImages(
  generator: Generator,
  images: Uint8Array,
  { steps = 500, starts = 4, seed = 0, see, class: asked, onProgress, signal }: ProjectionOptions = {},
): Promise<Projection> {
  const { format, latent } = generator.metadata;
  const imageBytes = elementCount([format.channels, format.height, format.width]);
  const count = images.length / imageBytes;
  assertWhole("images", "at least one image of the generator's size and channels", count);
  assertWhole("steps", "a whole number of at least 1", steps);
  assertWhole("starts", `a whole number, 1 to ${POOL}`, starts, POOL);
  const search = new LatentSearch(await readGeneratorNetwork(generator.path), see, steps);
  const drawing = { count: POOL, seed, ...(asked !== undefined && { class: asked }) };
  const pool = generator.vectors(drawing);
  const poolClasses = generator.classes(drawing);
  const { bytes: poolPictures } = await generator.picturesOf(pool, poolClasses);
  const numberOf = (name: string | undefined) => (name === undefined ? undefined : generator.classNames.indexOf(name));
  const trial = Math.min(steps, Math.ceil(TRIAL * steps));
  const all: Found[] = [];
  try {
    for (let first = 0; first < count; first += BATCH) {
      const size = Math.min(BATCH, count - first);
      const tell = (step: number) => {
        signal?.throwIfAborted();
        onProgress?.(first * steps + size * step, count * steps);
      };
      const tries = Array.from({ length: size }, (_, index) => {
        const target = images.subarray((first + index) * imageBytes, (first + index + 1) * imageBytes);
        return nearest(poolPictures, target, format, starts).map((picture, start) => ({
          target,
          vector: pool.slice(picture * latent, (picture + 1) * latent),
          class: numberOf(poolClasses[picture]),
          random: randomStream(seed, "projection", first + index, start),
        }));
      });
      const tried = await search.run(tries.flat(), { from: 0, to: trial, isFree: asked === undefined }, tell);
      const best = tries.map((_, index) => bestOf(tried.slice(index * starts, (index + 1) * starts), generator.path));
      all.push(...(await search.run(best, { from: trial, to: steps, isFree: false }, tell)));
    }
  } finally {
    await search.release();
  }
  const vectors = Float32Array.from(all.flatMap(({ vector }) => [...vector]));
  const names = all.flatMap((found) => generator.classNames[found.class ?? 0] ?? []);
  const { bytes, classes } = await generator.picturesOf(vectors, names);
  return {
    vectors,
    ...(classes && { classes }),
    bytes,
    meanSquaredErrors: meanSquaredError(images, bytes, format),
    peakSignalToNoise: peakSignalToNoise(images, bytes, format),
  };
}

/** The one of least loss. @throws AtelierError (file) where all losses are not numbers. */
function bestOf(found: readonly Found[], path: string): Found {
  const least = Math.min(...found.map(({ loss }) => loss));
  const best = found.find(({ loss }) => loss === least);
  if (best === undefined) throw notANumber(path);
  return best;
}

/** The numbers of the pictures nearest to an image by their squared difference. */
function nearest(pictures: Uint8Array, image: Uint8Array, format: ImageFormat, count: number): readonly number[] {
  const total = pictures.length / image.length;
  const distances = Array.from({ length: total }, (_, index) => {
    const picture = pictures.subarray(index * image.length, (index + 1) * image.length);
    return meanSquaredError(image, picture, format)[0] ?? Number.POSITIVE_INFINITY;
  });
  return [...distances.keys()].sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b).slice(0, count);
}

function assertWhole(where: string, expected: string, value: number, most = Number.MAX_SAFE_INTEGER): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw new AtelierError({ kind: "usage", where, expected, received: String(value), help: `give other ${where}` });
}

function notANumber(path: string): AtelierError {
  return new AtelierError({
    kind: "file",
    where: path,
    expected: "a generator whose pictures are numbers",
    received: "pictures that are none (NaN)",
    help: "train it again, or take an earlier checkpoint",
  });
}
