import { add, multiply, subtract } from "../../graph/index.ts";
import { named, type Optimizer, rateAt, type StepSizeOptions } from "./optimizer.ts";

export interface SgdOptions extends StepSizeOptions {
  /** Share of the velocity that is kept from update to update, in [0, 1). Default: 0, plain gradient descent. */
  readonly momentum?: number | undefined;
  /** Takes the gradient where the velocity leads (Nesterov) instead of where the parameter is. Default: false. */
  readonly nesterov?: boolean | undefined;
}

/**
 * Stochastic gradient descent with momentum (Sutskever et al. 2013, "On the importance of initialization and momentum in
 * deep learning", equations 1 and 2) or Nesterov's form of it (equations 3 and 4):
 *
 *   velocity <- momentum velocity + g
 *   parameter <- parameter - rate velocity                     Nesterov:  parameter - rate (g + momentum velocity)
 *
 * The velocity is the paper's divided by -rate, so that a new rate is felt at once. With Nesterov the parameter is the
 * paper's theta + momentum v, the point at which it takes its gradient.
 */
export function sgd(options: SgdOptions): Optimizer {
  const { momentum = 0, nesterov = false } = options;
  return {
    slots: momentum === 0 ? [] : ["velocity"],
    scalars: (update) => ({ stepSize: rateAt(options, update) }),
    step: (parameter, gradient, slots, scalars) => {
      const velocity = momentum === 0 ? gradient : add(multiply(named(slots, "velocity"), momentum), gradient);
      const direction = nesterov ? add(gradient, multiply(velocity, momentum)) : velocity;
      return {
        parameter: subtract(parameter, multiply(direction, named(scalars, "stepSize"))),
        slots: momentum === 0 ? {} : { velocity },
      };
    },
  };
}
