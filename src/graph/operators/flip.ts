import { defineOperator } from "../operator.ts";
import { formatShape, knownDimension, shapeError, stridesOf } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { dot, readStrided } from "./strided.ts";

/** The elements along each of `axes` in reverse order. */
export function flip(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : flipOf([x], { axes });
}

const flipOf = defineOperator<{ readonly axes: readonly number[] }, 1>({
  name: "flip",
  arity: 1,
  type: ([x], { axes }, where) => {
    if (new Set(axes).size !== axes.length || axes.some((axis) => x.shape[axis] === undefined)) {
      throw shapeError(where, `different axes of ${formatShape(x.shape)}`, formatShape(axes));
    }
    for (const axis of axes) knownDimension(where, x.shape, axis);
    return x;
  },
  gradient: ({ attributes: { axes }, upstream }) => [flip(upstream, axes)],
  reference: ([x], { axes }, shape) => {
    const strides = stridesOf(shape);
    const last = shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
    return readStrided(
      x,
      shape,
      strides.map((stride, axis) => (axes.includes(axis) ? -stride : stride)),
      dot(last, strides),
    );
  },
  onnx: ({ emitter, inputs: [x], types: [type], attributes: { axes } }) => {
    const sizes = axes.map((axis) => knownDimension("flip", type.shape, axis));
    return emitter.node("Slice", [
      x,
      emitter.integers(sizes.map((size) => size - 1)),
      // Negative positions count from the end: this one lies before the first element.
      emitter.integers(sizes.map((size) => -size - 1)),
      emitter.integers(axes),
      emitter.integers(axes.map(() => -1)),
    ]);
  },
});
