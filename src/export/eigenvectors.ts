import type { Random } from "../foundation/random.ts";
import type { Matrix, MatrixProducts } from "../runtime/index.ts";

/** The largest eigenvalues of a symmetric matrix, and their eigenvectors. */
export interface Eigenvectors {
  /** [count], the largest first. */
  readonly values: Float64Array;
  /** [count][size], of length 1. */
  readonly vectors: readonly Float64Array[];
}

/** Vectors that go along: the wanted ones converge by the ratio of their eigenvalues to the first one left out. */
const MORE = 10;
const MOST_ROUNDS = 300;
/** Of the largest eigenvalue; an eigenvalue is then right to the square of it. */
const TOLERANCE = 1e-9;

/**
 * The `count` largest eigenvalues of a symmetric positive semi-definite matrix, and their eigenvectors: orthogonal iteration
 * with Rayleigh and Ritz's projection in each round (Golub and Van Loan 2013, "Matrix Computations", section 8.2.4). Among
 * eigenvalues that are all but equal the vectors are any of the plane, as they are by nature.
 * @param matrix [size, size]
 */
export async function leadingEigenvectors(
  matrix: Matrix,
  count: number,
  products: MatrixProducts,
  random: Random,
): Promise<Eigenvectors> {
  const size = matrix.columns;
  const width = Math.min(size, 2 * count + MORE);
  let basis = orthonormal(
    Array.from({ length: width }, () => Float64Array.from({ length: size }, () => random.normal())),
    random,
  );
  for (let round = 1; ; round++) {
    const rows = stacked(basis, size);
    const images = rowsOf(await products.rowsByRows(rows, matrix));
    const small = basis.map((row) => Float64Array.from(images, (image) => dot(row, image)));
    const { values, vectors: turns } = jacobi(small);
    const vectors = turns.map((turn) => weightedSum(basis, turn));
    const turned = turns.map((turn) => weightedSum(images, turn));
    const largest = values[0] ?? 0;
    const residual = turned.slice(0, count).reduce((most, image, index) => {
      const value = values[index] ?? 0;
      const off = image.map((element, position) => element - value * (vectors[index]?.[position] ?? 0));
      return Math.max(most, Math.sqrt(dot(off, off)));
    }, 0);
    if (residual <= TOLERANCE * largest || round === MOST_ROUNDS || width === size) {
      return { values: values.slice(0, count), vectors: vectors.slice(0, count) };
    }
    basis = orthonormal(turned, random);
  }
}

/** The same space by vectors of length 1 at right angles (Gram and Schmidt, twice); lost ones are drawn anew. */
function orthonormal(rows: readonly Float64Array[], random: Random): readonly Float64Array[] {
  const done: Float64Array[] = [];
  for (const row of rows) {
    let vector = row;
    for (;;) {
      const before = Math.sqrt(dot(vector, vector));
      for (let pass = 0; pass < 2; pass++) {
        for (const other of done) addScaled(vector, -dot(other, vector), other);
      }
      const length = Math.sqrt(dot(vector, vector));
      if (length > before * Number.EPSILON * vector.length) {
        done.push(vector.map((value) => value / length));
        break;
      }
      vector = Float64Array.from(vector, () => random.normal());
    }
  }
  return done;
}

/** All eigenvalues and eigenvectors of a small symmetric matrix, the largest first, by Jacobi's rotations (1846). */
function jacobi(matrix: readonly Float64Array[]): Eigenvectors {
  const rows = matrix.map((row) => Float64Array.from(row));
  const turns = rows.map((_, index) => Float64Array.from(rows, (__, other) => (index === other ? 1 : 0)));
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  const total = rows.reduce((sum, row) => sum + dot(row, row), 0);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let off = 0;
    for (let p = 0; p < rows.length; p++) for (let q = 0; q < p; q++) off += at(p, q) ** 2;
    if (off <= total * Number.EPSILON ** 2) break;
    for (let p = 1; p < rows.length; p++) {
      for (let q = 0; q < p; q++) {
        if (at(p, q) === 0) continue;
        const ratio = (at(q, q) - at(p, p)) / (2 * at(p, q));
        const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.sqrt(ratio ** 2 + 1));
        const cosine = 1 / Math.sqrt(tangent ** 2 + 1);
        const sine = tangent * cosine;
        for (const row of rows) rotate(row, p, q, cosine, sine);
        const [rowP, rowQ] = [rows[p], rows[q]];
        const [turnP, turnQ] = [turns[p], turns[q]];
        if (rowP === undefined || rowQ === undefined || turnP === undefined || turnQ === undefined) continue;
        rotateRows(rowP, rowQ, cosine, sine);
        rotateRows(turnP, turnQ, cosine, sine);
      }
    }
  }
  const order = [...rows.keys()].sort((one, other) => at(other, other) - at(one, one));
  return {
    values: Float64Array.from(order, (index) => at(index, index)),
    vectors: order.map((index) => turns[index] ?? new Float64Array()),
  };
}

const MOST_SWEEPS = 50;

function rotate(row: Float64Array, p: number, q: number, cosine: number, sine: number): void {
  const [one, other] = [row[p] ?? 0, row[q] ?? 0];
  row[p] = cosine * one - sine * other;
  row[q] = sine * one + cosine * other;
}

function rotateRows(p: Float64Array, q: Float64Array, cosine: number, sine: number): void {
  for (let index = 0; index < p.length; index++) {
    const [one, other] = [p[index] ?? 0, q[index] ?? 0];
    p[index] = cosine * one - sine * other;
    q[index] = sine * one + cosine * other;
  }
}

function stacked(rows: readonly Float64Array[], columns: number): Matrix {
  const values = new Float64Array(rows.length * columns);
  rows.forEach((row, index) => values.set(row, index * columns));
  return { rows: rows.length, columns, values };
}

function rowsOf({ rows, columns, values }: Matrix): readonly Float64Array[] {
  return Array.from({ length: rows }, (_, row) => values.slice(row * columns, (row + 1) * columns));
}

function weightedSum(rows: readonly Float64Array[], weights: Float64Array): Float64Array {
  const sum = new Float64Array(rows[0]?.length ?? 0);
  rows.forEach((row, index) => addScaled(sum, weights[index] ?? 0, row));
  return sum;
}

function dot(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < one.length; index++) sum += (one[index] ?? 0) * (other[index] ?? 0);
  return sum;
}

function addScaled(target: Float64Array, factor: number, values: Float64Array): void {
  for (let index = 0; index < target.length; index++) {
    target[index] = (target[index] ?? 0) + factor * (values[index] ?? 0);
  }
}
