import { int, ints } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import {
  type Dimension,
  elementCount,
  equalShapes,
  formatShape,
  knownDimension,
  knownElementCount,
  resolveShape,
  type Shape,
  shapeError,
  stridesOf,
} from "../shape.ts";
import type { Array64, NoAttributes, Tensor } from "../tensor.ts";

/** The same elements in row-major order under another shape; "batch" may stand where the batch dimension goes. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  return unlessSame(x, reshapeOf([x], { shape }));
}

/** x itself where an operation that was checked turned out to change nothing. */
function unlessSame(x: Tensor, changed: Tensor): Tensor {
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
    return gather(
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
  reference: ([x], _, shape) => {
    const missing = shape.length - x.shape.length;
    const own = stridesOf(x.shape);
    const strides = shape.map((_, axis) => ((x.shape[axis - missing] ?? 1) === 1 ? 0 : (own[axis - missing] ?? 0)));
    return gather(x, shape, strides, 0);
  },
  onnx: ({ emitter, inputs: [x], attributes: { shape } }) =>
    emitter.node("Expand", [x, emitter.integers(resolveShape(shape, 1))]),
});

/** The block of x that begins at `starts` and has shape `sizes`; the batch axis is kept whole. */
export function slice(x: Tensor, starts: readonly number[], sizes: Shape): Tensor {
  return unlessSame(x, sliceOf([x], { starts, sizes }));
}

const sliceOf = defineOperator<{ readonly starts: readonly number[]; readonly sizes: readonly Dimension[] }, 1>({
  name: "slice",
  arity: 1,
  type: ([x], { starts, sizes }, where) => {
    const fits = x.shape.every((size, axis) => {
      const start = starts[axis] ?? -1;
      const kept = sizes[axis];
      if (size === "batch" || kept === "batch") return size === kept && start === 0;
      return kept !== undefined && start >= 0 && start + kept <= size;
    });
    if (!fits || sizes.length !== x.shape.length || starts.length !== sizes.length) {
      const received = `${formatShape(sizes)} from ${formatShape(starts)}`;
      throw shapeError(where, `a block inside ${formatShape(x.shape)}`, received);
    }
    return { shape: sizes, dtype: "float32" };
  },
  gradient: ({ inputs: [x], attributes: { starts, sizes }, upstream }) => {
    const after = x.shape.map((size, axis) => {
      const kept = sizes[axis];
      return size === "batch" || typeof kept !== "number" ? 0 : size - kept - (starts[axis] ?? 0);
    });
    return [pad(upstream, starts, after)];
  },
  reference: ([x], { starts }, shape) => {
    const strides = stridesOf(x.shape);
    return gather(x, shape, strides, dot(starts, strides));
  },
  onnx: ({ emitter, inputs: [x], types: [type], attributes: { starts, sizes } }) => {
    const axes = starts.map((_, axis) => axis).filter((axis) => type.shape[axis] !== sizes[axis]);
    return emitter.node("Slice", [
      x,
      emitter.integers(axes.map((axis) => starts[axis] ?? 0)),
      emitter.integers(axes.map((axis) => (starts[axis] ?? 0) + Number(sizes[axis]))),
      emitter.integers(axes),
    ]);
  },
});

/** x with `before` zeros in front of and `after` zeros behind each axis. */
export function pad(x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  return unlessSame(x, padOf([x], { before, after }));
}

const padOf = defineOperator<{ readonly before: readonly number[]; readonly after: readonly number[] }, 1>({
  name: "pad",
  arity: 1,
  type: ([x], { before, after }, where) => {
    const counts = [...before, ...after];
    const fits = before.length === x.shape.length && after.length === x.shape.length;
    if (!fits || counts.some((count) => !Number.isInteger(count) || count < 0)) {
      throw shapeError(
        where,
        `counts of at least 0 for each axis of ${formatShape(x.shape)}`,
        `[${counts.join(", ")}]`,
      );
    }
    const shape = x.shape.map((size, axis) => {
      const added = (before[axis] ?? 0) + (after[axis] ?? 0);
      if (size !== "batch") return size + added;
      if (added !== 0) throw shapeError(where, "no padding of the batch", `${added}`);
      return size;
    });
    return { shape, dtype: "float32" };
  },
  gradient: ({ inputs: [x], attributes: { before }, upstream }) => [slice(upstream, before, x.shape)],
  reference: ([x], { before }, shape) => {
    const strides = stridesOf(shape);
    const result = new Float64Array(elementCount(shape));
    scatter(x, result, strides, dot(before, strides));
    return result;
  },
  onnx: ({ emitter, inputs: [x], attributes: { before, after } }) =>
    emitter.node("Pad", [x, emitter.integers([...before, ...after]), emitter.filled(0, [])]),
});

