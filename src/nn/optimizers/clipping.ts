import { add, divide, maximum, multiply, sqrt, square, sum, type Tensor } from "../../graph/index.ts";

/** Gradients of one network, and the norm that they had together. */
export interface ClippedGradients {
  /** In the order given, each of its own shape. */
  readonly gradients: readonly Tensor[];
  /** Of shape []: the root of the sum of all squares, before clipping. */
  readonly norm: Tensor;
}

/**
 * Gradients scaled down together so that their global norm is at most `limit` (Pascanu, Mikolov and Bengio 2013, "On the
 * difficulty of training recurrent neural networks", algorithm 1); those of a smaller norm are left as they are.
 * @param limit above 0.
 */
export function clippedByGlobalNorm(gradients: readonly Tensor[], limit: number): ClippedGradients {
  const norm = sqrt(gradients.map((gradient) => sum(square(gradient))).reduce((total, part) => add(total, part)));
  // 1 for a small norm, and never divided by 0; a norm that is no number stays visible.
  const factor = divide(limit, maximum(norm, limit));
  return { gradients: gradients.map((gradient) => multiply(gradient, factor)), norm };
}
