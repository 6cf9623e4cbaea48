// Test support: the largest singular value of small matrices, found independently of the engine.

/** The largest singular value of a matrix, row-major, with its vectors: many steps of power iteration on A A^T. */
export function singularTriple(matrix: ArrayLike<number>, rows: number, columns: number) {
  const at = (row: number, column: number) => matrix[row * columns + column] ?? 0;
  let left = Float64Array.from({ length: rows }, (_, row) => 1 + row / rows);
  let right = new Float64Array(columns);
  let value = 0;
  for (let step = 0; step < 2000; step++) {
    right = unit(
      Float64Array.from({ length: columns }, (_, column) => total(rows, (row) => at(row, column) * (left[row] ?? 0))),
    );
    const image = Float64Array.from({ length: rows }, (_, row) =>
      total(columns, (column) => at(row, column) * (right[column] ?? 0)),
    );
    value = Math.hypot(...image);
    left = unit(image);
  }
  return { left, value, right };
}

function total(count: number, term: (index: number) => number): number {
  return Array.from({ length: count }, (_, index) => term(index)).reduce((sum, value) => sum + value, 0);
}

function unit(vector: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
