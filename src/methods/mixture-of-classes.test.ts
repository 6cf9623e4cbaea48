import { afterAll, describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { MatrixProducts } from "../runtime/index.ts";
import type { GaussianMixture } from "./mixture.ts";
import { fitMixture } from "./mixture-fit.ts";
import { fitClassMixture } from "./mixture-of-classes.ts";

const products = await MatrixProducts.open();
afterAll(() => products.release());

const size = 3;
const random = randomStream(1, "codes");
const codesAround = (count: number, centre: number) =>
  Array.from({ length: count }, () => Array.from({ length: size }, (_, axis) => centre + (axis + 1) * random.normal()));
const matrixOf = (rows: readonly (readonly number[])[]) => ({
  count: rows.length,
  dimension: size,
  values: Float32Array.from(rows.flat()),
});

/** Numbers of the components that a class has, with their weights. */
function componentsOf({ ofClasses = new Float64Array(), components }: GaussianMixture, index: number) {
  const weights = [...ofClasses.subarray(index * components, (index + 1) * components)];
  return weights.flatMap((weight, component) => (weight > 0 ? [{ component, weight }] : []));
}

function meanAndCovariance({ means, factors }: GaussianMixture, component: number) {
  const factor = factors.subarray(component * size * size);
  const covariance = Array.from({ length: size * size }, (_, at) =>
    [0, 1, 2].reduce((total, inner) => {
      const [row, column] = [Math.floor(at / size), at % size];
      return total + (factor[row * size + inner] ?? 0) * (factor[column * size + inner] ?? 0);
    }, 0),
  );
  return { mean: [...means.subarray(component * size, (component + 1) * size)], covariance };
}

const meanOf = (rows: readonly (readonly number[])[]) =>
  [0, 1, 2].map((axis) => rows.reduce((total, row) => total + (row[axis] ?? 0), 0) / rows.length);

/** The sum of (x - mean)(x - mean)ᵀ. */
function scatterOf(rows: readonly (readonly number[])[]): number[] {
  const mean = meanOf(rows);
  const off = (row: readonly number[], axis: number) => (row[axis] ?? 0) - (mean[axis] ?? 0);
  return Array.from({ length: size * size }, (_, at) =>
    rows.reduce((total, row) => total + off(row, Math.floor(at / size)) * off(row, at % size), 0),
  );
}

function expectNear(found: readonly number[], expected: readonly number[], apart: number): void {
  expect(found.length).toBe(expected.length);
  for (const [index, value] of found.entries()) {
    expect(Math.abs(value - (expected[index] ?? Number.NaN))).toBeLessThan(apart);
  }
}

describe("a mixture of classes", () => {
  const [many, few] = [codesAround(200, 10), codesAround(4, -20)];
  // The rows of the classes take turns.
  const rows = [...many.slice(0, 100), ...few, ...many.slice(100)];
  const classOf = rows.map((row) => (few.includes(row) ? 2 : 0));
  const fitted = () =>
    fitClassMixture({ codes: matrixOf(rows), classOf, classes: 3 }, { components: 2, seed: 3 }, products);

  it("has the components of each class's own mixture, weighted by its codes", async () => {
    const mixture = await fitted();
    const { mixture: alone } = await fitMixture(matrixOf(many), { components: 2, seed: 3 }, products);
    const own = componentsOf(mixture, 0);
    expectNear(
      own.map(({ weight }) => weight),
      [...alone.weights],
      1e-12,
    );
    for (const [place, { component, weight }] of own.entries()) {
      expect(meanAndCovariance(mixture, component)).toEqual(meanAndCovariance(alone, place));
      expect(mixture.weights[component]).toBeCloseTo((weight * 200) / 204, 12);
    }
  });

  it("gives a class of few codes their mean, and the spread of all classes for the codes that are missing", async () => {
    const mixture = await fitted();
    const [own, ...others] = componentsOf(mixture, 2);
    expect(others).toEqual([]);
    const { mean, covariance } = meanAndCovariance(mixture, own?.component ?? -1);
    expectNear(mean, meanOf(few), 1e-5);
    const [ofFew, ofMany] = [scatterOf(few), scatterOf(many)];
    // 4 codes for each number of a code are enough: 12.
    const expected = ofFew.map((value, at) => (value + (8 * (value + (ofMany[at] ?? 0))) / 204) / 12);
    expectNear(covariance, expected, 2e-3);
  });

  it("gives a class without codes the mean and the spread of all", async () => {
    const mixture = await fitted();
    const [own, ...others] = componentsOf(mixture, 1);
    expect(others).toEqual([]);
    const { mean, covariance } = meanAndCovariance(mixture, own?.component ?? -1);
    expectNear(mean, meanOf(rows), 1e-5);
    expectNear(
      covariance,
      scatterOf(rows).map((value) => value / 204),
      0.01,
    );
    expect(mixture.weights[own?.component ?? -1]).toBe(0);
  });

  it("leaves out codes of no class", async () => {
    const all = [...rows, ...codesAround(50, 90)];
    const known = all.map((_, row) => classOf[row] ?? -1);
    const options = { components: 2, seed: 3 };
    const more = await fitClassMixture({ codes: matrixOf(all), classOf: known, classes: 3 }, options, products);
    const fewer = await fitted();
    expect(more.weights).toEqual(fewer.weights);
    const { component } = componentsOf(fewer, 2)[0] ?? {};
    expect(meanAndCovariance(more, component ?? -1)).toEqual(meanAndCovariance(fewer, component ?? -1));
  });

  it("survives one code a class, and gives the same for the same seed", async () => {
    const codes = matrixOf([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const lone = await fitClassMixture({ codes, classOf: [1, 0], classes: 2 }, { components: 5, seed: 0 }, products);
    expect(lone.components).toBe(2);
    expect([...lone.means]).toEqual([4, 5, 6, 1, 2, 3]);
    for (const number of lone.factors) expect(Number.isFinite(number)).toBe(true);
    expect(await fitted()).toEqual(await fitted());
  });
});
