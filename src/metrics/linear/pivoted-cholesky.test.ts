import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { type Matrix, MatrixProducts } from "../../runtime/index.ts";
import { pivotedCholesky } from "./pivoted-cholesky.ts";

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

/** Bᵀ B for a drawn B [rank, size], so of that rank. */
function drawn(size: number, rank: number, seed: number): Promise<Matrix> {
  const values = Float64Array.from(randomStream(seed, "cholesky", size, rank).normals(rank * size));
  return products.columnsByColumns({ rows: rank, columns: size, values }, { rows: rank, columns: size, values });
}

/** The largest difference between two matrices, relative to the largest element of the second. */
function difference(one: Matrix, other: Matrix): number {
  const largest = other.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const apart = other.values.map((value, index) => Math.abs(value - (one.values[index] ?? Number.NaN)));
  return apart.reduce((most, value) => (value <= most ? most : value), 0) / largest;
}

describe("pivotedCholesky", () => {
  it("gives as many rows as the rank, and the matrix is the product of them", async () => {
    const sizes = fc.integer({ min: 1, max: 90 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1000), async ([size, less], seed) => {
        const matrix = await drawn(size, size - less, seed);
        const root = await pivotedCholesky({ ...matrix, values: matrix.values.slice() }, products);
        expect([root.rows, root.columns]).toEqual([size - less, size]);
        expect(difference(await products.columnsByColumns(root, root), matrix)).toBeLessThan(1e-13);
      }),
      { seed: 5, numRuns: 25 },
    );
  });

  it("goes on over several panels", async () => {
    const matrix = await drawn(200, 150, 1);
    const root = await pivotedCholesky({ ...matrix, values: matrix.values.slice() }, products);
    expect(root.rows).toBe(150);
    expect(difference(await products.columnsByColumns(root, root), matrix)).toBeLessThan(1e-13);
  });

  it("takes the largest diagonal element first", async () => {
    const values = new Float64Array([4, 2, 0, 2, 10, 6, 0, 6, 9]);
    const { values: root } = await pivotedCholesky({ rows: 3, columns: 3, values }, products);
    // By hand: 10, then 9 - 3.6 = 5.4 against 4 - 0.4 = 3.6, then what is left.
    const expected = [2 / Math.sqrt(10), Math.sqrt(10), 6 / Math.sqrt(10), -1.2 / Math.sqrt(5.4), 0, Math.sqrt(5.4)];
    expected.push(Math.sqrt(3.6 - 1.44 / 5.4), 0, 0);
    expect([...root].map((value, index) => value - (expected[index] ?? 0)).every((off) => Math.abs(off) < 1e-14)).toBe(
      true,
    );
  });

  it("gives no rows for a matrix of zeros", async () => {
    const root = await pivotedCholesky({ rows: 3, columns: 3, values: new Float64Array(9) }, products);
    expect([root.rows, root.columns]).toEqual([0, 3]);
  });
});
