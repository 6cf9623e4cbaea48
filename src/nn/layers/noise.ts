import { normalQuantile } from "../../foundation/normal.ts";
import { add, formatShape, isGreater, multiply, type Shape, shapeError, type Tensor } from "../../graph/index.ts";
import type { Scope } from "../network.ts";

export interface DropoutOptions {
  /** Share of the elements that is set to 0, in [0, 1). */
  readonly rate: number;
}

/**
 * Dropout (Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting"): in training each
 * element of x is 0 with probability `rate`, else divided by 1 - rate. In inference x itself.
 * @throws AtelierError when the rate is not in [0, 1) or, in training, the batch is open.
 */
export function dropout(scope: Scope, x: Tensor, { rate }: DropoutOptions): Tensor {
  if (!(rate >= 0 && rate < 1)) throw shapeError(scope.path, "a rate in [0, 1)", `${rate}`);
  if (scope.mode === "inference" || rate === 0) return x;
  const draws = scope.noise("dropout", knownShape(scope, x.shape));
  // A normal draw is above the normal distribution's rate-quantile with probability 1 - rate.
  const kept = isGreater(draws, normalQuantile(rate));
  return multiply(x, multiply(kept, 1 / (1 - rate)));
}

export interface GaussianNoiseOptions {
  /** Standard deviation of what is added, at least 0. */
  readonly deviation: number;
}

/**
 * Adds draws from N(0, deviation^2) to x in training; x itself in inference.
 * @throws AtelierError when the deviation is negative or, in training, the batch is open.
 */
export function gaussianNoise(scope: Scope, x: Tensor, { deviation }: GaussianNoiseOptions): Tensor {
  if (!(deviation >= 0)) throw shapeError(scope.path, "a deviation of at least 0", `${deviation}`);
  if (scope.mode === "inference" || deviation === 0) return x;
  return add(x, multiply(scope.noise("noise", knownShape(scope, x.shape)), deviation));
}

function knownShape(scope: Scope, shape: Shape): readonly number[] {
  const known = shape.filter((size) => size !== "batch");
  if (known.length === shape.length) return known;
  throw shapeError(scope.path, "a known batch in training", formatShape(shape));
}
