import {
  abs,
  add,
  concat,
  cos,
  keepAxes,
  mean,
  multiply,
  reshape,
  sin,
  slice,
  subtract,
  type Tensor,
} from "../../graph/index.ts";
import type { TransformDraws } from "./draws.ts";

// Transforms that change the values of pixels; the first three as in DiffAugment (Zhao et al. 2020, appendix B).

/** U(-1/2, 1/2) is added. */
export function brightness(images: Tensor, draws: TransformDraws): Tensor {
  return add(images, ofImages(draws.ifApplied(subtract(draws.uniform("shift"), 0.5))));
}

/**
 * Colours are turned about the grey axis of red, green and blue by U(-pi, pi) (Karras et al. 2020, appendix B, "hue rotation");
 * grey images are left as they are.
 *
 *   x' = x cos a + (e x x) sin a + e (e . x) (1 - cos a)      e = (1, 1, 1) / sqrt(3): Rodrigues' formula
 */
export function hue(images: Tensor, draws: TransformDraws): Tensor {
  const [batch = "batch", channels, height = 1, width = 1] = images.shape;
  if (channels !== 3) return images;
  const angle = ofImages(draws.ifApplied(multiply(subtract(draws.uniform("angle"), 0.5), 2 * Math.PI)));
  const colour = (index: number) => slice(images, [0, index % 3, 0, 0], [batch, 1, height, width]);
  const across = concat(
    [0, 1, 2].map((index) => subtract(colour(index + 2), colour(index + 1))),
    1,
  );
  const turned = add(multiply(images, cos(angle)), multiply(across, multiply(sin(angle), 1 / Math.sqrt(3))));
  const grey = keepAxes(mean(images, [1]), images, [1]);
  return add(turned, multiply(grey, subtract(1, cos(angle))));
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
