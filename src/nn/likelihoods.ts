import {
  add,
  clip,
  exp,
  isGreater,
  log,
  mean,
  multiply,
  negate,
  reshape,
  sigmoid,
  slice,
  softplus,
  square,
  subtract,
  sum,
  type Tensor,
  tanh,
} from "../graph/index.ts";

/** How probable an image is, given what a decoder says of each of its pixels. */
export interface Likelihood {
  /** Numbers that the decoder gives for each channel of a pixel. */
  readonly outputs: 1 | 2;
  /**
   * What a probability is of. `levels`: of pixels of 256 levels, so that nats of two such likelihoods can be compared;
   * `binary`: of pixels that are 0 or 1. The two kinds cannot be compared.
   */
  readonly of: "levels" | "binary";
  /**
   * log p(x | z) in nats, [batch].
   * @param decoded [batch, outputs * channels, height, width]: the first numbers of all channels, then the second.
   * @param images [batch, channels, height, width] in [-1, 1].
   */
  readonly logProbability: (decoded: Tensor, images: Tensor) => Tensor;
  /** The expected picture, [batch, channels, height, width] in [-1, 1]. */
  readonly mean: (decoded: Tensor) => Tensor;
}

export const likelihoodNames = ["bernoulli", "gaussian", "logistic"] as const;
export type LikelihoodName = (typeof likelihoodNames)[number];

/** The distance between two of the 256 levels in [-1, 1]. */
const STEP = 2 / 255;

export const likelihoods: Readonly<Record<LikelihoodName, Likelihood>> = {
  /**
   * Each pixel t in [0, 1] is 1 with probability s(l): t log s(l) + (1 - t) log(1 - s(l)) = t l - softplus(l) (Kingma and
   * Welling 2014, appendix C.1). It is a log-probability where t is 0 or 1; between them it is the mean of the
   * log-probabilities of pixels that are drawn as 1 with probability t.
   */
  bernoulli: {
    outputs: 1,
    of: "binary",
    logProbability: (logits, images) => total(subtract(multiply(brightness(images), logits), softplus(logits))),
    mean: (logits) => subtract(multiply(sigmoid(logits), 2), 1),
  },

  /**
   * N(m, sigma^2) for each pixel, with a sigma for each channel of the picture: the mean of the decoder's second numbers over
   * the pixels. That is sigma-VAE (Rybkin, Daniilidis and Levine 2021, "Simple and Effective VAE Training with Calibrated
   * Decoders"), but that a channel and a picture may be harder than others. A sigma for each pixel would let pixels that are
   * always the same, such as a white border, count more than the picture.
   *
   * The probability of a level is taken as its density times the distance between levels: both in units of levels. Sigma is at
   * least one such distance. The probabilities of all levels then have a sum of at most 1 + 1e-8 (Poisson's summation formula
   * gives the excess, 2 exp(-2 pi^2)), whereas a smaller sigma would make data of 256 levels as probable as one likes.
   */
  gaussian: {
    outputs: 2,
    of: "levels",
    logProbability: (decoded, images) => {
      const [centre, spread] = halves(decoded);
      const logSigma = atLeast(channelMeans(spread), Math.log(STEP));
      const standard = multiply(subtract(images, centre), exp(negate(logSigma)));
      const constants = 0.5 * Math.log(2 * Math.PI) - Math.log(STEP);
      return negate(total(add(multiply(square(standard), 0.5), add(logSigma, constants))));
    },
    mean: (decoded) => clip(halves(decoded)[0], { min: -1, max: 1 }),
  },

  /**
   * The probability that a logistic distribution of mean m and scale s gives each of the 256 levels: its mass between the
   * middles to the neighbouring levels, and all of a tail at the first and last level (Kingma et al. 2016, "Improved
   * Variational Inference with Inverse Autoregressive Flow", appendix; Salimans et al. 2017, "PixelCNN++", section 2.1, with
   * a single component). Each pixel has a scale of its own: no probability can exceed 1.
   *
   * With a and b the distances of the bin's edges from the mean in units of s, the mass s(a) - s(b) is
   * s(a) s(-b) (1 - e^(b-a)), whose logarithm loses nothing in float32, however far the level is from the mean.
   */
  logistic: {
    outputs: 2,
    of: "levels",
    logProbability: (decoded, images) => {
      const [centre, spread] = halves(decoded);
      const inverse = exp(negate(atLeast(spread, LOG_SMALLEST_SCALE)));
      const distance = subtract(images, centre);
      const upper = multiply(add(distance, STEP / 2), inverse);
      const lower = multiply(subtract(distance, STEP / 2), inverse);
      const notLast = isGreater(1 - STEP / 2, images);
      const notFirst = isGreater(images, STEP / 2 - 1);
      // 1 - e^-2y = 2 t / (1 + t) with t = tanh(y): precise for small y too.
      const t = tanh(multiply(inverse, STEP / 2));
      const width = subtract(log(multiply(t, 2)), log(add(t, 1)));
      const logMass = subtract(
        multiply(width, multiply(notLast, notFirst)),
        add(multiply(softplus(negate(upper)), notLast), multiply(softplus(lower), notFirst)),
      );
      return total(logMass);
    },
    mean: (decoded) => clip(halves(decoded)[0], { min: -1, max: 1 }),
  },
};

/** Of the logistic scale, as in Salimans et al. 2017: a level then takes nearly all of the mass. */
const LOG_SMALLEST_SCALE = -7;

/** The logarithm of a spread: about the decoder's number, so that training begins with a spread of 1, but above a bound. */
function atLeast(spread: Tensor, bound: number): Tensor {
  return add(softplus(subtract(spread, bound)), bound);
}

/** [batch, 2 channels, height, width] as two of [batch, channels, height, width]. */
function halves(decoded: Tensor): readonly [Tensor, Tensor] {
  const [batch = "batch", both, height = 1, width = 1] = decoded.shape;
  const channels = Number(both) / 2;
  const shape = [batch, channels, height, width];
  return [slice(decoded, [0, 0, 0, 0], shape), slice(decoded, [0, channels, 0, 0], shape)];
}

/** [batch, channels, height, width] -> [batch, channels, 1, 1]. */
function channelMeans(x: Tensor): Tensor {
  const [batch = "batch", channels = 1] = x.shape;
  return reshape(mean(x, [2, 3]), [batch, channels, 1, 1]);
}

/** [-1, 1] -> [0, 1]. */
function brightness(images: Tensor): Tensor {
  return multiply(add(images, 1), 0.5);
}

/** Sum over a picture: [batch, channels, height, width] -> [batch]. */
function total(x: Tensor): Tensor {
  return sum(x, [1, 2, 3]);
}
