import type { MatrixProducts } from "../runtime/index.ts";
import { type RowBlock, requireFinite, rowBlocks } from "./distance-blocks.ts";
import { asMatrix, type FeatureMatrix, rowsBetween } from "./feature-matrix.ts";

/** Images that an estimate uses, as rows of the two sides. */
export interface Subset {
  readonly real: Uint32Array;
  readonly generated: Uint32Array;
}

/** The subset that has all images. */
export function everything(real: FeatureMatrix, generated: FeatureMatrix): Subset {
  const all = ({ count }: FeatureMatrix) => Uint32Array.from({ length: count }, (_, row) => row);
  return { real: all(real), generated: all(generated) };
}

/**
 * The unbiased estimate of the squared maximum mean discrepancy for the kernel k(x, y) = (x·y / d + 1)³, for each subset,
 * by one pass over all pairs of images.
 * @throws AtelierError (data) where a feature is not finite; the signal's reason when it aborts.
 */
export async function unbiasedEstimates(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  subsets: readonly Subset[],
  signal: AbortSignal | undefined,
): Promise<number[]> {
  requireFinite(real);
  requireFinite(generated);
  const ofReal = {
    features: real,
    blocks: pickedBlocks(
      real,
      subsets.map((subset) => subset.real),
    ),
  };
  const ofGenerated = {
    features: generated,
    blocks: pickedBlocks(
      generated,
      subsets.map((subset) => subset.generated),
    ),
  };
  const amongReal = await kernelSums(ofReal, ofReal, products, signal);
  const amongGenerated = await kernelSums(ofGenerated, ofGenerated, products, signal);
  const between = await kernelSums(ofReal, ofGenerated, products, signal);
  return subsets.map((subset, index) => {
    const [n, m] = [subset.real.length, subset.generated.length];
    const among = (amongReal[index] ?? 0) / (n * (n - 1)) + (amongGenerated[index] ?? 0) / (m * (m - 1));
    return among - (2 * (between[index] ?? 0)) / (n * m);
  });
}

/** A block of rows, and which of its rows each subset has, counted from the block's first. */
interface PickedBlock extends RowBlock {
  readonly picked: readonly Uint32Array[];
}

interface Side {
  readonly features: FeatureMatrix;
  readonly blocks: readonly PickedBlock[];
}

function pickedBlocks(features: FeatureMatrix, subsets: readonly Uint32Array[]): PickedBlock[] {
  return rowBlocks(features).map(({ first, end }) => ({
    first,
    end,
    // In order, so that a block is read in order.
    picked: subsets.map((rows) =>
      rows
        .filter((row) => row >= first && row < end)
        .map((row) => row - first)
        .sort(),
    ),
  }));
}

/** For each subset the sum of the kernel over its pairs of a row and another: of two sides, or of one with itself. */
async function kernelSums(one: Side, other: Side, products: MatrixProducts, signal: AbortSignal | undefined) {
  const sums = new Float64Array(one.blocks[0]?.picked.length ?? 0);
  for (const rows of one.blocks) {
    const matrix = asMatrix(rowsBetween(one.features, rows.first, rows.end));
    for (const columns of other.blocks) {
      // A side's pairs with itself are symmetric: those above the diagonal count twice, an image's own not at all.
      if (one === other && columns.first < rows.first) continue;
      signal?.throwIfAborted();
      const otherMatrix = rows === columns ? matrix : asMatrix(rowsBetween(other.features, columns.first, columns.end));
      const { values } = await products.rowsByRows(matrix, otherMatrix);
      applyKernel(values, matrix.columns);
      if (rows === columns) for (let row = 0; row < matrix.rows; row++) values[row * matrix.rows + row] = 0;
      const weight = one === other && rows !== columns ? 2 : 1;
      for (const [subset, picked] of rows.picked.entries()) {
        const sum = sumAt(values, otherMatrix.rows, picked, columns.picked[subset] ?? new Uint32Array());
        sums[subset] = (sums[subset] ?? 0) + weight * sum;
      }
    }
  }
  return sums;
}

/** Replaces x·y by (x·y / d + 1)³. */
function applyKernel(values: Float64Array, dimension: number): void {
  for (let place = 0; place < values.length; place++) {
    const base = (values[place] ?? 0) / dimension + 1;
    values[place] = base * base * base;
  }
}

/** The sum of the elements in some rows and some columns of a matrix of `width` columns. */
function sumAt(values: Float64Array, width: number, rows: Uint32Array, columns: Uint32Array): number {
  let sum = 0;
  for (let row = 0; row < rows.length; row++) {
    const start = (rows[row] ?? 0) * width;
    for (let column = 0; column < columns.length; column++) sum += values[start + (columns[column] ?? 0)] ?? 0;
  }
  return sum;
}
