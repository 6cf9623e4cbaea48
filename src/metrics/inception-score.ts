import { AtelierError, internalError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";

/** How certain and how varied a classifier finds images, from 1 to the number of classes. */
export interface InceptionScore {
  /** Mean over the splits. */
  readonly value: number;
  /** Standard deviation between the splits; 0 for one split. */
  readonly deviation: number;
}

export interface InceptionScoreOptions {
  /** Parts that the images are split into; each is scored alone. By default 10. */
  readonly splits?: number;
  /** Decides which images are in a split. By default 0. */
  readonly seed?: number;
}

/**
 * The inception score by Salimans et al. (2016), "Improved Techniques for Training GANs": the exponential of the mean
 * divergence of an image's class probabilities from their mean, in nats. Images are split at random, not in their
 * order: in splits of images sorted by class, every split would look as if the generator knew one class.
 *
 * It means something only where the classifier knows what is in the images (the field's: ImageNet), and it never looks
 * at real images.
 * @param logits [images, classes]
 * @throws AtelierError (data) with fewer images than splits, or where a logit is not finite.
 */
export function inceptionScore(
  logits: Float32Array,
  classes: number,
  { splits = 10, seed = 0 }: InceptionScoreOptions = {},
): InceptionScore {
  const count = logits.length / classes;
  if (!Number.isInteger(count)) throw internalError("inceptionScore", `${logits.length} logits of ${classes} classes`);
  if (count < splits) throw unusable(`at least ${splits} images`, `${count}`, "give more images");
  if (!logits.every(Number.isFinite)) {
    throw unusable("finite logits", "others", "use another classifier, or images that it can classify");
  }
  const order = randomStream(seed, "inception score").permutation(count);
  const scores = Array.from({ length: splits }, (_, split) => {
    const [first, end] = [Math.floor((split * count) / splits), Math.floor(((split + 1) * count) / splits)];
    return scoreOf(logits, classes, order.subarray(first, end));
  });
  const value = scores.reduce((sum, score) => sum + score, 0) / splits;
  const variance = scores.reduce((sum, score) => sum + (score - value) ** 2, 0) / splits;
  return { value, deviation: Math.sqrt(variance) };
}

/** The score of some of the images: the mean divergence is the entropy of the mean less the mean of the entropies. */
function scoreOf(logits: Float32Array, classes: number, images: Uint32Array): number {
  const mean = new Float64Array(classes);
  let entropies = 0;
  for (const image of images) {
    const probabilities = softmax(logits.subarray(image * classes, (image + 1) * classes));
    entropies += entropyOf(probabilities);
    for (let index = 0; index < classes; index++) mean[index] = (mean[index] ?? 0) + (probabilities[index] ?? 0);
  }
  const overall = entropyOf(mean.map((sum) => sum / images.length));
  // Rounding can take the difference of two equal entropies a little below 0.
  return Math.exp(Math.max(0, overall - entropies / images.length));
}

function softmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const weights = Float64Array.from(logits, (logit) => Math.exp(logit - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** In nats. */
function entropyOf(probabilities: Float64Array): number {
  return probabilities.reduce((sum, share) => (share > 0 ? sum - share * Math.log(share) : sum), 0);
}

function unusable(expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "data", where: "inception score", expected, received, help });
}
