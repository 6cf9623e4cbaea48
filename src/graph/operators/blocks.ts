import { int } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import {
  type Dimension,
  elementCount,
  equalShapes,
  formatShape,
  knownDimension,
  type Shape,
  shapeError,
  stridesOf,
} from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { unlessSame } from "./movement.ts";
import { dot, readStrided, writeStrided } from "./strided.ts";

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
    return readStrided(x, shape, strides, dot(starts, strides));
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
    writeStrided(x, result, strides, dot(before, strides));
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
      writeStrided(array, result, strides, origin);
      origin += (array.shape[axis] ?? 0) * (strides[axis] ?? 1);
    }
    return result;
  },
  onnx: ({ emitter, inputs, attributes: { axis } }) =>
    emitter.node("Concat", inputs, { attributes: { axis: int(axis) } }),
});

function replaceAt(shape: Shape, axis: number, size: number): Shape {
  return shape.map((own, index) => (index === axis ? size : own));
}
