import { internalError } from "../foundation/errors.ts";
import { add, divide, mean, multiply, reshape, sqrt, square, subtract, sum, type Tensor } from "../graph/index.ts";

/** What layers of a pretrained network see in pictures [count, channels, height, width] in [-1, 1]: maps, or rows. */
export type PerceptualView = (pictures: Tensor) => readonly Tensor[];

/** The mean squared difference of each row: [rows]. */
export function squaredDistance(one: Tensor, other: Tensor): Tensor {
  return mean(
    square(subtract(one, other)),
    one.shape.slice(1).map((_, axis) => axis + 1),
  );
}

/**
 * The perceptual distance of Zhang et al. (2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric",
 * equation 1) without its learned weights: in each place of a layer the channels are a vector of length 1, whose squared
 * difference is averaged over the places, and the mean over the layers is taken. [rows]
 */
export function perceptualDistance(see: PerceptualView, one: Tensor, other: Tensor): Tensor {
  const [ofOne, ofOther] = [see(one), see(other)];
  const distances = ofOne.map((value, index) => {
    const channels = value.shape[1];
    return multiply(squaredDistance(normalised(value), normalised(ofOther[index] ?? value)), Number(channels));
  });
  const [first, ...others] = distances;
  if (first === undefined) throw internalError("perceptualDistance", "no layer is looked at");
  return divide(others.reduce(add, first), distances.length);
}

/** With channels, axis 1, of length 1 in each place. */
function normalised(value: Tensor): Tensor {
  const kept = value.shape.map((size, axis) => (axis === 1 ? 1 : size));
  return divide(value, sqrt(add(reshape(sum(square(value), [1]), kept), 1e-8)));
}
