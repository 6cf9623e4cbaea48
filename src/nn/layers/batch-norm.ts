import {
  add,
  channelAffine,
  formatShape,
  multiply,
  type Shape,
  shapeError,
  subtract,
  type Tensor,
} from "../../graph/index.ts";
import { filled, normal } from "../initializers.ts";
import type { Scope } from "../network.ts";
import { type Moments, momentsOf, standardising } from "./moments.ts";

export interface BatchNormOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
  /** Share of a new batch in the stored statistics, in (0, 1]. Default: 0.1. */
  readonly momentum?: number;
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015, algorithm 1): each channel of [batch, channels, …] to mean 0 and variance 1
 * over the batch, then scaled and shifted. In inference the stored statistics are used.
 * Variables: scale and shift [channels]; statistics mean and variance [channels].
 */
export function batchNorm(scope: Scope, x: Tensor, { epsilon = 1e-5, momentum = 0.1 }: BatchNormOptions = {}): Tensor {
  const channels = x.shape[1];
  if (typeof channels !== "number") throw shapeError(scope.path, "[batch, channels, …]", formatShape(x.shape));
  const scale = scope.parameter("scale", [channels], normal(0.02, 1));
  const shift = scope.parameter("shift", [channels], filled(0));
  const storedMean = scope.statistic("mean", [channels], filled(0));
  const storedVariance = scope.statistic("variance", [channels], filled(1));
  if (scope.mode === "inference") return normalised({ center: storedMean, variance: storedVariance });

  const others = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const moments = momentsOf(x, others);
  const count = elementsPerChannel(scope, x.shape);
  scope.assign("mean", moved(storedMean, moments.center));
  scope.assign("variance", moved(storedVariance, multiply(moments.variance, count / (count - 1))));
  return normalised(moments);

  function normalised(by: Moments): Tensor {
    const { gain, offset } = standardising(by, epsilon, scale, shift);
    return channelAffine(x, gain, offset);
  }

  function moved(stored: Tensor, fresh: Tensor): Tensor {
    return add(stored, multiply(subtract(fresh, stored), momentum));
  }
}

/** How many numbers a channel's statistics are taken over. */
function elementsPerChannel(scope: Scope, shape: Shape): number {
  const count = shape.reduce<number>((product, size, axis) => (axis === 1 ? product : product * Number(size)), 1);
  if (count > 1) return count;
  throw shapeError(scope.path, "a known batch with more than one number a channel", formatShape(shape));
}
