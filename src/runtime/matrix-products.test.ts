import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { type Matrix, MatrixProducts } from "./matrix-products.ts";

function drawn(rows: number, columns: number, name: string): Matrix {
  return { rows, columns, values: Float64Array.from(randomStream(1, name).normals(rows * columns)) };
}

const at = ({ columns, values }: Matrix, row: number, column: number) => values[row * columns + column] ?? Number.NaN;

describe("MatrixProducts", () => {
  it("multiplies rows by rows and columns by columns as a loop does, to float64's last digits", async () => {
    const products = await MatrixProducts.open();
    const [a, b, c] = [drawn(5, 7, "a"), drawn(3, 7, "b"), drawn(5, 2, "c")];
    const byRows = await products.rowsByRows(a, b);
    const byColumns = await products.columnsByColumns(a, c);
    await products.release();

    expect([byRows.rows, byRows.columns, byColumns.rows, byColumns.columns]).toEqual([5, 3, 7, 2]);
    for (let row = 0; row < 5; row++) {
      for (let other = 0; other < 3; other++) {
        let sum = 0;
        for (let column = 0; column < 7; column++) sum += at(a, row, column) * at(b, other, column);
        expect(at(byRows, row, other)).toBeCloseTo(sum, 13);
      }
    }
    for (let column = 0; column < 7; column++) {
      for (let other = 0; other < 2; other++) {
        let sum = 0;
        for (let row = 0; row < 5; row++) sum += at(a, row, column) * at(c, row, other);
        expect(at(byColumns, column, other)).toBeCloseTo(sum, 13);
      }
    }
  });

  it("tells sizes that do not go together", async () => {
    const products = await MatrixProducts.open();
    expect(() => products.rowsByRows(drawn(2, 3, "a"), drawn(2, 4, "b"))).toThrow("3 columns and 4");
    expect(() => products.columnsByColumns(drawn(2, 3, "a"), drawn(3, 3, "b"))).toThrow("2 rows and 3");
    await products.release();
  });
});
