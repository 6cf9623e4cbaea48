import type { Emitter } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { broadcastShapes } from "../shape.ts";
import { type Computed, type NoAttributes, type Tensor, toTensor } from "../tensor.ts";
import { broadcastTo } from "./strided.ts";

// How operators on single elements and on pairs of elements are made.

export type Operand = Tensor | number;

/** An ONNX operator of the same meaning, or a rule that emits several. */
type OnnxForm = string | ((emitter: Emitter, inputs: readonly string[]) => string);

function emit(form: OnnxForm, emitter: Emitter, inputs: readonly string[]): string {
  return typeof form === "string" ? emitter.node(form, inputs) : form(emitter, inputs);
}

export interface UnaryRules {
  readonly onnx: OnnxForm;
  readonly gradient: (x: Tensor, upstream: Tensor, output: Tensor) => Tensor | null;
  readonly reference: (x: number) => number;
}

/** An operator on single elements. */
export function defineUnary(name: string, { onnx, gradient, reference }: UnaryRules): (x: Tensor) => Computed {
  const define = defineOperator<NoAttributes, 1>({
    name,
    arity: 1,
    type: ([x]) => x,
    gradient: ({ inputs: [x], upstream, output }) => [gradient(x, upstream, output)],
    reference: ([x]) => x.data.map(reference),
    onnx: ({ emitter, inputs }) => emit(onnx, emitter, inputs),
  });
  return (x) => define([x], {});
}

export interface BinaryRules {
  readonly onnx: OnnxForm;
  readonly gradient: (
    left: Tensor,
    right: Tensor,
    upstream: Tensor,
    output: Tensor,
  ) => readonly [Tensor | null, Tensor | null];
  readonly reference: (left: number, right: number) => number;
}

/** An operator on pairs of elements, with NumPy's broadcasting; autodiff sums gradients back over broadcast axes. */
export function defineBinary(
  name: string,
  { onnx, gradient, reference }: BinaryRules,
): (left: Operand, right: Operand) => Computed {
  const define = defineOperator<NoAttributes, 2>({
    name,
    arity: 2,
    type: ([left, right], _, where) => ({ shape: broadcastShapes(where, left.shape, right.shape), dtype: "float32" }),
    gradient: ({ inputs: [left, right], upstream, output }) => gradient(left, right, upstream, output),
    reference: ([left, right], _, shape) => {
      const other = broadcastTo(right, shape);
      return broadcastTo(left, shape).map((value, index) => reference(value, other[index] ?? Number.NaN));
    },
    onnx: ({ emitter, inputs }) => emit(onnx, emitter, inputs),
  });
  return (left, right) => define([toTensor(left), toTensor(right)], {});
}
