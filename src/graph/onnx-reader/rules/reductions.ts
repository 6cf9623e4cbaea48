import { abs, keepAxes, log, logSumExp, max, maximum, mean, min, sqrt, square, sum } from "../../operators/index.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rule, Rules } from "../rule.ts";
import { asConstant, computeNow, known } from "../values.ts";

/** Operators that make one number of many. */
export const reductions: Rules = {
  ReduceSum: over(sum),
  ReduceMean: over(mean),
  ReduceMax: over(max),
  ReduceMin: over(min),
  ReduceL1: over((x, axes) => sum(abs(x), axes)),
  ReduceL2: over(euclideanNorm),
  ReduceSumSquare: over((x, axes) => sum(square(x), axes)),
  ReduceLogSum: over((x, axes) => log(sum(x, axes))),
  ReduceLogSumExp: over(logSumExp),
  ReduceProd: {
    apply: (node) => {
      const { dtype, shape } = node.known(0);
      if (!node.isKnown() || shape.length !== 1) return node.refuse("a product of other numbers than sizes");
      const product = node.numbers(0).reduce((left, right) => left * right, 1);
      return known(dtype, node.int("keepdims", 1) === 1 ? [1] : [], [product]);
    },
  },
};

/** Squares below this count as it, so that the norm of zeros has a gradient: 0 instead of 0 / 0. */
const LEAST_SQUARE = 1e-30;

/** sqrt(Σ x^2), whose gradient at 0 is 0. */
export function euclideanNorm(x: Tensor, axes: readonly number[]): Tensor {
  return sqrt(maximum(sum(square(x), axes), LEAST_SQUARE));
}

type Reduction = (x: Tensor, axes: readonly number[]) => Tensor;

function over(reduction: Reduction): Rule {
  return {
    apply: (node) => {
      if (!node.isKnown()) return reduce(node, node.tensor(0), reduction);
      const value = node.known(0);
      const x = asConstant(value) ?? node.tensor(0);
      return computeNow(value.dtype, reduce(node, x, reduction));
    },
  };
}

function reduce(node: NodeContext, x: Tensor, reduction: Reduction): Tensor {
  const given = node.listOrInput("axes", 1);
  const none = given === undefined || given.length === 0;
  // "No operation" still means each element by itself: its absolute value for a sum of absolute values.
  const every = node.int("noop_with_empty_axes", 0) === 1 ? [] : x.shape.map((_, axis) => axis);
  const axes = none ? every : given.map((axis) => node.axis(axis, x.shape));
  const reduced = reduction(x, axes);
  return node.int("keepdims", 1) === 1 ? keepAxes(reduced, x, axes) : reduced;
}
