import { add, divide, multiply, sqrt, square, subtract } from "../../graph/index.ts";
import { named, type Optimizer, rateAt, type StepSizeOptions } from "./optimizer.ts";

export interface RmspropOptions extends StepSizeOptions {
  /** Decay of the mean square, in [0, 1). Default: 0.99. */
  readonly alpha?: number | undefined;
  /** Added to the root of the mean square; keeps the division finite. Default: 1e-8. */
  readonly epsilon?: number | undefined;
  /** Share of the velocity that is kept from update to update, in [0, 1). Default: 0, no velocity. */
  readonly momentum?: number | undefined;
}

/**
 * RMSProp (Tieleman and Hinton 2012, lecture 6.5), with epsilon outside the root and an optional momentum, as in PyTorch:
 *
 *   s <- alpha s + (1 - alpha) g^2
 *   velocity <- momentum velocity + g / (sqrt(s) + epsilon)
 *   parameter <- parameter - rate velocity
 *
 * As in Adam the slots hold S = s / (1 - alpha), and the velocity times sqrt(1 - alpha); the scalars make up for it.
 */
export function rmsprop(options: RmspropOptions): Optimizer {
  const { alpha = 0.99, epsilon = 1e-8, momentum = 0 } = options;
  const root = Math.sqrt(1 - alpha);
  return {
    slots: momentum === 0 ? ["meanSquare"] : ["meanSquare", "velocity"],
    scalars: (update) => ({ stepSize: rateAt(options, update) / root }),
    step: (parameter, gradient, slots, scalars) => {
      const meanSquare = add(multiply(named(slots, "meanSquare"), alpha), square(gradient));
      const scaled = divide(gradient, add(sqrt(meanSquare), epsilon / root));
      const velocity = momentum === 0 ? scaled : add(multiply(named(slots, "velocity"), momentum), scaled);
      return {
        parameter: subtract(parameter, multiply(velocity, named(scalars, "stepSize"))),
        slots: momentum === 0 ? { meanSquare } : { meanSquare, velocity },
      };
    },
  };
}
