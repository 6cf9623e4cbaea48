import { int, text } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, formatShape, knownDimension, type Shape, shapeError, type TensorType } from "../shape.ts";
import { type Array64, type Computed, constant, type Tensor } from "../tensor.ts";
import { isEqual } from "./comparisons.ts";
import { reshape, toFloat } from "./movement.ts";

// The two operators below are adjoint, so that each one's gradient is the other.

/**
 * The slices of x at `indices` along `axis`: [..., size, ...] and int32 indices in [0, size) of any shape give
 * [..., the shape of the indices, ...]. What an index outside does depends on the device.
 */
export function gather(x: Tensor, indices: Tensor, axis: number): Computed {
  return gatherOf([x, indices], { axis });
}

/**
 * The adjoint of {@link gather}: [..., the shape of the indices, ...] is summed into zeros [..., size, ...], each slice at
 * its index in [0, size) along `axis`. An index may occur many times.
 */
export function scatterAdd(x: Tensor, indices: Tensor, axis: number, size: number): Computed {
  return scatterAddOf([x, indices], { axis, size });
}

const gatherOf = defineOperator<{ readonly axis: number }, 2>({
  name: "gather",
  arity: 2,
  dtypes: "any",
  type: ([x, indices], { axis }, where) => {
    assertIndices(where, x, indices);
    knownDimension(where, x.shape, axis);
    return { shape: x.shape.toSpliced(axis, 1, ...indices.shape), dtype: "float32" };
  },
  gradient: ({ inputs: [x, indices], attributes: { axis }, upstream }) => [
    scatterAdd(upstream, indices, axis, knownDimension("gather", x.shape, axis)),
    null,
  ],
  reference: ([x, indices], { axis }, shape) => {
    const result = new Float64Array(elementCount(shape));
    eachPair(x.shape, indices, axis, (whole, picked) => {
      result[picked] = x.data[whole] ?? Number.NaN;
    });
    return result;
  },
  onnx: ({ emitter, inputs, attributes: { axis } }) =>
    emitter.node("Gather", inputs, { attributes: { axis: int(axis) } }),
});

const scatterAddOf = defineOperator<{ readonly axis: number; readonly size: number }, 2>({
  name: "scatterAdd",
  arity: 2,
  dtypes: "any",
  type: ([x, indices], { axis, size }, where) => {
    assertIndices(where, x, indices);
    const at = x.shape.slice(axis, axis + indices.shape.length);
    if (formatShape(at) !== formatShape(indices.shape)) {
      throw shapeError(where, `${formatShape(indices.shape)} from axis ${axis} on`, formatShape(x.shape));
    }
    return { shape: x.shape.toSpliced(axis, indices.shape.length, size), dtype: "float32" };
  },
  gradient: ({ inputs: [, indices], attributes: { axis }, upstream }) => [gather(upstream, indices, axis), null],
  reference: ([x, indices], { axis }, shape) => {
    const result = new Float64Array(elementCount(shape));
    eachPair(shape, indices, axis, (whole, picked) => {
      result[whole] = (result[whole] ?? Number.NaN) + (x.data[picked] ?? Number.NaN);
    });
    return result;
  },
  // ScatterND would need no expanded indices and is faster, but onnxruntime's CPU kernel runs it on several threads that
  // disturb each other where an index is repeated (issue 23396).
  onnx: ({ emitter, inputs: [x, indices], types: [xType, indexType], attributes: { axis, size }, output }) => {
    const outer = knownCount("scatterAdd", xType.shape.slice(0, axis));
    const count = knownCount("scatterAdd", indexType.shape);
    const inner = knownCount("scatterAdd", output.shape.slice(axis + 1));
    const lines = emitter.node("Reshape", [x, emitter.integers([outer, count, inner])]);
    const line = emitter.node("Reshape", [indices, emitter.integers([1, count, 1])]);
    const places = emitter.node("Expand", [line, emitter.integers([outer, count, inner])]);
    const zeros = emitter.node("Expand", [emitter.filled(0, []), emitter.integers([outer, size, inner])]);
    const summed = emitter.node("ScatterElements", [zeros, places, lines], {
      attributes: { axis: int(1), reduction: text("add") },
    });
    return emitter.node("Reshape", [summed, emitter.integers(output.shape.map(Number))]);
  },
});

/** 1 at each index and 0 elsewhere: int32 indices [...] in [0, count) give [..., count]. */
export function oneHot(indices: Tensor, count: number): Computed {
  const places = constant(
    Float64Array.from({ length: count }, (_, place) => place),
    [count],
  );
  return isEqual(reshape(toFloat(indices), [...indices.shape, 1]), places);
}

function assertIndices(where: string, x: TensorType, indices: TensorType): void {
  if (x.dtype === "float32" && indices.dtype === "int32") return;
  throw shapeError(where, "float32 numbers and int32 indices", `${x.dtype} and ${indices.dtype}`);
}

function knownCount(where: string, shape: Shape): number {
  return elementCount(shape.map((_, axis) => knownDimension(where, shape, axis)));
}

/** Visits the elements of all picked slices: their positions in the whole tensor and among what was picked. */
function eachPair(
  whole: readonly number[],
  indices: Array64,
  axis: number,
  visit: (whole: number, picked: number) => void,
): void {
  const size = whole[axis] ?? 1;
  const outer = elementCount(whole.slice(0, axis));
  const inner = elementCount(whole.slice(axis + 1));
  const count = indices.data.length;
  for (let block = 0; block < outer; block++) {
    indices.data.forEach((index, order) => {
      if (index < 0 || index >= size) throw shapeError("gather", `indices in [0, ${size})`, String(index));
      for (let element = 0; element < inner; element++) {
        visit((block * size + index) * inner + element, (block * count + order) * inner + element);
      }
    });
  }
}
