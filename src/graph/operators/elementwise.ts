import { float } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { broadcastShapes, elementCount, shapeError, stridesOf } from "../shape.ts";
import { type Array64, type Computed, type NoAttributes, type Tensor, toTensor } from "../tensor.ts";

type Operand = Tensor | number;
interface BinaryRules {
  readonly gradient: (left: Tensor, right: Tensor, upstream: Tensor, output: Tensor) => readonly [Tensor, Tensor];
  readonly reference: (left: number, right: number) => number;
}

/** An operator on pairs of elements, with NumPy's broadcasting; autodiff sums gradients back over broadcast axes. */
function binary(name: string, onnx: string, rules: BinaryRules): (left: Operand, right: Operand) => Computed {
  const define = defineOperator<NoAttributes, 2>({
    name,
    arity: 2,
    type: ([left, right], _, where) => ({ shape: broadcastShapes(where, left.shape, right.shape), dtype: "float32" }),
    gradient: ({ inputs: [left, right], upstream, output }) => rules.gradient(left, right, upstream, output),
    reference: ([left, right], _, shape) => {
      const leftIndex = broadcastIndex(left, shape);
      const rightIndex = broadcastIndex(right, shape);
      return Float64Array.from({ length: elementCount(shape) }, (_, index) =>
        rules.reference(left.data[leftIndex(index)] ?? 0, right.data[rightIndex(index)] ?? 0),
      );
    },
    onnx: ({ emitter, inputs }) => emitter.node(onnx, inputs),
  });
  return (left, right) => define([toTensor(left), toTensor(right)], {});
}

/** Maps an index of the broadcast shape to the index of the array's element that stands there. */
function broadcastIndex(array: Array64, shape: readonly number[]): (index: number) => number {
  const missing = shape.length - array.shape.length;
  const ours = stridesOf(array.shape);
  const all = stridesOf(shape);
  const steps = shape.map((_, axis) => ((array.shape[axis - missing] ?? 1) === 1 ? 0 : (ours[axis - missing] ?? 0)));
  return (index) => {
    let rest = index;
    let position = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const stride = all[axis] ?? 1;
      position += Math.floor(rest / stride) * (steps[axis] ?? 0);
      rest %= stride;
    }
    return position;
  };
}

/** left + right. */
export const add = binary("add", "Add", {
  gradient: (_left, _right, upstream) => [upstream, upstream],
  reference: (left, right) => left + right,
});

/** left - right. */
export const subtract = binary("subtract", "Sub", {
  gradient: (_left, _right, upstream) => [upstream, negate(upstream)],
  reference: (left, right) => left - right,
});

/** left * right, element by element. */
export const multiply = binary("multiply", "Mul", {
  gradient: (left, right, upstream) => [multiply(upstream, right), multiply(upstream, left)],
  reference: (left, right) => left * right,
});

/** left / right. */
export const divide = binary("divide", "Div", {
  gradient: (_left, right, upstream, output) => [
    divide(upstream, right),
    negate(multiply(divide(upstream, right), output)),
  ],
  reference: (left, right) => left / right,
});

interface UnaryRules {
  readonly gradient: (x: Tensor, upstream: Tensor, output: Tensor) => Tensor;
  readonly reference: (x: number) => number;
}

/** An operator on single elements. */
function unary(name: string, onnx: string, rules: UnaryRules): (x: Tensor) => Computed {
  const define = defineOperator<NoAttributes, 1>({
    name,
    arity: 1,
    type: ([x]) => x,
    gradient: ({ inputs: [x], upstream, output }) => [rules.gradient(x, upstream, output)],
    reference: ([x]) => x.data.map(rules.reference),
    onnx: ({ emitter, inputs }) => emitter.node(onnx, inputs),
  });
  return (x) => define([x], {});
}

/** -x. */
export const negate = unary("negate", "Neg", {
  gradient: (_x, upstream) => negate(upstream),
  reference: (x) => -x,
});

/** e^x. */
export const exp = unary("exp", "Exp", {
  gradient: (_x, upstream, output) => multiply(upstream, output),
  reference: Math.exp,
});

/** Natural logarithm. */
export const log = unary("log", "Log", {
  gradient: (x, upstream) => divide(upstream, x),
  reference: Math.log,
});

/** Square root. */
export const sqrt = unary("sqrt", "Sqrt", {
  gradient: (_x, upstream, output) => divide(multiply(upstream, 0.5), output),
  reference: Math.sqrt,
});

/** x^2. */
export const square = (x: Tensor): Computed => multiply(x, x);

/** Hyperbolic tangent. */
export const tanh = unary("tanh", "Tanh", {
  gradient: (_x, upstream, output) => multiply(upstream, subtract(1, square(output))),
  reference: Math.tanh,
});

/** 1 / (1 + e^-x). */
export const sigmoid = unary("sigmoid", "Sigmoid", {
  gradient: (_x, upstream, output) => multiply(upstream, multiply(output, subtract(1, output))),
  reference: (x) => 1 / (1 + Math.exp(-x)),
});

/** |x|; its gradient at 0 is 0. */
export const abs = unary("abs", "Abs", {
  gradient: (x, upstream) => multiply(upstream, rampSlope(x, -1)),
  reference: Math.abs,
});

/** x where x > 0, slope * x elsewhere (Maas et al. 2013). `slope` is in [0, 1). */
export function leakyRelu(x: Tensor, slope: number): Computed {
  if (!(slope >= 0 && slope < 1)) throw shapeError("leakyRelu", "a slope in [0, 1)", String(slope));
  return leakyReluOf([x], { slope });
}

const leakyReluOf = defineOperator<{ readonly slope: number }, 1>({
  name: "leakyRelu",
  arity: 1,
  type: ([x]) => x,
  gradient: ({ inputs: [x], attributes: { slope }, upstream }) => [multiply(upstream, rampSlope(x, slope))],
  reference: ([x], { slope }) => x.data.map((value) => (value > 0 ? value : slope * value)),
  onnx: ({ emitter, inputs, attributes: { slope } }) =>
    slope === 0
      ? emitter.node("Relu", inputs)
      : emitter.node("LeakyRelu", inputs, { attributes: { alpha: float(slope) } }),
});

/** max(x, 0). */
export const relu = (x: Tensor): Computed => leakyRelu(x, 0);

/**
 * The slope of a ramp with a kink at 0: 1 where x > 0, `slope` where x < 0. As one clip of a steep line it is faster
 * than a comparison and keeps NaN visible. Flat, so its own gradient is 0.
 */
export function rampSlope(x: Tensor, slope: number): Computed {
  return rampSlopeOf([x], { slope });
}

const STEEP = 1e30;

const rampSlopeOf = defineOperator<{ readonly slope: number }, 1>({
  name: "rampSlope",
  arity: 1,
  type: ([x]) => x,
  gradient: () => [null],
  reference: ([x], { slope }) => x.data.map((value) => Math.min(Math.max(value * STEEP, slope), 1)),
  onnx: ({ emitter, inputs: [x], attributes: { slope } }) =>
    emitter.node("Clip", [
      emitter.node("Mul", [x, emitter.filled(STEEP, [])]),
      emitter.filled(slope, []),
      emitter.filled(1, []),
    ]),
});
