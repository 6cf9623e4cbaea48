import type { Matrix, MatrixProducts } from "../../runtime/index.ts";

/** A symmetric matrix that is zero but for its diagonal and the elements beside it. */
export interface Tridiagonal {
  /** [size] */
  readonly diagonal: Float64Array;
  /** [size]: element `index` lies between `index - 1` and `index`; the first is 0. */
  readonly beside: Float64Array;
}

/** Reflections that are found before the matrix is updated by all of them at once. */
const PANEL = 64;

/**
 * The tridiagonal matrix that has the eigenvalues of a symmetric one: Householder's reflections, from the last row up
 * (Golub and Van Loan 2013, "Matrix Computations", algorithm 8.3.1). The matrix itself is updated once for a whole
 * panel of reflections, by a fast product (Dongarra, Sorensen and Hammarling 1989, "Block reduction of matrices to
 * condensed forms for eigenvalue computations"); within a panel, rows and products are corrected instead.
 *
 * @param matrix [size, size]; only the lower triangle is read. Its values are overwritten.
 */
export async function tridiagonalOf({ rows: size, values }: Matrix, products: MatrixProducts): Promise<Tridiagonal> {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  let remaining = size;
  while (remaining > 0) {
    const steps = Math.min(PANEL, remaining);
    const reflections: Reflection[] = [];
    for (let step = 0; step < steps; step++) {
      const last = remaining - 1 - step;
      const row = values.slice(last * size, last * size + last + 1);
      for (const { normal, image } of reflections) {
        addScaled(row, -(normal[last] ?? 0), image);
        addScaled(row, -(image[last] ?? 0), normal);
      }
      diagonal[last] = row[last] ?? 0;
      const { normal, length } = normalOf(row.subarray(0, last));
      beside[last] = length;
      const image = symmetricProduct(values, size, normal);
      for (const earlier of reflections) {
        const [byNormal, byImage] = [dot(normal, earlier.normal), dot(normal, earlier.image)];
        addScaled(image, -byNormal, earlier.image);
        addScaled(image, -byImage, earlier.normal);
      }
      addScaled(image, -dot(image, normal) / 2, normal);
      reflections.push({ normal, image });
    }
    remaining -= steps;
    if (remaining > 0) await update(values, size, remaining, reflections, products);
  }
  return { diagonal, beside };
}

/** The reflection I - v vᵀ turns A into A - v wᵀ - w vᵀ, where v is the normal, of length √2 or 0. */
interface Reflection {
  /** v */
  readonly normal: Float64Array;
  /** w = A v - (vᵀ A v / 2) v */
  readonly image: Float64Array;
}

/** The normal v of the reflection that turns a row into its last element alone, and what that element becomes. */
function normalOf(row: Float64Array): { readonly normal: Float64Array; readonly length: number } {
  const last = row.length - 1;
  const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (last < 1 || largest === 0) return { normal: new Float64Array(row.length), length: row[last] ?? 0 };
  // Scaled, so that no square is too large or too small for a float64.
  const normal = row.map((value) => value / largest);
  const norm = Math.sqrt(dot(normal, normal));
  const end = normal[last] ?? 0;
  // The sign that adds: a difference would lose digits.
  const signed = end < 0 ? -norm : norm;
  normal[last] = end + signed;
  const scaling = 1 / Math.sqrt(norm * (norm + Math.abs(end)));
  return { normal: normal.map((value) => value * scaling), length: -signed * largest };
}

/**
 * A v for the leading rows and columns of A, as many as v has elements; reads the lower triangle, once. Nearly all the
 * time goes here. Four rows at once share what is loaded and stored of v and of the product: 2.5 times as fast as one.
 */
function symmetricProduct(values: Float64Array, stride: number, vector: Float64Array): Float64Array {
  const size = vector.length;
  const product = new Float64Array(size);
  for (let first = 0, end = size % 4; end <= size; first = end, end += 4) {
    if (first > 0) leftOfDiagonal(values, stride, first, vector, product);
    for (let row = first; row < end; row++) {
      for (let column = first; column <= row; column++) {
        const value = values[row * stride + column] ?? 0;
        product[row] = (product[row] ?? 0) + value * (vector[column] ?? 0);
        if (column < row) product[column] = (product[column] ?? 0) + value * (vector[row] ?? 0);
      }
    }
  }
  return product;
}

/** The part of {@link symmetricProduct} of rows `row` to `row + 3`, columns 0 to `row - 1`, and of the same transposed. */
function leftOfDiagonal(
  values: Float64Array,
  stride: number,
  row: number,
  vector: Float64Array,
  product: Float64Array,
): void {
  const [a, b, c, d] = [row * stride, (row + 1) * stride, (row + 2) * stride, (row + 3) * stride];
  const [va, vb, vc, vd] = [vector[row] ?? 0, vector[row + 1] ?? 0, vector[row + 2] ?? 0, vector[row + 3] ?? 0];
  let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
  for (let column = 0; column < row; column++) {
    const elementA = values[a + column] ?? 0;
    const elementB = values[b + column] ?? 0;
    const elementC = values[c + column] ?? 0;
    const elementD = values[d + column] ?? 0;
    const factor = vector[column] ?? 0;
    sumA += elementA * factor;
    sumB += elementB * factor;
    sumC += elementC * factor;
    sumD += elementD * factor;
    product[column] = (product[column] ?? 0) + (elementA * va + elementB * vb + elementC * vc + elementD * vd);
  }
  product[row] = (product[row] ?? 0) + sumA;
  product[row + 1] = (product[row + 1] ?? 0) + sumB;
  product[row + 2] = (product[row + 2] ?? 0) + sumC;
  product[row + 3] = (product[row + 3] ?? 0) + sumD;
}

/** A - Σ (v wᵀ + w vᵀ) in the leading `remaining` rows and columns of the lower triangle. */
async function update(
  values: Float64Array,
  stride: number,
  remaining: number,
  reflections: readonly Reflection[],
  products: MatrixProducts,
): Promise<void> {
  const stacked = (rows: readonly Float64Array[]): Matrix => {
    const stack = new Float64Array(rows.length * remaining);
    rows.forEach((row, index) => stack.set(row.subarray(0, remaining), index * remaining));
    return { rows: rows.length, columns: remaining, values: stack };
  };
  const normals = reflections.map(({ normal }) => normal);
  const images = reflections.map(({ image }) => image);
  const change = await products.columnsByColumns(stacked([...normals, ...images]), stacked([...images, ...normals]));
  for (let row = 0; row < remaining; row++) {
    for (let column = 0; column <= row; column++) {
      const index = row * stride + column;
      values[index] = (values[index] ?? 0) - (change.values[row * remaining + column] ?? 0);
    }
  }
}

/** The product of as many elements as the shorter one has. */
function dot(one: Float64Array, other: Float64Array): number {
  const count = Math.min(one.length, other.length);
  let sum = 0;
  for (let index = 0; index < count; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

/** Adds `factor` times `values` to `target`, to as many elements as it has. */
function addScaled(target: Float64Array, factor: number, values: Float64Array): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] ?? 0) + factor * (values[index] ?? 0);
  }
}
