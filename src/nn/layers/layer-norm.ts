import {
  add,
  channelAffine,
  divide,
  formatShape,
  keepAxes,
  mean,
  multiply,
  type Shape,
  shapeError,
  sqrt,
  subtract,
  type Tensor,
  variance,
} from "../../graph/index.ts";
import { filled } from "../initializers.ts";
import type { Scope } from "../network.ts";
import { groupNorm, type NormOptions } from "./group-norm.ts";

export interface LayerNormOptions extends NormOptions {
  /**
   * What is brought to mean 0 and variance 1:
   * - `sample`: all channels and positions of a sample [batch, channels, …] together, scaled and shifted by channel;
   * - `channels`: the channels of [batch, channels, …positions] at each position, scaled and shifted by channel;
   * - `last`: the last axis of [batch, …, features], scaled and shifted by feature.
   */
  readonly over: "sample" | "channels" | "last";
}

/**
 * Layer normalisation (Ba et al. 2016, "Layer Normalization", equation 3); the same in training and inference.
 * Variables: scale and shift [channels] (or [features]).
 * @throws AtelierError when x has not the axes that `over` speaks of.
 */
export function layerNorm(scope: Scope, x: Tensor, { over, epsilon = 1e-5 }: LayerNormOptions): Tensor {
  switch (over) {
    case "sample":
      return groupNorm(scope, x, { groups: 1, epsilon });
    case "channels":
      return overChannels(scope, x, epsilon);
    case "last":
      return overLast(scope, x, epsilon);
  }
}

function overChannels(scope: Scope, x: Tensor, epsilon: number): Tensor {
  const { scale, shift } = affineVariables(scope, x.shape, 1);
  return channelAffine(standardised(x, 1, epsilon), scale, shift);
}

function overLast(scope: Scope, x: Tensor, epsilon: number): Tensor {
  const last = x.shape.length - 1;
  const { scale, shift } = affineVariables(scope, x.shape, last);
  return add(multiply(standardised(x, last, epsilon), scale), shift);
}

/** The difference to the mean is taken first: with few numbers on the axis, E[x^2] - E[x]^2 would lose too many digits. */
function standardised(x: Tensor, axis: number, epsilon: number): Tensor {
  const centered = subtract(x, keepAxes(mean(x, [axis]), x, [axis]));
  return multiply(centered, keepAxes(divide(1, sqrt(add(variance(x, [axis]), epsilon))), x, [axis]));
}

function affineVariables(scope: Scope, shape: Shape, axis: number): { readonly scale: Tensor; readonly shift: Tensor } {
  const size = shape[axis];
  if (typeof size !== "number" || axis === 0)
    throw shapeError(scope.path, `[batch, ${axis === 1 ? "channels, …" : "…, features"}]`, formatShape(shape));
  const scale = scope.parameter("scale", [size], filled(1));
  const shift = scope.parameter("shift", [size], filled(0));
  return { scale, shift };
}
