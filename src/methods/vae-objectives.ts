import {
  add,
  divide,
  exp,
  expand,
  gradient,
  logSumExp,
  maximum,
  mean,
  multiply,
  negate,
  reshape,
  slice,
  softmax,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";

// What a variational autoencoder makes small. All are means over the batch, in nats an image.

/** q(z | x) = N(mean, e^logVariance) of each image; both [batch, latent]. */
export interface Posterior {
  readonly mean: Tensor;
  readonly logVariance: Tensor;
}

/** A network's numbers [batch, 2 size] as means and logarithms of variances. */
export function normalOf(numbers: Tensor): Posterior {
  const [batch = "batch", both] = numbers.shape;
  const size = Number(both) / 2;
  return { mean: slice(numbers, [0, 0], [batch, size]), logVariance: slice(numbers, [0, size], [batch, size]) };
}

/** log p(x | z), [draws], of codes z [draws, latent]: images in order, the draws for one image next to each other. */
export type Decoding = (z: Tensor) => Tensor;

/** What an objective gives. */
export interface Objective {
  readonly losses: { readonly encoder: Tensor; readonly decoder: Tensor };
  readonly report: {
    /** Negative lower bound of log p(x): what published nats are, whatever the weights in the losses. */
    readonly loss: Tensor;
    /** -E log p(x | z). */
    readonly reconstruction: Tensor;
    /** KL(q(z | x) || p(z)). */
    readonly divergence: Tensor;
  };
}

/** z = mean + sigma noise (Kingma and Welling 2014, section 2.4): differentiable in both. */
export function drawn({ mean: centre, logVariance }: Posterior, noise: Tensor): Tensor {
  return add(centre, multiply(exp(multiply(logVariance, 0.5)), noise));
}

/** KL(q(z | x) || N(0, 1)) of each number of the code, [batch, latent] (Kingma and Welling 2014, appendix B). */
export function divergences({ mean: centre, logVariance }: Posterior): Tensor {
  return multiply(subtract(add(exp(logVariance), square(centre)), add(logVariance, 1)), 0.5);
}

/** log N(x; mean, e^logVariance) of rows [batch, size], [batch]. */
export function logNormal(x: Tensor, { mean: centre, logVariance }: Posterior): Tensor {
  const standard = multiply(subtract(x, centre), exp(multiply(logVariance, -0.5)));
  return multiply(sum(add(add(square(standard), logVariance), Math.log(2 * Math.PI)), [1]), -0.5);
}

/** log p(z) - log q(z | x) of codes [batch, latent], [batch]. */
export function logRatio(z: Tensor, { mean: centre, logVariance }: Posterior): Tensor {
  const standard = multiply(subtract(z, centre), exp(multiply(logVariance, -0.5)));
  return multiply(sum(subtract(add(square(standard), logVariance), square(z)), [1]), 0.5);
}

export interface EvidenceOptions {
  readonly noise: Tensor;
  readonly weight: Tensor;
  readonly freeBits: number;
  readonly average?: (x: Tensor) => Tensor;
}

/**
 * The evidence lower bound, with its divergence in closed form (Kingma and Welling 2014, equation 10):
 * E log p(x | z) - weight * sum over j of max(freeBits, KL_j).
 * @param weight of the divergence, shape []: beta of Higgins et al. 2017, "beta-VAE".
 * @param freeBits Nats of each number of the code that cost nothing, on average over the batch (Kingma et al. 2016, "Improved
 *   Variational Inference with Inverse Autoregressive Flow", appendix C.8).
 * @param noise draws from N(0, 1), [batch, latent].
 * @param average over the batch: [batch, …] -> […]. Default: the mean.
 */
export function evidenceObjective(
  posterior: Posterior,
  decoding: Decoding,
  { noise, weight, freeBits, average = (x) => mean(x, [0]) }: EvidenceOptions,
): Objective {
  const reconstruction = negate(average(decoding(drawn(posterior, noise))));
  const ofEachNumber = average(divergences(posterior));
  const divergence = sum(ofEachNumber);
  const cost = freeBits === 0 ? divergence : sum(maximum(ofEachNumber, freeBits));
  const objective = add(reconstruction, multiply(cost, weight));
  return {
    losses: { encoder: objective, decoder: objective },
    report: { loss: add(reconstruction, divergence), reconstruction, divergence },
  };
}

/**
 * The importance-weighted bound, log of the mean of w over K draws, w = p(x | z) (p(z) / q(z | x))^weight (Burda, Grosse
 * and Salakhutdinov 2016, "Importance Weighted Autoencoders", equation 8).
 *
 * The decoder gets its gradient. The encoder gets the doubly reparameterised one (Tucker et al. 2019, "Doubly
 * Reparameterized Gradient Estimators for Monte Carlo Objectives", equation 8): of the same expectation, but its noise does not
 * drown it as K grows. With v = w / sum of w that is the sum of v^2 dlog w/dz dz/dphi, where q's own parameters stand
 * still within w; of a weight other than 1, by the same proof, of v (1 - weight (1 - v)) instead of v^2.
 * @param noise draws from N(0, 1), [batch, K, latent].
 */
export function importanceWeightedObjective(
  posterior: Posterior,
  decoding: Decoding,
  { noise, weight }: { readonly noise: Tensor; readonly weight: Tensor },
): Objective {
  const [batch = 1, draws = 1] = noise.shape.map(Number);
  const repeated = { mean: repeat(posterior.mean, draws), logVariance: repeat(posterior.logVariance, draws) };
  const still = { mean: stopGradient(repeated.mean), logVariance: stopGradient(repeated.logVariance) };
  const z = drawn(repeated, reshape(noise, repeated.mean.shape));
  const logLikelihood = reshape(decoding(z), [batch, draws]);
  const ratio = reshape(logRatio(z, still), [batch, draws]);
  const bound = (logWeights: Tensor) => mean(subtract(logSumExp(logWeights, [1]), Math.log(draws)));
  const logWeights = add(logLikelihood, multiply(ratio, weight));
  const objective = negate(bound(logWeights));
  const shares = softmax(logWeights, 1);
  const again = reshape(subtract(1, multiply(subtract(1, shares), weight)), [batch * draws, 1]);
  return {
    losses: {
      encoder: sum(multiply(stopGradient(multiply(gradient(objective, z), again)), z)),
      decoder: objective,
    },
    report: {
      loss: negate(bound(add(logLikelihood, ratio))),
      reconstruction: negate(mean(logLikelihood)),
      divergence: divide(sum(divergences(posterior)), batch),
    },
  };
}

/** Each row `times` times, one after another: [batch, …] -> [batch * times, …]. */
export function repeat(x: Tensor, times: number): Tensor {
  if (times === 1) return x;
  const [batch = 1, ...rest] = x.shape.map(Number);
  return reshape(expand(reshape(x, [batch, 1, ...rest]), [batch, times, ...rest]), [batch * times, ...rest]);
}
