import { abs, add, keepAxes, mean, multiply, reshape, subtract, type Tensor } from "../../graph/index.ts";
import type { TransformDraws } from "./draws.ts";

// Transforms that change the values of pixels; the first three as in DiffAugment (Zhao et al. 2020, appendix B).

/** U(-1/2, 1/2) is added. */
export function brightness(images: Tensor, draws: TransformDraws): Tensor {
  return add(images, ofImages(draws.ifApplied(subtract(draws.uniform("shift"), 0.5))));
}

/** Each pixel's distance from its mean over the channels, times U(0, 2); grey images are left as they are. */
export function saturation(images: Tensor, draws: TransformDraws): Tensor {
  if (images.shape[1] === 1) return images;
  const change = draws.ifApplied(subtract(multiply(draws.uniform("factor"), 2), 1));
  return stretched(images, [1], ofImages(change));
}

/** The distance from the image's mean, times U(1/2, 3/2). */
export function contrast(images: Tensor, draws: TransformDraws): Tensor {
  return stretched(images, [1, 2, 3], ofImages(draws.ifApplied(subtract(draws.uniform("factor"), 0.5))));
}

/** Deviation of the normal distribution whose absolute value is the noise's deviation (Karras et al. 2020, appendix B). */
const NOISE_DEVIATION = 0.1;

/** Gaussian noise is added, whose deviation is |N(0, 0.1^2)|. */
export function noise(images: Tensor, draws: TransformDraws): Tensor {
  const deviation = draws.ifApplied(multiply(abs(draws.normal("deviation")), NOISE_DEVIATION));
  return add(images, multiply(draws.normal("noise", images.shape.slice(1).map(Number)), ofImages(deviation)));
}

/** Distances from the mean over some axes become 1 + change times as long; exactly as they were where the change is 0. */
function stretched(images: Tensor, axes: readonly number[], change: Tensor): Tensor {
  const centre = keepAxes(mean(images, axes), images, axes);
  return subtract(multiply(images, add(change, 1)), multiply(centre, change));
}

/** A number for each image, [batch], so that it broadcasts against images. */
function ofImages(numbers: Tensor): Tensor {
  return reshape(numbers, [...numbers.shape, 1, 1, 1]);
}
