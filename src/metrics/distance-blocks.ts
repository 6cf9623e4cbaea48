import { AtelierError } from "../foundation/errors.ts";
import type { Matrix, MatrixProducts } from "../runtime/index.ts";
import { asMatrix, type FeatureMatrix, meanOf, rowsBetween } from "./feature-matrix.ts";

/** Rows of a block: large enough for the product to run at full speed, small enough for a block of pairs to stay 8 MB. */
const ROWS = 1000;
/** Numbers of a block at most (64 MB): fewer rows where they are long. */
const VALUES = 2 ** 23;

/** Some rows of a feature matrix, from `first` up to `end`. */
export interface RowBlock {
  readonly first: number;
  readonly end: number;
}

/** All rows of a feature matrix in blocks, in order, each small enough to be held in float64. */
export function rowBlocks({ count, dimension }: FeatureMatrix): RowBlock[] {
  const rows = Math.max(1, Math.min(ROWS, Math.floor(VALUES / dimension)));
  return Array.from({ length: Math.ceil(count / rows) }, (_, block) => ({
    first: block * rows,
    end: Math.min(count, (block + 1) * rows),
  }));
}

/** @throws AtelierError (data) where a feature is infinite or not a number: no distance can be right then. */
export function requireFinite({ dimension, values }: FeatureMatrix): void {
  for (let place = 0; place < values.length; place++) {
    if (Number.isFinite(values[place])) continue;
    throw new AtelierError({
      kind: "data",
      where: "features",
      expected: "finite numbers",
      received: `${values[place]} for image ${Math.floor(place / dimension)}`,
      help: "use another feature extractor or another layer of it",
    });
  }
}

/** The Euclidean distance between two rows, computed in float64 from their differences: exactly 0 between copies. */
export function distanceBetween(one: FeatureMatrix, row: number, other: FeatureMatrix, otherRow: number): number {
  const { dimension } = one;
  let sum = 0;
  for (let column = 0; column < dimension; column++) {
    const difference = (one.values[row * dimension + column] ?? 0) - (other.values[otherRow * dimension + column] ?? 0);
    sum += difference * difference;
  }
  return Math.sqrt(sum);
}

/** Squared distances between a block of queries and a block of candidates. */
export interface DistanceBlock {
  readonly queries: RowBlock;
  readonly candidates: RowBlock;
  /** [queries, candidates]; up to `rounding`, so a little below 0 at times. */
  readonly squares: Float64Array;
  /** How far off a squared distance can be, at a row and column of the block. */
  readonly rounding: (row: number, column: number) => number;
}

/**
 * The squared Euclidean distances between all queries and all candidates, block by block, as |q|² + |c|² - 2 q·c: fast,
 * but only as exact as |q|² and |c|² allow. Everything is therefore moved by the candidates' mean first. Blocks come
 * with the queries in order, and for each block of them the candidates in order.
 * @throws AtelierError (data) where a feature is not finite; the signal's reason when it aborts.
 */
export async function* distanceBlocks(
  queries: FeatureMatrix,
  candidates: FeatureMatrix,
  products: MatrixProducts,
  signal?: AbortSignal,
): AsyncGenerator<DistanceBlock> {
  requireFinite(queries);
  requireFinite(candidates);
  const origin = meanOf(candidates);
  // The worst that sums of so many products can be off, relative to |q|² + |c|²; and some for what is done to them.
  const relative = Number.EPSILON * (queries.dimension + 8);
  for (const queryRows of rowBlocks(queries)) {
    const query = asMatrix(rowsBetween(queries, queryRows.first, queryRows.end), origin);
    const querySquares = rowSquares(query);
    for (const candidateRows of rowBlocks(candidates)) {
      signal?.throwIfAborted();
      const candidate = asMatrix(rowsBetween(candidates, candidateRows.first, candidateRows.end), origin);
      const candidateSquares = rowSquares(candidate);
      const { values: squares } = await products.rowsByRows(query, candidate);
      for (let row = 0, place = 0; row < query.rows; row++) {
        const querySquare = querySquares[row] ?? 0;
        for (let column = 0; column < candidate.rows; column++, place++) {
          squares[place] = querySquare + (candidateSquares[column] ?? 0) - 2 * (squares[place] ?? 0);
        }
      }
      const rounding = (row: number, column: number) =>
        relative * ((querySquares[row] ?? 0) + (candidateSquares[column] ?? 0));
      yield { queries: queryRows, candidates: candidateRows, squares, rounding };
    }
  }
}

/** |x|² of every row. */
function rowSquares({ rows, columns, values }: Matrix): Float64Array {
  const squares = new Float64Array(rows);
  for (let row = 0, place = 0; row < rows; row++) {
    let sum = 0;
    for (let column = 0; column < columns; column++, place++) sum += (values[place] ?? 0) ** 2;
    squares[row] = sum;
  }
  return squares;
}
