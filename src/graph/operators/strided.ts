import { elementCount, stridesOf } from "../shape.ts";
import type { Array64 } from "../tensor.ts";

// Float64 references of the operators that only move numbers.

/** Sum of products of two lists of the same length. */
export function dot(left: readonly number[], right: readonly number[]): number {
  return left.reduce((sum, value, axis) => sum + value * (right[axis] ?? 0), 0);
}

/** Reads the elements at origin + sum of index * stride, in row-major order of `shape`. */
export function readStrided(
  x: Array64,
  shape: readonly number[],
  strides: readonly number[],
  origin: number,
): Float64Array {
  const result = new Float64Array(elementCount(shape));
  eachPosition(shape, strides, origin, (index, position) => {
    result[index] = x.data[position] ?? 0;
  });
  return result;
}

/** The elements of x repeated along broadcast axes until there are as many as `shape` has. */
export function broadcastTo(x: Array64, shape: readonly number[]): Float64Array {
  const missing = shape.length - x.shape.length;
  const own = stridesOf(x.shape);
  const strides = shape.map((_, axis) => ((x.shape[axis - missing] ?? 1) === 1 ? 0 : (own[axis - missing] ?? 0)));
  return readStrided(x, shape, strides, 0);
}

/** Writes the elements of x to origin + sum of index * stride of `result`. */
export function writeStrided(x: Array64, result: Float64Array, strides: readonly number[], origin: number): void {
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
