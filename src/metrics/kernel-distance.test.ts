import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MatrixProducts } from "../runtime/index.ts";
import type { FeatureMatrix } from "./feature-matrix.ts";
import { kernelDistance, kernelInterval } from "./kernel-distance.ts";
import { gaussian, grid, mapped, turned } from "./testing/drawn-features.ts";

const golden = z
  .object({
    distances: z.array(
      z.object({
        real: z.number(),
        generated: z.number(),
        dimension: z.number(),
        shift: z.number(),
        value: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/kernel_golden.json", import.meta.url), "utf8")));

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

/** The estimate from all images: the middle of its interval. */
async function fullEstimate(real: FeatureMatrix, generated: FeatureMatrix): Promise<number> {
  const { low, high } = await kernelInterval(real, generated, products, { seed: 1 });
  return (low + high) / 2;
}

/** The estimates of `draws` pairs of samples, of N(0, I) and N(mean, I). */
async function estimates(draws: number, counts: readonly [number, number], mean: readonly number[]): Promise<number[]> {
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const real = gaussian(counts[0], mean.length, `real ${draw}`);
    values.push(await fullEstimate(real, gaussian(counts[1], mean.length, `generated ${draw}`, mean)));
  }
  return values;
}

/** How many standard errors the mean of the values is from what it should be. */
function errorsFrom(expected: number, values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return Math.abs(mean - expected) / Math.sqrt(variance / values.length);
}

/**
 * The squared discrepancy of N(0, I) and N(a, I) in closed form, s = |a|². By the binomial theorem it is the sum over p
 * of C(3, p) / dᵖ times the squared distance of the moments of order p, which differ by a, by a⊗a, and by
 * a⊗a⊗a + the three ways to place a beside I.
 */
function discrepancy(mean: readonly number[]): number {
  const d = mean.length;
  const s = mean.reduce((sum, value) => sum + value ** 2, 0);
  return (3 * s) / d + (3 * s ** 2) / d ** 2 + (s ** 3 + 6 * s ** 2 + 3 * s * (d + 2)) / d ** 3;
}

describe("kernelDistance", () => {
  it.each(golden.distances)("is numpy's for $real and $generated images", async (given) => {
    const side = (count: number, seed: number, shift = 0) =>
      mapped(grid(count, given.dimension, seed, shift), (value) => value / 8);
    const [real, generated] = [side(given.real, 1), side(given.generated, 2, given.shift)];
    expect(await fullEstimate(real, generated)).toBeCloseTo(given.value, 10);
    if (given.real === given.generated) {
      expect(await kernelDistance(real, generated, products, { seed: 1 })).toEqual({
        value: expect.closeTo(given.value, 10),
        subsets: 1,
        subsetSize: given.real,
      });
    }
  });

  it("is 0 on average where both are of one distribution, below 0 about half the time", async () => {
    const values = await estimates(300, [20, 35], [0, 0, 0]);
    expect(errorsFrom(0, values)).toBeLessThan(3);
    const below = values.filter((value) => value < 0).length;
    expect(below).toBeGreaterThan(100);
    expect(below).toBeLessThan(250);
  });

  it.each([{ mean: [0.7] }, { mean: [0.5, -1, 0.25] }])(
    "is the closed form on average for the mean $mean",
    async ({ mean }) => {
      const values = await estimates(300, [40, 25], mean);
      expect(errorsFrom(discrepancy(mean), values)).toBeLessThan(3);
      expect(errorsFrom(0, values)).toBeGreaterThan(10);
    },
  );

  it("averages over subsets that agree with the estimate from all images", async () => {
    // Few images in many subsets, then many in few: the pairs are computed once, or for each subset.
    for (const [count, subsetSize, subsets] of [
      [90, 40, 150],
      [1400, 60, 60],
    ] as const) {
      const [real, generated] = [gaussian(count, 3, "real"), gaussian(count + 7, 3, "generated", [1, 0, 0])];
      const scored = await kernelDistance(real, generated, products, { seed: 1, subsets, subsetSize });
      expect(scored).toMatchObject({ subsets, subsetSize });
      const error = (scored.deviation ?? Number.NaN) / Math.sqrt(subsets);
      expect(Math.abs(scored.value - (await fullEstimate(real, generated)))).toBeLessThan(3 * error);
      expect(await kernelDistance(real, generated, products, { seed: 1, subsets, subsetSize })).toEqual(scored);
      const other = await kernelDistance(real, generated, products, { seed: 2, subsets, subsetSize });
      expect(other.value).not.toBe(scored.value);
    }
  });

  it("takes the smaller side whole, and tells how much the subsets of the larger differ", async () => {
    const [real, generated] = [gaussian(30, 3, "real"), gaussian(200, 3, "generated", [2])];
    const scored = await kernelDistance(real, generated, products, { seed: 1, subsets: 20 });
    expect(scored).toMatchObject({ subsets: 20, subsetSize: 30 });
    expect(scored.deviation).toBeGreaterThan(0);
  });

  it("is the same with the sides exchanged and with both turned, not with both moved", async () => {
    const [real, generated] = [gaussian(70, 5, "real"), gaussian(50, 5, "generated", [0.5])];
    const value = await fullEstimate(real, generated);
    expect(await fullEstimate(generated, real)).toBeCloseTo(value, 12);
    expect(await fullEstimate(turned(real), turned(generated))).toBeCloseTo(value, 5);
    const moved = (features: FeatureMatrix) => mapped(features, (feature) => feature + 3);
    expect(await fullEstimate(moved(real), moved(generated))).toBeGreaterThan(2 * value);
  });

  it("refuses too few images and features that are not numbers, and stops when told to", async () => {
    const images = gaussian(5, 2, "few");
    await expect(kernelDistance(images, gaussian(1, 2, "one"), products, { seed: 1 })).rejects.toThrow(
      "kernel distance: expected at least 2 real and as many generated images, received 5 real and 1 generated",
    );
    const broken = { ...images, values: images.values.map((value, place) => (place === 7 ? Infinity : value)) };
    await expect(kernelDistance(images, broken, products, { seed: 1 })).rejects.toThrow("Infinity for image 3");
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(kernelDistance(images, images, products, { seed: 1, signal })).rejects.toThrow("enough");
  });
});

describe("kernelInterval", () => {
  it("holds the true value in most repetitions, and is not much wider than it must be", async () => {
    const mean = [0.6, 0, 0];
    const repetitions = 60;
    const values = await estimates(repetitions, [150, 150], mean);
    const average = values.reduce((sum, value) => sum + value, 0) / repetitions;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / repetitions);
    let held = 0;
    let width = 0;
    for (let draw = 0; draw < repetitions; draw++) {
      const [real, generated] = [gaussian(150, 3, `real ${draw}`), gaussian(150, 3, `generated ${draw}`, mean)];
      const { low, high } = await kernelInterval(real, generated, products, { seed: draw });
      if (low <= discrepancy(mean) && discrepancy(mean) <= high) held++;
      width += (high - low) / repetitions;
    }
    expect(held).toBeGreaterThanOrEqual(0.85 * repetitions);
    expect(width).toBeLessThan(1.5 * 2 * 2.26 * deviation);
  });

  it("can be put around another value", async () => {
    const [real, generated] = [gaussian(60, 3, "real"), gaussian(80, 3, "generated", [1])];
    const around = await kernelInterval(real, generated, products, { seed: 1 });
    const moved = await kernelInterval(real, generated, products, { seed: 1, centre: 5 });
    expect((moved.low + moved.high) / 2).toBeCloseTo(5, 12);
    expect(moved.high - moved.low).toBeCloseTo(around.high - around.low, 12);
  });

  it("takes fewer groups where there are fewer images, and refuses two", async () => {
    const images = gaussian(4, 3, "few");
    const { low, high } = await kernelInterval(images, gaussian(9, 3, "more"), products, { seed: 1 });
    expect(Number.isFinite(low) && low < high).toBe(true);
    await expect(kernelInterval(images, gaussian(2, 3, "two"), products, { seed: 1 })).rejects.toThrow(
      "at least 3 real and as many generated images, received 4 real and 2 generated",
    );
  });
});
