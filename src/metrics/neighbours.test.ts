import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { nearestNeighbours } from "./neighbours.ts";
import { gaussian, grid, joined, mapped } from "./testing/drawn-features.ts";

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

/** All distances of one query, sorted. */
function sortedDistances(queries: FeatureMatrix, query: number, candidates: FeatureMatrix, excludeSelf: boolean) {
  const at = ({ values, dimension }: FeatureMatrix, row: number, column: number) =>
    values[row * dimension + column] ?? Number.NaN;
  const all = Array.from({ length: candidates.count }, (_, index) => {
    let square = 0;
    for (let column = 0; column < queries.dimension; column++) {
      square += (at(queries, query, column) - at(candidates, index, column)) ** 2;
    }
    return { index, distance: Math.sqrt(square) };
  });
  return all
    .filter(({ index }) => !excludeSelf || index !== query)
    .sort((one, other) => one.distance - other.distance || one.index - other.index);
}

async function expectAsBruteForce(queries: FeatureMatrix, candidates: FeatureMatrix, k: number, excludeSelf: boolean) {
  const found = await nearestNeighbours(queries, candidates, products, { k, excludeSelf });
  expect(found.k).toBe(k);
  for (let query = 0; query < queries.count; query++) {
    const expected = sortedDistances(queries, query, candidates, excludeSelf).slice(0, k);
    expect([...found.indices.subarray(query * k, (query + 1) * k)]).toEqual(expected.map(({ index }) => index));
    expect([...found.distances.subarray(query * k, (query + 1) * k)]).toEqual(expected.map(({ distance }) => distance));
  }
}

describe("nearestNeighbours", () => {
  it("finds what comparing all pairs finds, equally near ones in their order", async () => {
    const shape = { count: fc.integer({ min: 1, max: 40 }), dimension: fc.integer({ min: 1, max: 6 }) };
    const cases = fc.record({ ...shape, queries: fc.integer({ min: 1, max: 20 }), k: fc.integer({ min: 1, max: 7 }) });
    await fc.assert(
      fc.asyncProperty(cases, fc.boolean(), async ({ count, dimension, queries, k }, excludeSelf) => {
        const candidates = grid(count + k, dimension, 1);
        const asked = excludeSelf ? candidates : grid(queries, dimension, 2);
        await expectAsBruteForce(asked, candidates, k, excludeSelf);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  it("finds neighbours among more images than are compared at once", async () => {
    await expectAsBruteForce(gaussian(1010, 3, "queries"), gaussian(1040, 3, "candidates"), 3, false);
  });

  it("gives copies the distance 0 and tells them from what all but equals them, far from the mean too", async () => {
    const images = mapped(gaussian(50, 200, "far"), (value) => 30000 + value);
    const near = mapped(images, (value) => value + 2 ** -8);
    const opposite = mapped(images, (value) => -value);
    const candidates = joined(joined(near, images), opposite);
    const { indices, distances } = await nearestNeighbours(images, candidates, products, { k: 1 });
    expect([...indices]).toEqual(Array.from({ length: 50 }, (_, image) => 50 + image));
    expect([...distances]).toEqual(Array.from({ length: 50 }, () => 0));
  });

  it("keeps the order of tiny differences where all images are far from the origin", async () => {
    const line = Float32Array.from({ length: 100 * 1000 }, (_, index) => 30000 - Math.floor(index / 1000) * 2 ** -9);
    const images = { count: 100, dimension: 1000, values: line };
    await expectAsBruteForce(rowsAt(images, [99, 50, 10]), images, 3, false);
  });

  it("names the first of many copies, which all are equally near", async () => {
    const [image, others] = [gaussian(1, 300, "image"), gaussian(20, 300, "others")];
    const candidates = joined(others, rowsAt(image, new Uint32Array(100)));
    const { indices, distances } = await nearestNeighbours(image, candidates, products, { k: 3 });
    expect([...indices]).toEqual([20, 21, 22]);
    expect([...distances]).toEqual([0, 0, 0]);
  });

  it("finds a copy of an image beside the image itself", async () => {
    const images = joined(gaussian(5, 4, "images"), rowsAt(gaussian(5, 4, "images"), [2]));
    const { indices, distances } = await nearestNeighbours(images, images, products, { k: 1, excludeSelf: true });
    expect([indices[2], indices[5]]).toEqual([5, 2]);
    expect([distances[2], distances[5]]).toEqual([0, 0]);
    expect(distances[0]).toBeGreaterThan(0);
  });

  it("refuses too few images, features that are not numbers, and stops when told to", async () => {
    const images = gaussian(3, 2, "few");
    await expect(nearestNeighbours(images, images, products, { k: 3, excludeSelf: true })).rejects.toThrow(
      "expected at least 3 images besides the one in question, received 3",
    );
    const broken = { ...images, values: Float32Array.of(0, 1, 2, Number.NaN, 4, 5) };
    await expect(nearestNeighbours(images, broken, products, { k: 1 })).rejects.toThrow(
      "features: expected finite numbers, received NaN for image 1",
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(nearestNeighbours(images, images, products, { k: 1, signal })).rejects.toThrow("enough");
  });
});
