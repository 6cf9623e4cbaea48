import { internalError } from "../../foundation/errors.ts";
import type { Matrix, MatrixProducts } from "../../runtime/index.ts";
import { type Tridiagonal, tridiagonalOf } from "./tridiagonal.ts";

/** Rotations through the matrix that one eigenvalue may take. Two are usual. */
const MOST_SWEEPS = 60;

/**
 * The eigenvalues of a symmetric matrix, in ascending order, within some 1e-15 of the largest in magnitude. No vectors.
 *
 * @param matrix [size, size]; only the lower triangle is read. Its values are overwritten.
 */
export async function eigenvaluesOf(matrix: Matrix, products: MatrixProducts): Promise<Float64Array> {
  return eigenvaluesOfTridiagonal(await tridiagonalOf(matrix, products)).sort();
}

/**
 * The implicit QL method with Wilkinson's shift: Dubrulle, Martin and Wilkinson (1968), "The Implicit QL Algorithm".
 * Overwrites what it is given.
 */
function eigenvaluesOfTridiagonal({ diagonal, beside }: Tridiagonal): Float64Array {
  const size = diagonal.length;
  // From here on element `index` lies between `index` and `index + 1`.
  beside.copyWithin(0, 1);
  beside[size - 1] = 0;
  // Against the whole matrix, not against the neighbours: where those are themselves what rounding leaves of zero, the
  // rotations that pass never let the element fall far below them.
  const largest = diagonal.reduce((most, value, row) => Math.max(most, Math.abs(value), Math.abs(beside[row] ?? 0)), 0);
  const negligible = Number.EPSILON * largest;
  for (let first = 0; first < size; first++) {
    for (let sweep = 0; ; sweep++) {
      const end = endOfBlock(beside, first, negligible);
      if (end === first) break;
      if (sweep === MOST_SWEEPS) throw internalError("eigenvaluesOf", "the QL method does not converge");
      sweepBlock(diagonal, beside, first, end);
    }
  }
  return diagonal;
}

/** The last row of the block that begins at `first`: behind it, the element beside the diagonal is negligible. */
function endOfBlock(beside: Float64Array, first: number, negligible: number): number {
  let row = first;
  while (Math.abs(beside[row] ?? 0) > negligible) row++;
  return row;
}

/** One step of QL: rotations of neighbouring rows, from the end of the block to its first row. */
function sweepBlock(diagonal: Float64Array, beside: Float64Array, first: number, end: number): void {
  const at = diagonal[first] ?? 0;
  const next = beside[first] ?? 0;
  // The eigenvalue of the first two rows that is nearer to the first one.
  const slope = ((diagonal[first + 1] ?? 0) - at) / (2 * next);
  const radius = Math.hypot(slope, 1);
  const shift = at - next / (slope + (slope < 0 ? -radius : radius));

  let [cosine, sine, lag] = [1, 1, 0];
  let lead = (diagonal[end] ?? 0) - shift;
  for (let row = end - 1; row >= first; row--) {
    const bulge = sine * (beside[row] ?? 0);
    const kept = cosine * (beside[row] ?? 0);
    const length = Math.hypot(bulge, lead);
    beside[row + 1] = length;
    if (length === 0) {
      // The block has come apart here.
      diagonal[row + 1] = (diagonal[row + 1] ?? 0) - lag;
      beside[end] = 0;
      return;
    }
    sine = bulge / length;
    cosine = lead / length;
    const below = (diagonal[row + 1] ?? 0) - lag;
    const turned = ((diagonal[row] ?? 0) - below) * sine + 2 * cosine * kept;
    lag = sine * turned;
    diagonal[row + 1] = below + lag;
    lead = cosine * turned - kept;
  }
  diagonal[first] = (diagonal[first] ?? 0) - lag;
  beside[first] = lead;
  beside[end] = 0;
}
