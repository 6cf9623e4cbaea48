import type { Random } from "../foundation/random.ts";
import type { Matrix, MatrixProducts } from "../runtime/index.ts";
import { leadingEigenvectors } from "./eigenvectors.ts";

/** Principal components of rows, as far as the rows show them. */
export interface PrincipalScores {
  /** Variance along each component, the largest first: [count]. */
  readonly variances: Float64Array;
  /** Variance along all there are. */
  readonly total: number;
  /** Coordinate of each row along each component, of mean 0: [count][rows]. */
  readonly scores: readonly Float64Array[];
}

/** Of all variance: components with less are what rounding leaves of none. */
const LEAST_SHARE = 1e-10;
/** Of the mean square: values that vary less are equal up to the rounding of float32. */
const LEAST_VARIANCE = 1e-12;

/**
 * Principal component analysis (Pearson 1901): at most `count` components of the rows of a matrix, fewer where the rows
 * vary in fewer ways. Variances are unbiased. The eigenvectors are those of the covariance [columns, columns] or of the
 * products of all rows [rows, rows], whichever is smaller: both have the same eigenvalues.
 * @param matrix its values are overwritten: each column loses its mean.
 */
export async function principalScores(
  matrix: Matrix,
  count: number,
  products: MatrixProducts,
  random: Random,
): Promise<PrincipalScores> {
  const { rows, columns, values } = matrix;
  const meanSquare = values.reduce((sum, value) => sum + value ** 2, 0) / rows;
  subtractMeans(matrix);
  const total = values.reduce((sum, value) => sum + value ** 2, 0) / (rows - 1);
  if (total <= LEAST_VARIANCE * meanSquare) return { variances: new Float64Array(), total: 0, scores: [] };
  const byRows = rows < columns;
  const square = byRows ? await products.rowsByRows(matrix, matrix) : await products.columnsByColumns(matrix, matrix);
  const wanted = Math.min(count, square.rows);
  const found = await leadingEigenvectors(square, wanted, products, random);
  const variances = found.values.map((value) => value / (rows - 1)).filter((value) => value > LEAST_SHARE * total);
  const vectors = found.vectors.slice(0, variances.length);
  const scores = vectors.map((vector, index) => {
    const scale = Math.sqrt((variances[index] ?? 0) * (rows - 1));
    return byRows ? vector.map((value) => value * scale) : projected(matrix, vector);
  });
  return { variances, total, scores };
}

function subtractMeans({ rows, columns, values }: Matrix): void {
  const means = new Float64Array(columns);
  for (let index = 0; index < values.length; index++) {
    const column = index % columns;
    means[column] = (means[column] ?? 0) + (values[index] ?? 0) / rows;
  }
  for (let index = 0; index < values.length; index++)
    values[index] = (values[index] ?? 0) - (means[index % columns] ?? 0);
}

function projected({ rows, columns, values }: Matrix, vector: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let sum = 0;
    for (let column = 0; column < columns; column++)
      sum += (values[row * columns + column] ?? 0) * (vector[column] ?? 0);
    return sum;
  });
}
