import { internalError } from "../../foundation/errors.ts";
import { add, divide, multiply, sqrt, square, subtract, type Tensor } from "../../graph/index.ts";
import type { Optimizer } from "./optimizer.ts";

export interface AdamOptions {
  /** Step size. */
  readonly learningRate: number;
  /** Decay of the first moment, in [0, 1). Default: 0.9. */
  readonly beta1?: number;
  /** Decay of the second moment, in [0, 1). Default: 0.999. */
  readonly beta2?: number;
  /** Keeps the division finite. Default: 1e-8. */
  readonly epsilon?: number;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1), in the order of computation given at the end of its section 2: both bias
 * corrections are folded into the step size and epsilon, which are computed in float64 and fed as scalars.
 */
export function adam({ learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }: AdamOptions): Optimizer {
  return {
    slots: ["firstMoment", "secondMoment"],
    scalars: (update) => {
      const correction = Math.sqrt(1 - beta2 ** update);
      return { stepSize: (learningRate * correction) / (1 - beta1 ** update), epsilon: epsilon * correction };
    },
    step: (parameter, gradient, slots, scalars) => {
      const m = add(multiply(named(slots, "firstMoment"), beta1), multiply(gradient, 1 - beta1));
      const v = add(multiply(named(slots, "secondMoment"), beta2), multiply(square(gradient), 1 - beta2));
      const direction = divide(m, add(sqrt(v), named(scalars, "epsilon")));
      return {
        parameter: subtract(parameter, multiply(direction, named(scalars, "stepSize"))),
        slots: { firstMoment: m, secondMoment: v },
      };
    },
  };
}

function named(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw internalError("adam", `no tensor called ${name}`);
  return tensor;
}
