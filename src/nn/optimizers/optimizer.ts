import type { Tensor } from "../../graph/index.ts";

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
