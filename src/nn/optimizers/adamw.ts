import { multiply, subtract } from "../../graph/index.ts";
import { type AdamOptions, adam } from "./adam.ts";
import { named, type Optimizer, rateAt } from "./optimizer.ts";

export interface AdamWOptions extends AdamOptions {
  /** Share of a parameter that an update at rate 1 takes away, at least 0. Default: 0.01. */
  readonly weightDecay?: number | undefined;
}

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2): besides Adam's own step, an update takes
 * rate * weightDecay of the parameter away, where the rate is the scheduled one. Only parameters of rank 2 and more decay:
 * weight matrices and kernels, but not biases and the scales and shifts of normalisation, for which 0 is no natural value.
 */
export function adamw(options: AdamWOptions): Optimizer {
  const { weightDecay = 0.01 } = options;
  const plain = adam(options);
  return {
    slots: plain.slots,
    scalars: (update) => ({ ...plain.scalars(update), decay: rateAt(options, update) * weightDecay }),
    step: (parameter, gradient, slots, scalars) => {
      const moved = plain.step(parameter, gradient, slots, scalars);
      if (parameter.shape.length < 2) return moved;
      // Not parameter * (1 - decay): float32 would round that factor, and with it a small decay, coarsely.
      return {
        parameter: subtract(moved.parameter, multiply(parameter, named(scalars, "decay"))),
        slots: moved.slots,
      };
    },
  };
}
