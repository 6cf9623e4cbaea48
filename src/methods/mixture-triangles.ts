import { internalError } from "../foundation/errors.ts";

/** The lower triangular L with L Lᵀ = A, [size, size], of a positive definite A. @throws Error (internal) for another. */
export function choleskyFactor(matrix: Float64Array, size: number): Float64Array {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column] ?? 0;
      for (let inner = 0; inner < column; inner++) {
        rest -= (factor[row * size + inner] ?? 0) * (factor[column * size + inner] ?? 0);
      }
      if (row === column && !(rest > 0)) throw internalError("choleskyFactor", `${rest} on the diagonal`);
      factor[row * size + column] = row === column ? Math.sqrt(rest) : rest / (factor[column * size + column] ?? 1);
    }
  }
  return factor;
}

/** The inverse of a lower triangular matrix, [size, size], lower triangular too. */
export function invertedTriangle(factor: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  for (let column = 0; column < size; column++) {
    inverse[column * size + column] = 1 / (factor[column * size + column] ?? 1);
    for (let row = column + 1; row < size; row++) {
      let total = 0;
      for (let inner = column; inner < row; inner++) {
        total += (factor[row * size + inner] ?? 0) * (inverse[inner * size + column] ?? 0);
      }
      inverse[row * size + column] = -total / (factor[row * size + row] ?? 1);
    }
  }
  return inverse;
}