/** The tensors one after another along `axis`; their other dimensions are equal. */
export function concat(tensors: readonly Tensor[], axis: number): Tensor {
  const joined = concatOf(tensors, { axis });
  const [first, ...others] = tensors;
  return first !== undefined && others.length === 0 ? first : joined;
}

const concatOf = defineOperator<{ readonly axis: number }, "any">({
  name: "concat",
  arity: "any",
  type: (tensors, { axis }, where) => {
    const [first] = tensors;
    if (first === undefined) throw shapeError(where, "at least one tensor", "none");
    const total = tensors.reduce((sum, { shape }) => sum + knownDimension(where, shape, axis), 0);
    for (const { shape } of tensors) {
      if (!equalShapes(replaceAt(shape, axis, 1), replaceAt(first.shape, axis, 1))) {
        throw shapeError(
          where,
          `shapes equal except at axis ${axis}`,
          `${formatShape(first.shape)}, ${formatShape(shape)}`,
        );
      }
    }
    return { shape: replaceAt(first.shape, axis, total), dtype: "float32" };
  },
  gradient: ({ inputs, attributes: { axis }, upstream }) => {
    let start = 0;
    return inputs.map(({ shape }) => {
      const starts = shape.map((_, index) => (index === axis ? start : 0));
      start += knownDimension("concat", shape, axis);
      return slice(upstream, starts, shape);
    });
  },
  reference: (arrays, { axis }, shape) => {
    const result = new Float64Array(elementCount(shape));
    const strides = stridesOf(shape);
    let origin = 0;
    for (const array of arrays) {
      scatter(array, result, strides, origin);
      origin += (array.shape[axis] ?? 0) * (strides[axis] ?? 1);
    }
    return result;
  },
  onnx: ({ emitter, inputs, attributes: { axis } }) =>
    emitter.node("Concat", inputs, { attributes: { axis: int(axis) } }),
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
  onnx: ({ emitter, inputs }) => emitter.node("Cast", inputs, { attributes: { to: int(ONNX_FLOAT) } }),
});

/** TensorProto.DataType.FLOAT of the ONNX format. */
const ONNX_FLOAT = 1;

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

function replaceAt(shape: Shape, axis: number, size: number): Shape {
  return shape.map((own, index) => (index === axis ? size : own));
}

function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
}

/** Reads the elements at origin + sum of index * stride, in row-major order of `shape`. */
function gather(x: Array64, shape: readonly number[], strides: readonly number[], origin: number): Float64Array {
  const result = new Float64Array(elementCount(shape));
  eachPosition(shape, strides, origin, (index, position) => {
    result[index] = x.data[position] ?? 0;
  });
  return result;
}

/** Writes the elements of x to origin + sum of index * stride of `result`. */
function scatter(x: Array64, result: Float64Array, strides: readonly number[], origin: number): void {
  eachPosition(x.shape, strides, origin, (index, position) => {
    result[position] = x.data[index] ?? 0;
  });
}

/** Visits the positions of a strided block in row-major order. */
function eachPosition(
  shape: readonly number[],
  strides: readonly number[],
  origin: number,
  visit: (index: number, position: number) => void,
): void {
  const own = stridesOf(shape);
  for (let index = 0; index < elementCount(shape); index++) {
    let position = origin;
    for (let axis = 0; axis < shape.length; axis++) {
      position += (Math.floor(index / (own[axis] ?? 1)) % (shape[axis] ?? 1)) * (strides[axis] ?? 0);
    }
    visit(index, position);
  }
}
