import { emitCast, int } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, knownDimension, type Shape, shapeError, stridesOf, type TensorType } from "../shape.ts";
import type { Array64, Computed, Tensor } from "../tensor.ts";
import { divide, multiply, square, subtract } from "./arithmetic.ts";
import { isEqual } from "./comparisons.ts";
import { expand, reshape } from "./movement.ts";

type Reduction = { readonly axes: readonly number[] };

const everyAxis = ({ shape }: TensorType): readonly number[] => shape.map((_, axis) => axis);

/** A reduction of x with the axes that disappeared back as size 1, so that it broadcasts against x. */
export function keepAxes(reduced: Tensor, { shape }: TensorType, axes: readonly number[]): Tensor {
  return reshape(
    reduced,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** The shape without the given axes. */
function droppedShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.filter((_, axis) => !axes.includes(axis));
}

function reducedType(x: TensorType, { axes }: Reduction, where: string): TensorType {
  const distinct = new Set(axes);
  if (distinct.size !== axes.length || axes.some((axis) => axis < 0 || axis >= x.shape.length)) {
    throw shapeError(where, `different axes below ${x.shape.length}`, `[${axes.join(", ")}]`);
  }
  return { shape: droppedShape(x.shape, axes), dtype: "float32" };
}

/** Number of elements that are reduced to one; the batch size must be known for it. */
function reducedCount(shape: Shape, axes: readonly number[]): number {
  return elementCount(axes.map((axis) => knownDimension("mean", shape, axis)));
}

/** Combines the elements that are reduced to one, in row-major order, beginning with `initial`. */
function reduce(
  x: Array64,
  axes: readonly number[],
  shape: readonly number[],
  initial: number,
  combine: (total: number, value: number) => number,
): Float64Array {
  const result = new Float64Array(elementCount(shape)).fill(initial);
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(x.shape);
  const target = stridesOf(shape);
  x.data.forEach((value, index) => {
    const position = kept.reduce(
      (sum, axis, order) =>
        sum + (Math.floor(index / (strides[axis] ?? 1)) % (x.shape[axis] ?? 1)) * (target[order] ?? 1),
      0,
    );
    result[position] = combine(result[position] ?? initial, value);
  });
  return result;
}

const sums = (x: Array64, axes: readonly number[], shape: readonly number[]): Float64Array =>
  reduce(x, axes, shape, 0, (total, value) => total + value);

/** Sum over `axes`, which disappear from the shape. Default: all axes, giving shape []. */
export function sum(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return axes.length === 0 ? x : sumOf([x], { axes });
}

const sumOf = defineOperator<Reduction, 1>({
  name: "sum",
  arity: 1,
  type: ([x], attributes, where) => reducedType(x, attributes, where),
  gradient: ({ inputs: [x], attributes: { axes }, upstream }) => [expand(keepAxes(upstream, x, axes), x.shape)],
  reference: ([x], { axes }, shape) => sums(x, axes, shape),
  onnx: ({ emitter, inputs: [x], attributes: { axes } }) =>
    emitter.node("ReduceSum", [x, emitter.integers(axes)], { attributes: { keepdims: int(0) } }),
});

/** Mean over `axes`, which disappear from the shape. Default: all axes, giving shape []. */
export function mean(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return axes.length === 0 ? x : meanOf([x], { axes });
}

const meanOf = defineOperator<Reduction, 1>({
  name: "mean",
  arity: 1,
  type: ([x], attributes, where) => reducedType(x, attributes, where),
  gradient: ({ inputs: [x], attributes: { axes }, upstream }) => [
    expand(keepAxes(divide(upstream, reducedCount(x.shape, axes)), x, axes), x.shape),
  ],
  reference: ([x], { axes }, shape) => sums(x, axes, shape).map((value) => value / reducedCount(x.shape, axes)),
  onnx: ({ emitter, inputs: [x], attributes: { axes } }) =>
    emitter.node("ReduceMean", [x, emitter.integers(axes)], { attributes: { keepdims: int(0) } }),
});

/** Mean squared distance from the mean over `axes`, which disappear from the shape. Default: all axes. */
export function variance(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return mean(square(subtract(x, keepAxes(mean(x, axes), x, axes))), axes);
}

/** An operator that picks one element over some axes. Elements that tie share the gradient equally. */
function defineExtremum(name: string, onnx: string, initial: number, pick: (one: number, other: number) => number) {
  return defineOperator<Reduction, 1>({
    name,
    arity: 1,
    type: ([x], attributes, where) => reducedType(x, attributes, where),
    gradient: ({ inputs: [x], attributes: { axes }, output, upstream }) => {
      const picked = isEqual(x, keepAxes(output, x, axes));
      return [multiply(picked, keepAxes(divide(upstream, sum(picked, axes)), x, axes))];
    },
    reference: ([x], { axes }, shape) => reduce(x, axes, shape, initial, pick),
    onnx: ({ emitter, inputs: [x], attributes: { axes } }) =>
      emitter.node(onnx, [x, emitter.integers(axes)], { attributes: { keepdims: int(0) } }),
  });
}

const maxOf = defineExtremum("max", "ReduceMax", Number.NEGATIVE_INFINITY, Math.max);
const minOf = defineExtremum("min", "ReduceMin", Number.POSITIVE_INFINITY, Math.min);

/** Largest element over `axes`, which disappear from the shape. Default: all axes. Ties share the gradient equally. */
export function max(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return axes.length === 0 ? x : maxOf([x], { axes });
}

/** Smallest element over `axes`, which disappear from the shape. Default: all axes. Ties share the gradient equally. */
export function min(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return axes.length === 0 ? x : minOf([x], { axes });
}

/** Index (int32) of the first largest element along `axis`, which disappears from the shape. Has no gradient. */
export function argmax(x: Tensor, axis: number): Computed {
  return argmaxOf([x], { axis });
}

const argmaxOf = defineOperator<{ readonly axis: number }, 1>({
  name: "argmax",
  arity: 1,
  type: ([x], { axis }, where) => ({ ...reducedType(x, { axes: [axis] }, where), dtype: "int32" }),
  gradient: () => [null],
  reference: ([x], { axis }, shape) => {
    const stride = stridesOf(x.shape)[axis] ?? 1;
    const size = x.shape[axis] ?? 1;
    return Float64Array.from({ length: elementCount(shape) }, (_, index) => {
      const first = Math.floor(index / stride) * stride * size + (index % stride);
      let best = 0;
      for (let place = 1; place < size; place++) {
        if ((x.data[first + place * stride] ?? 0) > (x.data[first + best * stride] ?? 0)) best = place;
      }
      return best;
    });
  },
  onnx: ({ emitter, inputs, attributes: { axis } }) => {
    const index = emitter.node("ArgMax", inputs, { attributes: { axis: int(axis), keepdims: int(0) } });
    return emitCast(emitter, index, "int32");
  },
});
