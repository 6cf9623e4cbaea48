import {
  add,
  concat,
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
 * Minibatch standard deviation (Karras et al. 2018, "Progressive Growing of GANs", section 3): one more channel, in which
 * every pixel is how far the samples of a group differ: sqrt(variance + 1e-8) over the group, averaged over channels and
 * pixels. [batch, channels, height, width] -> [batch, channels + 1, height, width].
 *
 * In inference with an open batch each sample is a group of its own, and the channel is sqrt(1e-8).
 * @throws AtelierError when x is not of that form or, in training, the batch is open.
 */
export function minibatchDeviation(scope: Scope, x: Tensor, { groupSize = 4 }: MinibatchDeviationOptions = {}): Tensor {
  const [batch, ...rest] = x.shape;
  if (batch === undefined || rest.length !== 3 || (batch === "batch" && scope.mode === "training")) {
    throw shapeError(scope.path, "[batch, channels, height, width] with a known batch", formatShape(x.shape));
  }
  const map = [1, ...rest.slice(1).map(Number)];
  if (batch === "batch") {
    const zeros = multiply(slice(x, [0, 0, 0, 0], [batch, ...map]), 0);
    return concat([x, add(zeros, Math.sqrt(EPSILON))], 1);
  }

  const members = largestDivisor(batch, groupSize);
  const groups = batch / members;
  const samples = reshape(x, [members, groups, elementCount(rest.map(Number))]);
  const center = reshape(mean(samples, [0]), [1, groups, elementCount(rest.map(Number))]);
  const deviation = sqrt(add(mean(square(subtract(samples, center)), [0]), EPSILON));
  const ofGroup = reshape(mean(deviation, [1]), [1, groups, 1, 1, 1]);
  return concat([x, reshape(expand(ofGroup, [members, groups, ...map]), [batch, ...map])], 1);
}

/** Keeps the slope of the deviation finite where the samples of a group are equal. */
const EPSILON = 1e-8;

function largestDivisor(of: number, limit: number): number {
  let divisor = Math.max(1, Math.min(of, Math.floor(limit)));
  while (of % divisor !== 0) divisor--;
  return divisor;
}
