import { type AdamOptions, adam } from "./adam.ts";
import { adamw } from "./adamw.ts";
import type { Optimizer } from "./optimizer.ts";
import { rmsprop } from "./rmsprop.ts";
import { sgd } from "./sgd.ts";

export const optimizerNames = ["adam", "adamw", "sgd", "nesterov", "rmsprop"] as const;
export type OptimizerName = (typeof optimizerNames)[number];

/** An optimiser by its numbers, as a configuration gives it. What the named one does not use is not looked at. */
export interface OptimizerChoice {
  readonly name: OptimizerName;
  /** Of `sgd`, `nesterov` and `rmsprop`, in [0, 1). */
  readonly momentum?: number | undefined;
  /** Of `adamw`, at least 0. */
  readonly weightDecay?: number | undefined;
}

/**
 * The optimiser of that name.
 * @param options step size and schedule, and the moments' decays where it is `adam` or `adamw`.
 */
export function optimizerOf({ name, momentum, weightDecay }: OptimizerChoice, options: AdamOptions): Optimizer {
  const { learningRate, schedule } = options;
  switch (name) {
    case "adam":
      return adam(options);
    case "adamw":
      return adamw({ ...options, weightDecay });
    case "sgd":
      return sgd({ learningRate, schedule, momentum });
    case "nesterov":
      return sgd({ learningRate, schedule, momentum, nesterov: true });
    case "rmsprop":
      return rmsprop({ learningRate, schedule, momentum });
  }
}
