import {
  add,
  exp,
  gradient,
  mean,
  multiply,
  reshape,
  sqrt,
  square,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";

// Penalties on the gradient of a discriminator D with respect to its images. Where D looks at several samples at once
// (batch normalisation), the gradient of one sample's output is not what is measured: use a discriminator without it.

/**
 * gamma / 2 E |∇D(x)|^2 on real images (Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?",
 * equation 9, R1).
 * @param logits D(images), [batch, 1].
 * @param images [batch, …], the very tensor that the logits were computed from.
 * @param gamma weight; 10 in the paper's experiments.
 * @returns shape [].
 */
export function r1Penalty(logits: Tensor, images: Tensor, gamma: number): Tensor {
  return multiply(mean(squaredSlopes(logits, images)), gamma / 2);
}

/**
 * weight E (|∇D(x)| - 1)^2 at points between real and generated images (Gulrajani et al. 2017, "Improved Training of
 * Wasserstein GANs", equation 3).
 * @param logits D(images), [batch, 1].
 * @param images [batch, …], such as {@link randomInterpolates}, the very tensor that the logits were computed from.
 * @param weight default 10, as in the paper.
 * @returns shape [].
 */
export function gradientPenalty(logits: Tensor, images: Tensor, weight = 10): Tensor {
  const lengths = sqrt(add(squaredSlopes(logits, images), TINY));
  return multiply(mean(square(subtract(lengths, 1))), weight);
}

/**
 * u real + (1 - u) generated with u uniform in (0, 1], one for each sample. Gradients flow to both kinds of images.
 * @param normals draws from N(0, 1), [batch, 2]: exp(-(a^2 + b^2) / 2) of two of them is uniform (the radius of Box and
 *   Muller 1958, read backwards).
 */
export function randomInterpolates(real: Tensor, generated: Tensor, normals: Tensor): Tensor {
  const [batch = "batch", ...others] = real.shape;
  const share = exp(multiply(sum(square(normals), [1]), -0.5));
  const spread = reshape(share, [batch, ...others.map(() => 1)]);
  return add(generated, multiply(subtract(real, generated), spread));
}

/** Keeps the slope of a length finite where the length is 0. */
const TINY = 1e-12;

/** |∇D(x)|^2 of each sample: [batch]. */
function squaredSlopes(logits: Tensor, images: Tensor): Tensor {
  const slope = gradient(sum(logits), images);
  return sum(
    square(slope),
    slope.shape.map((_, axis) => axis).filter((axis) => axis !== 0),
  );
}
