import { emitCast } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { broadcastShapes } from "../shape.ts";
import { type Computed, type NoAttributes, type Tensor, toTensor } from "../tensor.ts";
import { defineBinary, type Operand } from "./elementwise.ts";
import { broadcastTo } from "./strided.ts";

// Masks are floats, 1 where something holds and 0 elsewhere, so that they multiply and add like everything else.

/** 1 where left > right, 0 elsewhere. Flat: it has no gradient. */
export const isGreater = defineBinary("isGreater", {
  onnx: (emitter, inputs) => emitCast(emitter, emitter.node("Greater", inputs), "float32"),
  gradient: () => [null, null],
  reference: (left, right) => Number(left > right),
});

/** 1 where left = right, 0 elsewhere. Flat: it has no gradient. */
export const isEqual = defineBinary("isEqual", {
  onnx: (emitter, inputs) => emitCast(emitter, emitter.node("Equal", inputs), "float32"),
  gradient: () => [null, null],
  reference: (left, right) => Number(left === right),
});

/**
 * `whenOne` where the mask is 1 and `whenZero` where it is 0; the three broadcast together. Unlike a sum of products it
 * lets no infinity or NaN through from the side that is not chosen, nor from its gradient.
 */
export function select(mask: Tensor, whenOne: Operand, whenZero: Operand): Computed {
  return selectOf([mask, toTensor(whenOne), toTensor(whenZero)], {});
}

const selectOf = defineOperator<NoAttributes, 3>({
  name: "select",
  arity: 3,
  type: ([mask, whenOne, whenZero], _, where) => ({
    shape: broadcastShapes(where, mask.shape, broadcastShapes(where, whenOne.shape, whenZero.shape)),
    dtype: "float32",
  }),
  gradient: ({ inputs: [mask], upstream }) => [null, select(mask, upstream, 0), select(mask, 0, upstream)],
  reference: ([mask, whenOne, whenZero], _, shape) => {
    const [ones, zeros] = [broadcastTo(whenOne, shape), broadcastTo(whenZero, shape)];
    return broadcastTo(mask, shape).map((value, index) => (value > 0 ? ones : zeros)[index] ?? Number.NaN);
  },
  onnx: ({ emitter, inputs: [mask, whenOne, whenZero] }) =>
    emitter.node("Where", [emitter.node("Greater", [mask, emitter.filled(0, [])]), whenOne, whenZero]),
});
