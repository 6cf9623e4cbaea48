import {
  add,
  clip,
  concat,
  constant,
  expand,
  logSoftmax,
  logSumExp,
  mean,
  multiply,
  reshape,
  softmax,
  subtract,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import type { Player } from "../method.ts";
import {
  type Decoding,
  drawn,
  evidenceObjective,
  logRatio,
  normalOf,
  type Objective,
  type Posterior,
  repeat,
} from "../vae-objectives.ts";

// Every image is paired with every class: rows of [batch * classes, …], those of one image next to each other.

/** What is paired with every class, and whose probability is bounded from below. */
interface Observation {
  /** What is known of an image: [batch, size]. */
  readonly features: Tensor;
  /** Logits of q(y | x), [batch, classes]. */
  readonly logits: Tensor;
  /** 1 at the class of an image, or 0 everywhere: [batch, classes]. */
  readonly known: Tensor;
  /** log p(x | y, z), [batch * classes], of codes and classes beside one another, [batch * classes, size + classes]. */
  readonly decoding: Decoding;
}

/** The bound of {@link classObjective}, over whose terms the classes stand for themselves. */
export interface ClassObjective extends Objective {
  /** KL(q(y | x) || p(y)), where q(y | x) is 1 at the class of an image if that is known. */
  readonly classDivergence: Tensor;
}

/**
 * The bound of M2 (Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models", equations 6 and 7), as a mean
 * over the batch, with p(y) = 1 / classes and z ~ q(z | x, y):
 *
 *   sum over y of q(y | x) (-E log p(x | y, z) + weight KL(q(z | x, y) || p(z)))  +  KL(q(y | x) || p(y))
 *
 * Of an image whose class is known, q(y | x) is 1 there: what is left is equation 6, and one formula serves both. All draws of z
 * for one image are made from the same noise: the classes then differ by what they are, and not by chance.
 * @param posterior the network of q(z | x, y): features and classes beside one another -> means and logarithms of variances.
 * @param options.noise draws from N(0, 1), [batch, size]; the others as of {@link evidenceObjective}.
 */
export function classObjective(
  { features, logits, known, decoding }: Observation,
  posterior: Player,
  options: { readonly noise: Tensor; readonly weight: Tensor; readonly freeBits: number },
): ClassObjective {
  const [batch = 1, classes = 1] = logits.shape.map(Number);
  const isUnknown = subtract(1, sum(known, [1]));
  const shares = add(known, multiply(softmax(logits, 1), reshape(isUnknown, [batch, 1])));
  const ofEachClass = sum(multiply(softmax(logits, 1), logSoftmax(logits, 1)), [1]);
  const classDivergence = add(mean(multiply(ofEachClass, isUnknown)), Math.log(classes));
  const expected = (x: Tensor) => {
    const [rows = 1, ...rest] = x.shape.map(Number);
    const weights = reshape(shares, [rows, ...rest.map(() => 1)]);
    return multiply(sum(multiply(x, weights), [0]), 1 / batch);
  };
  const { losses, report } = evidenceObjective(
    posteriorOfEach(features, classes, posterior),
    (z) => decoding(concat([z, everyClass(batch, classes)], 1)),
    { ...options, noise: repeat(options.noise, classes), average: expected },
  );
  return {
    losses: { encoder: add(losses.encoder, classDivergence), decoder: add(losses.decoder, classDivergence) },
    report: { ...report, loss: add(report.loss, classDivergence) },
    classDivergence,
  };
}

/**
 * log of the sum over y of p(y) p(x | y, z_y) p(z_y) / q(z_y | x, y), one draw z_y for each class, [batch]: its exponential is
 * p(x) on average.
 */
export function classLogWeight(
  { features, decoding }: Pick<Observation, "features" | "decoding">,
  posterior: Player,
  { noise, classes }: { readonly noise: Tensor; readonly classes: number },
): Tensor {
  const batch = Number(features.shape[0]);
  const ofEach = posteriorOfEach(features, classes, posterior);
  const z = drawn(ofEach, repeat(noise, classes));
  const weights = add(decoding(concat([z, everyClass(batch, classes)], 1)), logRatio(z, ofEach));
  return subtract(logSumExp(reshape(weights, [batch, classes]), [1]), Math.log(classes));
}

/** Logarithms of variances stay below: exp of what a network says of a code unlike any before would be an overflow. */
const LARGEST = 10;

/** q(z | x, y) of every image and class. */
function posteriorOfEach(features: Tensor, classes: number, posterior: Player): Posterior {
  const batch = Number(features.shape[0]);
  const { mean: centre, logVariance } = normalOf(
    posterior(concat([repeat(features, classes), everyClass(batch, classes)], 1)),
  );
  return { mean: centre, logVariance: clip(logVariance, { min: -LARGEST, max: LARGEST }) };
}

/** [batch * classes, classes]: 1 at each class in turn. */
function everyClass(batch: number, classes: number): Tensor {
  const identity = Float64Array.from({ length: classes ** 2 }, (_, index) => (index % (classes + 1) === 0 ? 1 : 0));
  const turns = expand(constant(identity, [1, classes, classes]), [batch, classes, classes]);
  return reshape(turns, [batch * classes, classes]);
}
