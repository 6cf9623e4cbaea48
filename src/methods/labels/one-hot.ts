import {
  add,
  argmax,
  constant,
  isGreater,
  keepAxes,
  logSoftmax,
  mean,
  multiply,
  negate,
  oneHot,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import type { StepInputs } from "../method.ts";

// Classes of a batch as one row of 0 and 1 for each image: [batch, classes].

/** Mean negative logarithm of the probability of the right class: logits and classes [batch, classes] -> []. */
export function crossEntropy(logits: Tensor, classes: Tensor): Tensor {
  return mean(crossEntropies(logits, classes));
}

/** The same of each image: [batch]. */
export function crossEntropies(logits: Tensor, classes: Tensor): Tensor {
  return negate(sum(multiply(logSoftmax(logits, 1), classes), [1]));
}

/** 1 at the class of the largest logit, 0 elsewhere. No gradient flows through it. */
export function likeliest(logits: Tensor): Tensor {
  return oneHot(argmax(stopGradient(logits), 1), Number(logits.shape[1]));
}

/** The known classes, and where none is known (a row of 0) what the logits [batch, classes] say. */
export function filledClasses(known: Tensor, logits: Tensor): Tensor {
  const isUnknown = keepAxes(subtract(1, sum(known, [1])), known, [1]);
  return add(known, multiply(likeliest(logits), isUnknown));
}

/** Classes drawn evenly, the same wherever the name is the same within a step: [batch, classes]. */
export function drawnClasses(
  { uniform }: Pick<StepInputs, "uniform">,
  { batch, classes }: { readonly batch: number; readonly classes: number },
  name = "class",
): Tensor {
  const draw = uniform(name, [batch, 1]);
  const bounds = (first: number) =>
    constant(
      Float64Array.from({ length: classes }, (_, index) => (index + first) / classes),
      [1, classes],
    );
  // 1 where the draw is below the upper bound and not below the lower one.
  return subtract(isGreater(bounds(1), draw), isGreater(bounds(0), draw));
}
