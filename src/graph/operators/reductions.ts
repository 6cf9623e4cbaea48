import { int } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, knownDimension, type Shape, shapeError, stridesOf, type TensorType } from "../shape.ts";
import type { Array64, Tensor } from "../tensor.ts";
import { divide } from "./elementwise.ts";
import { expand, reshape } from "./movement.ts";

type Reduction = { readonly axes: readonly number[] };

const everyAxis = ({ shape }: TensorType): readonly number[] => shape.map((_, axis) => axis);

/** The shape with the given axes shrunk to 1, as gradients and broadcasting want it. */
function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
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

function sums(x: Array64, axes: readonly number[], shape: readonly number[]): Float64Array {
  const result = new Float64Array(elementCount(shape));
  const kept = x.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const strides = stridesOf(x.shape);
  const target = stridesOf(shape);
  x.data.forEach((value, index) => {
    const position = kept.reduce(
      (sum, axis, order) =>
        sum + (Math.floor(index / (strides[axis] ?? 1)) % (x.shape[axis] ?? 1)) * (target[order] ?? 1),
      0,
    );
    result[position] = (result[position] ?? 0) + value;
  });
  return result;
}

/** Sum over `axes`, which disappear from the shape. Default: all axes, giving shape []. */
export function sum(x: Tensor, axes: readonly number[] = everyAxis(x)): Tensor {
  return axes.length === 0 ? x : sumOf([x], { axes });
}

const sumOf = defineOperator<Reduction, 1>({
  name: "sum",
  arity: 1,
  type: ([x], attributes, where) => reducedType(x, attributes, where),
  gradient: ({ inputs: [x], attributes: { axes }, upstream }) => [
    expand(reshape(upstream, keptShape(x.shape, axes)), x.shape),
  ],
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
    expand(reshape(divide(upstream, reducedCount(x.shape, axes)), keptShape(x.shape, axes)), x.shape),
  ],
  reference: ([x], { axes }, shape) => sums(x, axes, shape).map((value) => value / reducedCount(x.shape, axes)),
  onnx: ({ emitter, inputs: [x], attributes: { axes } }) =>
    emitter.node("ReduceMean", [x, emitter.integers(axes)], { attributes: { keepdims: int(0) } }),
});
