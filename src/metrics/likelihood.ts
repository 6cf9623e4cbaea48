import { internalError } from "../foundation/errors.ts";

/*
 * Log weights are log p(x, z) - log q(z|x) in nats, for z drawn from q(z|x): one row a draw, one column an image, [samples, images].
 */

/** The evidence lower bound of each image, in nats, [images]: the mean of its log weights (Kingma and Welling 2014, equation 3). */
export function evidenceBound(logWeights: Float64Array, samples: number): Float64Array {
  return eachImage(logWeights, samples, (weights) => weights.reduce((sum, weight) => sum + weight, 0) / samples);
}

/**
 * The importance-weighted lower bound of each image, in nats, [images]: the log of the mean of its weights (Burda, Grosse and Salakhutdinov
 * 2016, "Importance Weighted Autoencoders", equation 8). With one sample it is the evidence bound; more samples bring it up
 * to log p(x).
 */
export function importanceWeightedBound(logWeights: Float64Array, samples: number): Float64Array {
  return eachImage(logWeights, samples, (weights) => {
    // Weights of images lie far below the smallest number: the largest is taken out before the exponential.
    const largest = weights.reduce((most, weight) => Math.max(most, weight), Number.NEGATIVE_INFINITY);
    if (!Number.isFinite(largest)) return largest;
    return largest + Math.log(weights.reduce((sum, weight) => sum + Math.exp(weight - largest), 0) / samples);
  });
}

/**
 * Bits for each pixel and channel that log p(x) in nats stands for; lower is better.
 * @param dimensions channels * height * width.
 * @param step How far two neighbouring pixel values lie apart in the data whose density p is. A density grows when its data is
 *   scaled down, and only bits of whole pixel values can be compared, so -log2(step) is added for each dimension.
 *   Default: 1, for pixels 0…255 (dequantised by uniform noise in [0, 1), as Theis, van den Oord and Bethge 2016 say);
 *   1/256 for pixels scaled to 0…1 (adds 8 bits), 1/128 for -1…1.
 */
export function bitsPerDimension(nats: number, dimensions: number, step = 1): number {
  return -nats / dimensions / Math.LN2 - Math.log2(step);
}

function eachImage(logWeights: Float64Array, samples: number, bound: (weights: Float64Array) => number): Float64Array {
  const images = logWeights.length / samples;
  if (!Number.isInteger(images)) throw internalError("likelihood", `${logWeights.length} weights, ${samples} samples`);
  const weights = new Float64Array(samples);
  return Float64Array.from({ length: images }, (_, image) => {
    for (let sample = 0; sample < samples; sample++) weights[sample] = logWeights[sample * images + image] ?? 0;
    return bound(weights);
  });
}
