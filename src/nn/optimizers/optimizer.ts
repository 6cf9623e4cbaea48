import { internalError } from "../../foundation/errors.ts";
import type { Tensor } from "../../graph/index.ts";
import type { Schedule } from "../schedules.ts";

/** The state that an optimiser keeps for a parameter, by slot name, each of the parameter's shape. */
export type Slots = Readonly<Record<string, Tensor>>;

/** An update rule for parameters, as graph. Numbers that change from step to step are fed as scalars. */
export interface Optimizer {
  /** Names of the state kept for each parameter; all begin as zeros. */
  readonly slots: readonly string[];
  /** Scalars of update number `update` (1 for the first), by name. */
  scalars(update: number): Readonly<Record<string, number>>;
  /** The parameter and its slots after one update along `gradient`. */
  step(
    parameter: Tensor,
    gradient: Tensor,
    slots: Slots,
    scalars: Readonly<Record<string, Tensor>>,
  ): { readonly parameter: Tensor; readonly slots: Slots };
}

/** The size of the steps of any optimiser. */
export interface StepSizeOptions {
  /** Step size, above 0. */
  readonly learningRate: number;
  /** What multiplies the step size from update to update. Default: 1 at every update. */
  readonly schedule?: Schedule | undefined;
}

/** The step size of update number `update` (1 for the first): the first update is the schedule's step 0. */
export function rateAt({ learningRate, schedule }: StepSizeOptions, update: number): number {
  return learningRate * (schedule?.(update - 1) ?? 1);
}

/** The slot or scalar of that name, which the optimiser itself declared. */
export function named(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw internalError("optimizer", `no tensor called ${name}`);
  return tensor;
}
