import { emitCast, ints } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import {
  type Dimension,
  equalShapes,
  formatShape,
  knownElementCount,
  resolveShape,
  type Shape,
  shapeError,
  stridesOf,
} from "../shape.ts";
import type { NoAttributes, Tensor } from "../tensor.ts";
import { broadcastTo, readStrided } from "./strided.ts";

/** The same elements in row-major order under another shape; "batch" may stand where the batch dimension goes. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return unlessSame(x, reshapeOf([x], { shape }));
}

/** x itself where an operation that was checked turned out to change nothing. */
export function unlessSame(x: Tensor, changed: Tensor): Tensor {
  return equalShapes(x.shape, changed.shape) ? x : changed;
}

const reshapeOf = defineOperator<{ readonly shape: readonly Dimension[] }, 1>({
  name: "reshape",
  arity: 1,
  type: ([x], { shape }, where) => {
    const sameBatch = openDimensions(x.shape) === openDimensions(shape);
    if (!sameBatch || knownElementCount(x.shape) !== knownElementCount(shape)) {
      throw shapeError(where, `a shape of as many elements as ${formatShape(x.shape)}`, formatShape(shape));
    }
    return { shape, dtype: "float32" };
  },
  gradient: ({ inputs: [x], upstream }) => [reshape(upstream, x.shape)],
  reference: ([x]) => x.data.slice(),
  onnx: ({ emitter, inputs: [x], attributes: { shape } }) =>
    emitter.node("Reshape", [x, emitter.integers(resolveShape(shape, -1))]),
});

/** Axes in another order: result axis i is input axis order[i]. */
export function transpose(x: Tensor, order: readonly number[]): Tensor {
  const turned = transposeOf([x], { order });
  return order.every((axis, index) => axis === index) ? x : turned;
}

const transposeOf = defineOperator<{ readonly order: readonly number[] }, 1>({
  name: "transpose",
  arity: 1,
  type: ([x], { order }, where) => {
    const sorted = order.toSorted((left, right) => left - right);
    if (order.length !== x.shape.length || sorted.some((axis, index) => axis !== index)) {
      throw shapeError(where, `an order of the axes of ${formatShape(x.shape)}`, formatShape(order));
    }
    return { shape: order.map((axis) => x.shape[axis] ?? 1), dtype: "float32" };
  },
  gradient: ({ attributes: { order }, upstream }) => [
    transpose(
      upstream,
      order.map((_, axis) => order.indexOf(axis)),
    ),
  ],
  reference: ([x], { order }, shape) => {
    const strides = stridesOf(x.shape);
    return readStrided(
      x,
      shape,
      order.map((axis) => strides[axis] ?? 1),
      0,
    );
  },
  onnx: ({ emitter, inputs, attributes: { order } }) =>
    emitter.node("Transpose", inputs, { attributes: { perm: ints(order) } }),
});

/** Repeats x along broadcast axes until it has `shape`. Its gradient is summed back by autodiff. */
export function expand(x: Tensor, shape: Shape): Tensor {
  return unlessSame(x, expandOf([x], { shape }));
}

const expandOf = defineOperator<{ readonly shape: readonly Dimension[] }, 1>({
  name: "expand",
  arity: 1,
  type: ([x], { shape }, where) => {
    const missing = shape.length - x.shape.length;
    const fits = missing >= 0 && x.shape.every((size, axis) => size === 1 || size === shape[axis + missing]);
    if (!fits || shape.includes("batch"))
      throw shapeError(where, `a shape that ${formatShape(x.shape)} broadcasts to`, formatShape(shape));
    return { shape, dtype: "float32" };
  },
  gradient: ({ upstream }) => [upstream],
  reference: ([x], _, shape) => broadcastTo(x, shape),
  onnx: ({ emitter, inputs: [x], attributes: { shape } }) =>
    emitter.node("Expand", [x, emitter.integers(resolveShape(shape, 1))]),
});

/** Whole numbers as floats; has no gradient. */
export function toFloat(x: Tensor): Tensor {
  return x.dtype === "float32" ? x : castOf([x], {});
}

const castOf = defineOperator<NoAttributes, 1>({
  name: "toFloat",
  arity: 1,
  dtypes: "any",
  type: ([x]) => ({ shape: x.shape, dtype: "float32" }),
  gradient: () => [null],
  reference: ([x]) => x.data.slice(),
  onnx: ({ emitter, inputs: [x] }) => emitCast(emitter, x, "float32"),
});

/** x as a value that gradients do not flow through; costs nothing. */
export function stopGradient(x: Tensor): Tensor {
  return stopGradientOf([x], {});
}

const stopGradientOf = defineOperator<NoAttributes, 1>({
  name: "stopGradient",
  arity: 1,
  type: ([x]) => x,
  gradient: () => [null],
  reference: ([x]) => x.data.slice(),
  onnx: ({ inputs: [x] }) => x,
});

function openDimensions(shape: Shape): number {
  return shape.filter((size) => size === "batch").length;
}
