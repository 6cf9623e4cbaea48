import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { randomStream } from "../../foundation/random.ts";
import { MatrixProducts } from "../../runtime/index.ts";
import { drawnReflection, type Rows, timesTransposed } from "../testing/exact-features.ts";
import { eigenvaluesOf } from "./eigenvalues.ts";

const { spectra } = z
  .object({
    spectra: z.array(
      z.object({ name: z.string(), matrix: z.array(z.array(z.number())), eigenvalues: z.array(z.number()) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../testing/frechet_golden.json", import.meta.url), "utf8")));

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

function eigenvalues(rows: Rows): Promise<Float64Array> {
  return eigenvaluesOf({ rows: rows.length, columns: rows.length, values: Float64Array.from(rows.flat()) }, products);
}

/** How far eigenvalues are from the expected ones, relative to the largest in magnitude. */
function error(found: Float64Array, expected: readonly number[]): number {
  expect(found).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs), Number.MIN_VALUE);
  return Math.max(...expected.map((value, index) => Math.abs(value - (found[index] ?? Number.NaN)) / largest));
}

/** Q diag(values) Qᵀ for an orthogonal Q that mixes everything. */
function withEigenvalues(values: readonly number[], seed: number): number[][] {
  const random = randomStream(seed, "eigenvalues", values.length);
  const one = drawnReflection(values.length, random);
  const turned = timesTransposed(drawnReflection(values.length, random), one);
  return timesTransposed(
    turned.map((row) => row.map((value, index) => value * (values[index] ?? 0))),
    turned,
  );
}

describe("eigenvaluesOf", () => {
  it.each(spectra)("gives scipy's eigenvalues: $name", async ({ matrix, eigenvalues: expected }) => {
    expect(error(await eigenvalues(matrix), expected)).toBeLessThan(1e-14);
  });

  it("gives 2 - 2 cos(kπ/(n + 1)) for second differences", async () => {
    const beside = (row: number, column: number) => (Math.abs(row - column) === 1 ? -1 : 0);
    const line = Array.from({ length: 101 }, (_, index) => index);
    const rows = line.map((row) => line.map((column) => (row === column ? 2 : beside(row, column))));
    const expected = line.map((index) => 2 - 2 * Math.cos(((index + 1) * Math.PI) / 102));
    expect(error(await eigenvalues(rows), expected)).toBeLessThan(1e-14);
  });

  it("finds the eigenvalues that a matrix was made with, of any size and sign", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 80 }),
        fc.nat(1000),
        async (values, seed) => {
          const expected = [...values].sort((one, other) => one - other);
          expect(error(await eigenvalues(withEigenvalues(values, seed)), expected)).toBeLessThan(1e-13);
        },
      ),
      { seed: 7, numRuns: 25 },
    );
  });

  it("keeps equal eigenvalues equal", async () => {
    const values = Array.from({ length: 70 }, (_, index) => Math.floor(index / 35) - 1);
    expect(error(await eigenvalues(withEigenvalues(values, 1)), values)).toBeLessThan(1e-13);
  });

  it.each([20, 5])(
    "ends where most values are what rounding leaves of zero: columns ten times less every %i",
    async (every) => {
      const drawn = randomStream(1, "graded").normals(150 * 150);
      const columns = Float64Array.from(drawn).map((value, index) => value * 10 ** (-(index % 150) / every));
      const factor = { rows: 150, columns: 150, values: columns };
      const gram = await products.columnsByColumns(factor, factor);
      const squares = gram.values.reduce((sum, value) => sum + value ** 2, 0);
      const found = await eigenvaluesOf(gram, products);
      const total = columns.reduce((sum, value) => sum + value ** 2, 0);
      expect(Math.abs(found.reduce((sum, value) => sum + value, 0) / total - 1)).toBeLessThan(1e-13);
      expect(Math.abs(found.reduce((sum, value) => sum + value ** 2, 0) / squares - 1)).toBeLessThan(1e-13);
      expect(found[0]).toBeGreaterThan(-1e-14 * total);
    },
  );

  it.each([1e-150, 1, 1e150])("is exact to the same digits at the scale %s", async (scale) => {
    const values = [-3, 0, 1, 2, 5].map((value) => value * scale);
    expect(error(await eigenvalues(withEigenvalues(values, 2)), values)).toBeLessThan(1e-14);
  });

  it("gives zeros for a matrix of zeros, and the element of a matrix of one", async () => {
    expect([
      ...(await eigenvalues([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
      ])),
    ]).toEqual([0, 0, 0]);
    expect([...(await eigenvalues([[-4]]))]).toEqual([-4]);
  });
});
