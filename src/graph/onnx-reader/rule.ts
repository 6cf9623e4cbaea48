import type { NodeContext } from "./node-context.ts";
import type { Value } from "./values.ts";

/** How one ONNX operator becomes graph. */
export interface Rule {
  /** The operator's first output, or all of them. */
  readonly apply: (node: NodeContext) => Value | readonly Value[];
  /** Positions of inputs that hold what a network has learned, where the file fixes them: weights, biases, scales. */
  readonly learned?: readonly number[];
  /** The first output has the first input's elements in another shape or order, or repeated: one is learned if the other is. */
  readonly moves?: true;
}

/** Rules by operator name. */
export type Rules = Readonly<Record<string, Rule>>;
