import { add, divide, multiply, sqrt, square, subtract } from "../../graph/index.ts";
import { named, type Optimizer, rateAt, type StepSizeOptions } from "./optimizer.ts";

export interface AdamOptions extends StepSizeOptions {
  /** Decay of the first moment, in [0, 1). Default: 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the second moment, in [0, 1). Default: 0.999. */
  readonly beta2?: number | undefined;
  /** Keeps the division finite. Default: 1e-8. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1), in few passes over the numbers. The slots hold the moments of the paper without
 * their constant factors, M = m / (1 - beta1) and V = v / (1 - beta2), so that a gradient g is added as it is:
 *
 *   M <- beta1 M + g        V <- beta2 V + g^2        parameter <- parameter - stepSize M / (sqrt(V) + epsilon)
 *
 * Those factors, both bias corrections and the rate are in the two scalars, which are computed in float64 and fed.
 */
export function adam(options: AdamOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  return {
    slots: ["firstMoment", "secondMoment"],
    scalars: (update) => {
      const first = (1 - beta1) / (1 - beta1 ** update);
      const second = Math.sqrt((1 - beta2) / (1 - beta2 ** update));
      return { stepSize: (rateAt(options, update) * first) / second, epsilon: epsilon / second };
    },
    step: (parameter, gradient, slots, scalars) => {
      const firstMoment = add(multiply(named(slots, "firstMoment"), beta1), gradient);
      const secondMoment = add(multiply(named(slots, "secondMoment"), beta2), square(gradient));
      const direction = divide(firstMoment, add(sqrt(secondMoment), named(scalars, "epsilon")));
      return {
        parameter: subtract(parameter, multiply(direction, named(scalars, "stepSize"))),
        slots: { firstMoment, secondMoment },
      };
    },
  };
}
