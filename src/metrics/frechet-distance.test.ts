import { readFileSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { randomStream } from "../foundation/random.ts";
import { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { frechetDistance, frechetInterval } from "./frechet-distance.ts";
import { jackknifeInterval } from "./intervals.ts";
import { drawnReflection, exactFeatures, featuresOf, rowsOf, timesTransposed } from "./testing/exact-features.ts";

const eighths = z.array(z.array(z.number().transform((value) => value / 8)));
const { distances } = z
  .object({
    distances: z.array(z.object({ name: z.string(), real: eighths, generated: eighths, distance: z.number() })),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/frechet_golden.json", import.meta.url), "utf8")));

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

const distance = async (real: FeatureMatrix, generated: FeatureMatrix) =>
  (await frechetDistance(real, generated, products)).value;

function drawn(count: number, dimension: number, ...path: readonly (string | number)[]): FeatureMatrix {
  return { count, dimension, values: randomStream(1, "features", ...path).normals(count * dimension) };
}

const moved = (features: FeatureMatrix, by: readonly number[]) =>
  featuresOf(rowsOf(features).map((row) => row.map((value, index) => value + (by[index] ?? 0))));

describe("frechetDistance", () => {
  // Features are float32, so that a mean and a covariance are met to about 1e-7 of their size and no better.
  it("of N(0, I) and N(m, S) is |m|² + d + Tr S - 2 Tr S^½", async () => {
    const random = randomStream(1, "closed form");
    const mixing = drawnReflection(8, random);
    const deviations = [3, 2, 1.5, 1, 0.7, 0.4, 0.1, 0.01];
    const mean = deviations.map((_, index) => index - 3);
    const identity = deviations.map((_, row) => deviations.map((_, column) => (row === column ? 1 : 0)));
    // S = Q D² Qᵀ, so Tr S^½ is the sum of D.
    const root = mixing.map((row) => row.map((value, index) => value * (deviations[index] ?? 0)));
    const real = exactFeatures(50, [0, 0, 0, 0, 0, 0, 0, 0], identity, random);
    const generated = exactFeatures(70, mean, root, random);
    const apart = mean.reduce((sum, value) => sum + value ** 2, 0);
    const expected = deviations.reduce((sum, value) => sum + (value - 1) ** 2, apart);
    expect(Math.abs((await distance(real, generated)) / expected - 1)).toBeLessThan(1e-6);
  });

  it("of two features whose covariances do not commute is the closed form of 2 x 2 matrices", async () => {
    const random = randomStream(2, "closed form");
    const roots = [
      [
        [2, 0],
        [1, 0.5],
      ],
      [
        [0.3, 0.4],
        [-1, 1],
      ],
    ];
    const [one = [], other = []] = roots;
    // Tr (S₁ S₂)^½ = (Tr S₁ S₂ + 2 (det S₁ det S₂)^½)^½, with S₁ = [4, 2; 2, 1.25] and S₂ = [0.25, 0.1; 0.1, 2].
    const traceOfProduct = 4 * 0.25 + 2 * 2 * 0.1 + 1.25 * 2;
    const determinants = (4 * 1.25 - 2 * 2) * (0.25 * 2 - 0.1 * 0.1);
    const expected = 25 + 5.25 + 2.25 - 2 * Math.sqrt(traceOfProduct + 2 * Math.sqrt(determinants));
    const found = await distance(exactFeatures(30, [100, 0], one, random), exactFeatures(20, [103, 4], other, random));
    expect(Math.abs(found / expected - 1)).toBeLessThan(1e-6);
  });

  it.each(distances)("is scipy's: $name", async ({ real, generated, distance: expected }) => {
    expect(Math.abs((await distance(featuresOf(real), featuresOf(generated))) / expected - 1)).toBeLessThan(1e-7);
  });

  it("is marked where a side has no more images than features", async () => {
    const flag = async (n: number, m: number) =>
      (await frechetDistance(drawn(n, 4, "a"), drawn(m, 4, "b"), products)).rankDeficient;
    expect([await flag(5, 5), await flag(4, 5), await flag(5, 4)]).toEqual([false, true, true]);
  });

  it("goes through more images than are held at once", async () => {
    const [real, generated] = [drawn(2500, 5, "many"), drawn(1025, 5, "others")];
    const order = randomStream(1, "order").permutation(2500);
    const found = await distance(real, generated);
    expect(Math.abs((await distance(rowsAt(real, order), generated)) / found - 1)).toBeLessThan(1e-9);
    expect(found).toBeLessThan(0.1);
  });

  it("of a generator that always gives one image is |μ₁ - x|² + Tr S₁", async () => {
    const random = randomStream(3, "collapsed");
    const real = exactFeatures(
      20,
      [1, 2],
      [
        [1, 0],
        [0, 2],
      ],
      random,
    );
    for (const count of [2, 30]) {
      const generated = featuresOf(Array.from({ length: count }, () => [4, 6]));
      expect(Math.abs((await distance(real, generated)) - 30)).toBeLessThan(1e-5);
    }
  });

  const sides = fc.record({
    n: fc.integer({ min: 2, max: 24 }),
    m: fc.integer({ min: 2, max: 24 }),
    d: fc.integer({ min: 1, max: 14 }),
    seed: fc.nat(1000),
  });
  const runs = { seed: 11, numRuns: 25 };
  // Numbers are about 1, so traces are about d, and float32 leaves about 1e-7 of that in features that were changed.
  const tolerance = (d: number) => 1e-5 * d;

  it("is 0 for equal sets, and |t|² when one of them is moved by t", async () => {
    await fc.assert(
      fc.asyncProperty(sides, async ({ n, d, seed }) => {
        const real = drawn(n, d, "real", seed);
        const by = [...drawn(1, d, "by", seed).values];
        expect(await distance(real, real)).toBeLessThan(1e-6 * d);
        const squares = by.reduce((sum, value) => sum + value ** 2, 0);
        expect(Math.abs((await distance(real, moved(real, by))) - squares)).toBeLessThan(tolerance(d));
      }),
      runs,
    );
  });

  it("is the same with the sides changed, and with both moved or turned alike", async () => {
    await fc.assert(
      fc.asyncProperty(sides, async ({ n, m, d, seed }) => {
        const [real, generated] = [drawn(n, d, "real", seed), drawn(m, d, "generated", seed)];
        const found = await distance(real, generated);
        expect(Math.abs((await distance(generated, real)) - found)).toBeLessThan(1e-6 * d);

        const by = [...drawn(1, d, "by", seed).values];
        expect(Math.abs((await distance(moved(real, by), moved(generated, by))) - found)).toBeLessThan(tolerance(d));

        const mixing = drawnReflection(d, randomStream(seed, "turn"));
        const turned = (features: FeatureMatrix) => featuresOf(timesTransposed(rowsOf(features), mixing));
        expect(Math.abs((await distance(turned(real), turned(generated))) - found)).toBeLessThan(tolerance(d));
      }),
      runs,
    );
  });

  it("refuses one image, and features that are not finite", async () => {
    await expect(distance(drawn(5, 3, "a"), drawn(1, 3, "b"))).rejects.toThrow(
      "expected at least 2 images on each side, received 1",
    );
    for (const [value, count] of [
      [Number.NaN, 3],
      [Number.POSITIVE_INFINITY, 9],
    ] as const) {
      const broken = drawn(count, 3, "b");
      broken.values[4] = value;
      await expect(distance(drawn(5, 3, "a"), broken)).rejects.toMatchObject({ details: { kind: "data" } });
      await expect(distance(drawn(5, 3, "a"), broken)).rejects.toThrow(`received ${value} as the mean of feature 1`);
    }
  });
});

describe("frechetInterval", () => {
  it.each([1, 2])("leaves out the same group on both sides, exactly, with features: %i", async (dimension) => {
    // Three images in three groups: what is left of each side is known, only the groups' numbers are drawn.
    const [real, generated] = [drawn(3, dimension, "real"), drawn(3, dimension, "generated")];
    const without = [
      [1, 2],
      [0, 2],
      [0, 1],
    ];
    const numberings = [...without, ...without].map(([one = 0, two = 0], index) => {
      const rest = 3 - one - two;
      return index < 3 ? [rest, one, two] : [rest, two, one];
    });
    const value = await distance(real, generated);
    const expected: number[] = [];
    for (const numbering of numberings) {
      const leftOut: number[] = [];
      for (const [group, other] of numbering.entries()) {
        leftOut.push(await distance(rowsAt(real, without[group] ?? []), rowsAt(generated, without[other] ?? [])));
      }
      expected.push(jackknifeInterval(value, leftOut).high);
    }
    const { high } = await frechetInterval(real, generated, products, { seed: 1 });
    expect(Math.min(...expected.map((one) => Math.abs(one / high - 1)))).toBeLessThan(1e-9);
  });

  it.each([
    ["few", 15, 12],
    ["many", 60, 41],
  ])("is the same for one seed, holds the distance and is above 0: %s images", async (_, n, m) => {
    const [real, generated] = [drawn(n, 13, "real"), drawn(m, 13, "generated")];
    const value = await distance(real, generated);
    const interval = await frechetInterval(real, generated, products, { seed: 1 });
    expect(await frechetInterval(real, generated, products, { seed: 1 })).toEqual(interval);
    expect(interval.method).toBe("jackknife of 10 groups");
    expect(interval.low).toBeGreaterThanOrEqual(0);
    expect(interval.low).toBeLessThan(value);
    expect(interval.high).toBeGreaterThan(value);
  });

  it("holds the true distance in about 95 of 100 repetitions, where few images hardly bias it", async () => {
    const mean = [1, 0.5, 0];
    let held = 0;
    for (let repetition = 0; repetition < 100; repetition++) {
      const real = drawn(300, 3, "real", repetition);
      const generated = moved(drawn(300, 3, "generated", repetition), mean);
      const { low, high } = await frechetInterval(real, generated, products, { seed: repetition });
      if (low <= 1.25 && 1.25 <= high) held += 1;
    }
    expect(held).toBeGreaterThanOrEqual(89);
    expect(held).toBeLessThanOrEqual(99);
  });

  it("refuses two images, of which a group cannot be left out", async () => {
    await expect(frechetInterval(drawn(2, 3, "a"), drawn(9, 3, "b"), products, { seed: 1 })).rejects.toThrow(
      "at least 3 images on each side",
    );
  });
});
