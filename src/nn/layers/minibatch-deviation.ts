import {
  add,
  elementCount,
  expand,
  formatShape,
  mean,
  multiply,
  reshape,
  shapeError,
  slice,
  sqrt,
  square,
  subtract,
  type Tensor,
} from "../../graph/index.ts";
import type { Scope } from "../network.ts";

export interface MinibatchDeviationOptions {
  /** Most samples that are compared with each other; the largest divisor of the batch up to it is taken. Default: 4. */
  readonly groupSize?: number;
}

/**
 * Minibatch standard deviation (Karras et al. 2018, "Progressive Growing of GANs", section 3): how far the samples of a
 * group differ, sqrt(variance + 1e-8) over the group, averaged over all features. [batch, …features] -> [batch, 1].
 *
 * In inference with an open batch each sample is a group of its own, and the result is sqrt(1e-8).
 * @throws AtelierError when x has no features or, in training, the batch is open.
 */
export function minibatchDeviation(scope: Scope, x: Tensor, { groupSize = 4 }: MinibatchDeviationOptions = {}): Tensor {
  const [batch, ...rest] = x.shape;
  if (batch === undefined || rest.length === 0 || (batch === "batch" && scope.mode === "training")) {
    throw shapeError(scope.path, "[batch, …features] with a known batch", formatShape(x.shape));
  }
  const features = elementCount(rest.map(Number));
  if (batch === "batch") {
    const zeros = multiply(slice(reshape(x, [batch, features]), [0, 0], [batch, 1]), 0);
    return add(zeros, Math.sqrt(EPSILON));
  }

  const members = largestDivisor(batch, groupSize);
  const groups = batch / members;
  const samples = reshape(x, [members, groups, features]);
  const center = reshape(mean(samples, [0]), [1, groups, features]);
  const deviation = sqrt(add(mean(square(subtract(samples, center)), [0]), EPSILON));
  const ofGroup = reshape(mean(deviation, [1]), [1, groups]);
  return reshape(expand(ofGroup, [members, groups]), [batch, 1]);
}

/** Keeps the slope of the deviation finite where the samples of a group are equal. */
const EPSILON = 1e-8;

function largestDivisor(of: number, limit: number): number {
  let divisor = Math.max(1, Math.min(of, Math.floor(limit)));
  while (of % divisor !== 0) divisor--;
  return divisor;
}
