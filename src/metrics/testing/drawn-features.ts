import { randomStream } from "../../foundation/random.ts";
import type { FeatureMatrix } from "../feature-matrix.ts";

/** `count` draws from N(mean, I). */
export function gaussian(count: number, dimension: number, name: string, mean: readonly number[] = []): FeatureMatrix {
  const values = randomStream(1, "gaussian", name).normals(count * dimension);
  return { count, dimension, values: values.map((value, index) => value + (mean[index % dimension] ?? 0)) };
}

/** Whole numbers 0 to 15, mixed from their place so that every language draws the same: many distances are equal. */
export function grid(count: number, dimension: number, seed: number, shift = 0): FeatureMatrix {
  const values = Float32Array.from({ length: count * dimension }, (_, index) => {
    const once = Math.imul(index + 1000003 * seed, 0x9e3779b1);
    return (Math.imul(once ^ (once >>> 15), 0x85ebca6b) >>> 28) + shift;
  });
  return { count, dimension, values };
}

/** The features with every element replaced. */
export function mapped(features: FeatureMatrix, change: (value: number) => number): FeatureMatrix {
  return { ...features, values: features.values.map((value) => change(value)) };
}

/** The features of both, one after the other. */
export function joined(one: FeatureMatrix, other: FeatureMatrix): FeatureMatrix {
  const values = Float32Array.of(...one.values, ...other.values);
  return { count: one.count + other.count, dimension: one.dimension, values };
}

/** The features turned about the origin: reflected at three planes (Householder 1958), the same for one dimension. */
export function turned({ count, dimension, values }: FeatureMatrix): FeatureMatrix {
  const rotated = Float64Array.from(values);
  for (let reflection = 0; reflection < 3; reflection++) {
    const normal = randomStream(1, "reflection", reflection).normals(dimension);
    const square = normal.reduce((sum, value) => sum + value ** 2, 0);
    for (let row = 0; row < count; row++) {
      const point = rotated.subarray(row * dimension, (row + 1) * dimension);
      const along = point.reduce((sum, value, column) => sum + value * (normal[column] ?? 0), 0) / square;
      for (let column = 0; column < dimension; column++) {
        point[column] = (point[column] ?? 0) - 2 * along * (normal[column] ?? 0);
      }
    }
  }
  return { count, dimension, values: Float32Array.from(rotated) };
}
