import { elementCount, formatShape, reshape, shapeError, type Tensor } from "../../graph/index.ts";
import { filled } from "../initializers.ts";
import type { Scope } from "../network.ts";
import { momentsOf, sampleAffine, standardising } from "./moments.ts";

export interface NormOptions {
  /** Added to the variance. Default: 1e-5. */
  readonly epsilon?: number;
}

export interface GroupNormOptions extends NormOptions {
  /** Number of groups of neighbouring channels; it divides the channels. */
  readonly groups: number;
}

/**
 * Group normalisation (Wu and He 2018, "Group Normalization", equations 1 to 7): each group of channels of each sample of
 * [batch, channels, …] to mean 0 and variance 1, then each channel scaled and shifted. The same in training and inference.
 * Variables: scale and shift [channels].
 * @throws AtelierError when the groups do not divide the channels or x has no axis after them.
 */
export function groupNorm(scope: Scope, x: Tensor, { groups, epsilon = 1e-5 }: GroupNormOptions): Tensor {
  const [batch = "batch", channels, ...positions] = x.shape;
  if (typeof channels !== "number" || positions.length === 0)
    throw shapeError(scope.path, "[batch, channels, …positions]", formatShape(x.shape));
  if (channels % groups !== 0) throw shapeError(scope.path, `groups that divide ${channels} channels`, `${groups}`);
  const scale = scope.parameter("scale", [channels], filled(1));
  const shift = scope.parameter("shift", [channels], filled(0));

  const members = channels / groups;
  const moments = momentsOf(reshape(x, [batch, groups, members * elementCount(positions.map(Number))]), [2]);
  const kept = { center: column(moments.center), variance: column(moments.variance) };
  const { gain, offset } = standardising(
    kept,
    epsilon,
    reshape(scale, [groups, members]),
    reshape(shift, [groups, members]),
  );
  return sampleAffine(x, reshape(gain, [batch, channels]), reshape(offset, [batch, channels]));

  function column(values: Tensor): Tensor {
    return reshape(values, [batch, groups, 1]);
  }
}

/**
 * Instance normalisation (Ulyanov et al. 2016, "Instance Normalization: The Missing Ingredient for Fast Stylization"):
 * {@link groupNorm} with each channel its own group.
 */
export function instanceNorm(scope: Scope, x: Tensor, options: NormOptions = {}): Tensor {
  return groupNorm(scope, x, { ...options, groups: Number(x.shape[1] ?? 1) });
}
