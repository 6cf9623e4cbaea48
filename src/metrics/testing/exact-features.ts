import type { Random } from "../../foundation/random.ts";
import type { FeatureMatrix } from "../feature-matrix.ts";

// Test support: features whose mean and covariance are exactly the wanted ones, but for the rounding to float32.

/** Numbers in rows. */
export type Rows = readonly (readonly number[])[];

/** A Bᵀ by a loop. */
export function timesTransposed(a: Rows, b: Rows): number[][] {
  return a.map((row) => b.map((other) => dot(row, other)));
}

export function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}

export function featuresOf(rows: Rows): FeatureMatrix {
  return { count: rows.length, dimension: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

export function rowsOf({ count, dimension, values }: FeatureMatrix): number[][] {
  return Array.from({ length: count }, (_, row) => [...values.subarray(row * dimension, (row + 1) * dimension)]);
}

/** I - 2 u uᵀ for a drawn unit vector u: an orthogonal matrix that mixes everything. */
export function drawnReflection(size: number, random: Random): number[][] {
  const drawn = [...random.normals(size)];
  const length = Math.sqrt(dot(drawn, drawn));
  const u = drawn.map((value) => value / length);
  return u.map((one, row) => u.map((other, column) => (row === column ? 1 : 0) - 2 * one * other));
}

/**
 * `count` rows with exactly this mean [d] and the unbiased covariance L Lᵀ, L [d, e]: a draw from N(0, I) is centred, its
 * columns are made orthogonal (Gram and Schmidt, twice against rounding) and as long as √(count - 1), and L maps them.
 */
export function exactFeatures(count: number, mean: readonly number[], root: Rows, random: Random): FeatureMatrix {
  const done: number[][] = [Array.from({ length: count }, () => 1 / Math.sqrt(count))];
  for (let column = 0; column < (root[0]?.length ?? 0); column++) {
    let drawn = [...random.normals(count)];
    for (const other of [...done, ...done]) {
      const along = dot(drawn, other);
      drawn = drawn.map((value, index) => value - along * (other[index] ?? 0));
    }
    const length = Math.sqrt(dot(drawn, drawn));
    done.push(drawn.map((value) => value / length));
  }
  const columns = done.slice(1);
  const rows = Array.from({ length: count }, (_, row) => {
    const white = columns.map((column) => (column[row] ?? 0) * Math.sqrt(count - 1));
    return root.map((weights, feature) => (mean[feature] ?? 0) + dot(weights, white));
  });
  return featuresOf(rows);
}
