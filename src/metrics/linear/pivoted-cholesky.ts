import type { Matrix, MatrixProducts } from "../../runtime/index.ts";

/** Rows of the root that are found before the matrix is updated by all of them at once. */
const PANEL = 128;

/**
 * Rows R with S = Rᵀ R for a symmetric positive semi-definite matrix S of any rank, [d, d] to [rank, d]: Cholesky's
 * factorisation that always goes on with the largest remaining diagonal element, and ends when that is not above
 * d · 2^-52 times the largest of S, which is what rounding leaves of zero. Higham (2002), "Accuracy and Stability of
 * Numerical Algorithms", section 10.3. Rows and columns stay where they are, so R is triangular but for their order.
 *
 * @param matrix S; its values are overwritten.
 */
export async function pivotedCholesky(matrix: Matrix, products: MatrixProducts): Promise<Matrix> {
  const { columns: size, values: rest } = matrix;
  const root = new Float64Array(size * size);
  const diagonal = Float64Array.from({ length: size }, (_, index) => rest[index * (size + 1)] ?? 0);
  const negligible = size * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  /** Columns that were pivots: exactly zero in all further rows. */
  const used: number[] = [];

  for (let first = 0; first < size; first = used.length) {
    while (used.length < Math.min(first + PANEL, size)) {
      const pivot = indexOfLargest(diagonal);
      const scale = diagonal[pivot] ?? 0;
      if (scale <= negligible) return firstRows(root, used.length, size);
      const row = root.subarray(used.length * size, (used.length + 1) * size);
      row.set(rest.subarray(pivot * size, (pivot + 1) * size));
      for (let above = first; above < used.length; above++) {
        const other = root.subarray(above * size, (above + 1) * size);
        const factor = other[pivot] ?? 0;
        for (let column = 0; column < size; column++) {
          row[column] = (row[column] ?? 0) - factor * (other[column] ?? 0);
        }
      }
      const scaling = 1 / Math.sqrt(scale);
      for (let column = 0; column < size; column++) {
        const value = (row[column] ?? 0) * scaling;
        row[column] = value;
        diagonal[column] = (diagonal[column] ?? 0) - value * value;
      }
      for (const column of used) row[column] = 0;
      row[pivot] = Math.sqrt(scale);
      used.push(pivot);
      for (const column of used) diagonal[column] = Number.NEGATIVE_INFINITY;
    }
    const panel = { rows: used.length - first, columns: size, values: root.subarray(first * size, used.length * size) };
    if (used.length < size) subtract(rest, (await products.columnsByColumns(panel, panel)).values);
  }
  return firstRows(root, size, size);
}

function indexOfLargest(values: Float64Array): number {
  let largest = 0;
  for (let index = 1; index < values.length; index++) {
    if ((values[index] ?? 0) > (values[largest] ?? 0)) largest = index;
  }
  return largest;
}

function firstRows(values: Float64Array, rows: number, columns: number): Matrix {
  return { rows, columns, values: values.slice(0, rows * columns) };
}

function subtract(from: Float64Array, values: Float64Array): void {
  for (let index = 0; index < from.length; index++) from[index] = (from[index] ?? 0) - (values[index] ?? 0);
}
