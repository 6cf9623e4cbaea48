import { type Emitter, text } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { elementCount, formatShape, resolveShape, type Shape, shapeError, type TensorType } from "../shape.ts";
import type { Array64, Computed, Tensor } from "../tensor.ts";
import { handOut, pickFirst } from "./maxima-by-comparison.ts";
import {
  type PoolingOptions,
  type PoolingWindows,
  poolingWindows,
  windowAttributes,
  windowCounts,
} from "./pooling-windows.ts";

// Where the maxima stand is piecewise constant. With the places fixed, picking numbers from them and adding numbers to
// them are linear and each other's adjoints, so gradients of any order stay among the operators of this file.

/**
 * Largest number of each window: [batch, channels, height, width] -> [batch, channels, height', width']. Padding never
 * wins; of equal maxima the first in row-major order gets the gradient.
 * @throws AtelierError as {@link poolingWindows} does, and when no window fits.
 */
export function maxPool2d(x: Tensor, options: PoolingOptions): Computed {
  return maxPoolOf([x], poolingWindows("maxPool2d", x, options));
}

/**
 * The numbers of `values` [batch, channels, height, width] that stand where the windows of x, of the same shape, have
 * their first maxima: [batch, channels, height', width'].
 */
export function selectAtMaxima(x: Tensor, values: Tensor, options: PoolingOptions): Computed {
  return selectOf([x, values], poolingWindows("selectAtMaxima", x, options));
}

/**
 * The adjoint of {@link selectAtMaxima}: zeros of the shape of x with each number of `upstream`
 * [batch, channels, height', width'] added where its window of x has its first maximum.
 */
export function scatterToMaxima(x: Tensor, upstream: Tensor, options: PoolingOptions): Computed {
  return scatterOf([x, upstream], poolingWindows("scatterToMaxima", x, options));
}

const maxPoolOf = defineOperator<PoolingWindows, 1>({
  name: "maxPool2d",
  arity: 1,
  type: ([x], windows, where) => ({ shape: pooledShape(where, x, windows), dtype: "float32" }),
  gradient: ({ inputs: [x], attributes, upstream }) => [scatterToMaxima(x, upstream, attributes)],
  reference: ([x], windows, shape) => Float64Array.from(firstMaxima(x, windows, shape), (place) => x.data[place] ?? 0),
  onnx: ({ emitter, inputs: [x], attributes }) =>
    emitter.node("MaxPool", [x], { attributes: windowAttributes(attributes) }),
});

const selectOf = defineOperator<PoolingWindows, 2>({
  name: "selectAtMaxima",
  arity: 2,
  type: ([x, values], windows, where) => {
    assertShape(where, values, x.shape);
    return { shape: pooledShape(where, x, windows), dtype: "float32" };
  },
  gradient: ({ inputs: [x], attributes, upstream }) => [null, scatterToMaxima(x, upstream, attributes)],
  reference: ([x, values], windows, shape) =>
    Float64Array.from(firstMaxima(x, windows, shape), (place) => values.data[place] ?? 0),
  onnx: ({ emitter, inputs: [x, values], types: [type], attributes, output }) => {
    if (!emitter.target.cpu)
      return pickFirst(emitter, x, values, { windows: attributes, picture: type, pooled: output });
    return emitter.node("Gather", [flat(emitter, values), emitPlaces(emitter, x, attributes)]);
  },
});

const scatterOf = defineOperator<PoolingWindows, 2>({
  name: "scatterToMaxima",
  arity: 2,
  type: ([x, upstream], windows, where) => {
    assertShape(where, upstream, pooledShape(where, x, windows));
    return x;
  },
  gradient: ({ inputs: [x], attributes, upstream }) => [null, selectAtMaxima(x, upstream, attributes)],
  reference: ([x, upstream], windows, shape) => {
    const result = new Float64Array(elementCount(shape));
    firstMaxima(x, windows, upstream.shape).forEach((place, index) => {
      result[place] = (result[place] ?? 0) + (upstream.data[index] ?? 0);
    });
    return result;
  },
  onnx: ({ emitter, inputs: [x, upstream], types: [type, pooled], attributes }) => {
    if (!emitter.target.cpu) return handOut(emitter, x, upstream, { windows: attributes, picture: type, pooled });
    const places = emitPlaces(emitter, x, attributes);
    if (areApart(attributes)) {
      const shape = emitter.node("Shape", [x]);
      return emitter.node("MaxUnpool", [upstream, places, shape], { attributes: windowAttributes(attributes) });
    }
    const zeros = emitter.node("ConstantOfShape", [emitter.node("Shape", [flat(emitter, x)])]);
    const sums = emitter.node("ScatterElements", [zeros, flat(emitter, places), flat(emitter, upstream)], {
      attributes: { reduction: text("add") },
    });
    return emitter.node("Reshape", [sums, emitter.integers(resolveShape(type.shape, -1))]);
  },
});

/** Windows that share no pixel: then nothing needs to be added up. */
function areApart({ kernel, strides, padding }: PoolingWindows): boolean {
  return kernel.every((size, axis) => size <= (strides[axis] ?? 0)) && padding.every((pixels) => pixels === 0);
}

function pooledShape(where: string, x: TensorType, windows: PoolingWindows): Shape {
  return [...x.shape.slice(0, 2), ...windowCounts(where, x, windows)];
}

function assertShape(where: string, { shape }: TensorType, wanted: Shape): void {
  if (shape.join() !== wanted.join()) throw shapeError(where, formatShape(wanted), formatShape(shape));
}

/** Index in x of the first maximum of each window; `shape` is [batch, channels, height', width']. */
function firstMaxima(x: Array64, { kernel, strides, padding }: PoolingWindows, shape: readonly number[]): number[] {
  const [, , height = 0, width = 0] = x.shape;
  const [batch = 0, channels = 0, rows = 0, columns = 0] = shape;
  return Array.from({ length: batch * channels * rows * columns }, (_, index) => {
    const picture = Math.floor(index / (rows * columns)) * height * width;
    const top = (Math.floor(index / columns) % rows) * strides[0] - padding[0];
    const left = (index % columns) * strides[1] - padding[1];
    let first = -1;
    for (let i = Math.max(top, 0); i < Math.min(top + kernel[0], height); i++) {
      for (let j = Math.max(left, 0); j < Math.min(left + kernel[1], width); j++) {
        const place = picture + i * width + j;
        if (first < 0 || (x.data[place] ?? 0) > (x.data[first] ?? 0)) first = place;
      }
    }
    return first;
  });
}

/** Index in x of the first maximum of each window, [batch, channels, height', width']. */
function emitPlaces(emitter: Emitter, x: string, windows: PoolingWindows): string {
  return emitter.node("MaxPool", [x], { attributes: windowAttributes(windows), output: 1 });
}

function flat(emitter: Emitter, name: string): string {
  return emitter.node("Reshape", [name, emitter.integers([-1])]);
}
