import { internalError } from "../foundation/errors.ts";
import type { Matrix } from "../runtime/index.ts";

/** Features of images, one image a row. */
export interface FeatureMatrix {
  /** Images. */
  readonly count: number;
  /** Features of one image. */
  readonly dimension: number;
  /** [count, dimension] */
  readonly values: Float32Array;
}

/** The rows of a feature matrix from `first` up to `end`, not a copy. */
export function rowsBetween({ dimension, values }: FeatureMatrix, first: number, end: number): FeatureMatrix {
  const part = values.subarray(first * dimension, end * dimension);
  return { count: part.length / dimension, dimension, values: part };
}

/** The rows of a feature matrix at `indices`, a copy. */
export function rowsAt({ count, dimension, values }: FeatureMatrix, indices: ArrayLike<number>): FeatureMatrix {
  const chosen = new Float32Array(indices.length * dimension);
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row] ?? -1;
    if (index < 0 || index >= count) throw internalError("rowsAt", `row ${index} of ${count}`);
    chosen.set(values.subarray(index * dimension, (index + 1) * dimension), row * dimension);
  }
  return { count: indices.length, dimension, values: chosen };
}

/** The mean of each feature, [dimension]. */
export function meanOf({ count, dimension, values }: FeatureMatrix): Float64Array {
  const mean = new Float64Array(dimension);
  for (let row = 0; row < count; row++) {
    for (let column = 0; column < dimension; column++) {
      mean[column] = (mean[column] ?? 0) + (values[row * dimension + column] ?? 0);
    }
  }
  return mean.map((total) => total / count);
}

/** The features in float64, less `origin` [dimension] where one is given. */
export function asMatrix({ count, dimension, values }: FeatureMatrix, origin?: Float64Array): Matrix {
  const moved = Float64Array.from(values);
  if (origin !== undefined) {
    for (let index = 0; index < moved.length; index++) {
      moved[index] = (moved[index] ?? 0) - (origin[index % dimension] ?? 0);
    }
  }
  return { rows: count, columns: dimension, values: moved };
}
