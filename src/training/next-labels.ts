import { type Dataset, type ImageSet, imageBytesOf } from "../data/index.ts";
import { type Classify, classifyAll, extractFeatures, imagesToLabel } from "../evaluation/index.ts";
import { openRandomEmbedding } from "../features/index.ts";
import { randomStream } from "../foundation/random.ts";

/** What a classifier takes an image for. */
export interface Guess {
  readonly label: string;
  readonly probability: number;
}

/** An image whose label would help. */
export interface ImageToLabel {
  /** Its number among the training images. */
  readonly row: number;
  /** As the data calls it. */
  readonly name: string;
  /** The two likeliest classes, the likelier first. */
  readonly guesses: readonly Guess[];
}

export interface NextLabels {
  /** Training images without a label. */
  readonly unlabelled: number;
  /** Those of them that were looked at. */
  readonly considered: number;
  /** In the order in which their labels help. */
  readonly images: readonly ImageToLabel[];
}

/** Images without label that are looked at, drawn by the seed: more take long, and bring little that is new. */
const MOST_CONSIDERED = 10_000;

export interface NextLabelsOptions {
  /** Images to name; all without a label where there are no more. */
  readonly count: number;
  /** Decides which images are looked at where there are many, and draws among them. */
  readonly seed: number;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @throws its reason when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The training images without label whose labels would teach a classifier most: see {@link imagesToLabel}. What images look like,
 * the embedding says that runs are scored with, so that it is the same for classifiers of every model.
 * @param classNames of the classifier, in its order.
 */
export async function nextLabels(
  classify: Classify,
  { train, format }: Pick<Dataset, "train" | "format">,
  classNames: readonly string[],
  { count, seed, onProgress, signal }: NextLabelsOptions,
): Promise<NextLabels> {
  const unlabelled = Uint32Array.from(train.labels.keys()).filter((row) => (train.labels[row] ?? -1) < 0);
  const order = randomStream(seed, "images to look at").permutation(unlabelled.length);
  const rows = Uint32Array.from(order.slice(0, MOST_CONSIDERED), (place) => unlabelled[place] ?? 0).sort();
  const images: ImageSet = {
    format,
    count: rows.length,
    read: async (first, wanted) => {
      const bytes = new Uint8Array(wanted * imageBytesOf(format));
      for (const [place, row] of rows.subarray(first, first + wanted).entries()) {
        train.copyImage(row, bytes, place * train.imageBytes);
      }
      return bytes;
    },
  };
  if (rows.length === 0) return { unlabelled: 0, considered: 0, images: [] };
  // Each image is looked at twice.
  const passes = (before: number) => (done: number) => onProgress?.(before + done, 2 * rows.length);
  const probabilities = await classifyAll(classify, images, classNames.length, { onProgress: passes(0), signal });
  const extractor = await openRandomEmbedding(format);
  try {
    const { features } = await extractFeatures(extractor, images, { onProgress: passes(rows.length), signal });
    const chosen = imagesToLabel({ probabilities, features }, { count, seed });
    return {
      unlabelled: unlabelled.length,
      considered: rows.length,
      images: chosen.map((place) => {
        const row = rows[place] ?? 0;
        const ofImage = probabilities.values.subarray(place * classNames.length, (place + 1) * classNames.length);
        return { row, name: train.names[row] ?? "", guesses: guessesOf(ofImage, classNames) };
      }),
    };
  } finally {
    await extractor.release();
  }
}

function guessesOf(probabilities: Float32Array, classNames: readonly string[]): readonly Guess[] {
  return classNames
    .map((label, index) => ({ label, probability: probabilities[index] ?? 0 }))
    .sort((one, other) => other.probability - one.probability)
    .slice(0, 2);
}
