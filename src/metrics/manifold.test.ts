import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt, rowsBetween } from "./feature-matrix.ts";
import { manifoldScores } from "./manifold.ts";
import { gaussian, grid, joined, mapped, turned } from "./testing/drawn-features.ts";

const golden = z
  .object({
    cases: z.array(
      z.object({
        count: z.number(),
        dimension: z.number(),
        shift: z.number(),
        rim: z.number(),
        precision: z.number(),
        recall: z.number(),
        density: z.number(),
        coverage: z.number(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/manifold_golden.json", import.meta.url), "utf8")));

let products: MatrixProducts;
beforeAll(async () => {
  products = await MatrixProducts.open();
});
afterAll(() => products.release());

async function scored(real: FeatureMatrix, generated: FeatureMatrix, seed = 1) {
  const { precision, recall, density, coverage } = await manifoldScores(real, generated, products, { seed });
  return { precision: precision.value, recall: recall.value, density: density.value, coverage: coverage.value };
}

describe("manifoldScores", () => {
  it.each(golden.cases)("is numpy's for $count images of $dimension features, $rim on rims", async (given) => {
    const { count, dimension, shift, precision, recall, density, coverage } = given;
    const scores = await scored(grid(count, dimension, 1), grid(count, dimension, 2, shift));
    expect(scores.precision).toBeCloseTo(precision, 12);
    expect(scores.recall).toBeCloseTo(recall, 12);
    expect(scores.density).toBeCloseTo(density, 12);
    expect(scores.coverage).toBeCloseTo(coverage, 12);
  });

  it("is what two samples of one distribution must give", async () => {
    // A generated image is within a radius like any other real one: 5 of 1,000 balls hold it, and 5 real images beside
    // one are nearer than all generated ones with probability 999/1999 · 998/1998 · … (Naeem et al. 2020, lemma 2).
    const scores = await scored(gaussian(1000, 3, "real"), gaussian(1000, 3, "generated"));
    const missed = [1, 2, 3, 4, 5].reduce((product, i) => (product * (1000 - i)) / (2000 - i), 1);
    expect(Math.abs(scores.density - 1)).toBeLessThan(0.05);
    expect(Math.abs(scores.coverage - (1 - missed))).toBeLessThan(0.015);
  });

  it("is 1 where the real images are returned, also where some are there twice", async () => {
    const real = mapped(gaussian(300, 50, "real"), (value) => 1000 + value);
    const scores = await scored(
      real,
      rowsAt(
        real,
        Uint32Array.from({ length: 300 }, (_, index) => 299 - index),
      ),
    );
    expect(scores).toMatchObject({ precision: 1, recall: 1, coverage: 1 });

    const repeated = joined(real, rowsAt(real, new Uint32Array(100)));
    expect(await scored(repeated, repeated)).toMatchObject({ precision: 1, recall: 1, coverage: 1 });
    const one = rowsAt(real, new Uint32Array(20));
    expect(await scored(one, one)).toEqual({ precision: 1, recall: 1, density: 4, coverage: 1 });
  });

  it("is 0 where the two have nothing in common", async () => {
    const scores = await scored(gaussian(200, 4, "real"), gaussian(200, 4, "far", [100]));
    expect(scores).toEqual({ precision: 0, recall: 0, density: 0, coverage: 0 });
  });

  it("loses recall and coverage, not precision or density, where a mode is dropped", async () => {
    const real = joined(gaussian(200, 4, "a"), gaussian(200, 4, "b", [50]));
    const both = await scored(real, joined(gaussian(200, 4, "c"), gaussian(200, 4, "d", [50])));
    const dropped = await scored(real, gaussian(400, 4, "e"));
    expect(dropped.recall).toBeLessThan(0.55 * both.recall);
    expect(dropped.coverage).toBeLessThan(0.55 * both.coverage);
    expect(dropped.precision).toBeGreaterThan(both.precision - 0.05);
    expect(dropped.density).toBeGreaterThan(both.density - 0.15);
  });

  it("loses precision and density where images are added that no real one is like", async () => {
    const real = gaussian(400, 4, "real");
    const good = await scored(real, gaussian(400, 4, "good"));
    const half = await scored(real, joined(gaussian(200, 4, "good"), gaussian(200, 4, "bad", [0, 30])));
    expect(half.precision).toBeLessThan(0.6 * good.precision);
    expect(half.density).toBeLessThan(0.6 * good.density);
  });

  it("lets one real outlier excuse bad images in precision, hardly in density", async () => {
    const bulk = gaussian(199, 4, "bulk");
    const generated = joined(gaussian(100, 4, "good"), gaussian(100, 4, "bad", [25]));
    const without = await scored(joined(bulk, gaussian(1, 4, "typical")), generated);
    const outlier = await scored(
      joined(bulk, { count: 1, dimension: 4, values: Float32Array.of(20, 0, 0, 0) }),
      generated,
    );
    expect(outlier.precision - without.precision).toBeGreaterThan(0.4);
    expect(outlier.density - without.density).toBeLessThan(0.15);
  });

  it("does not change where both are turned and scaled", async () => {
    const [real, generated] = [gaussian(200, 6, "real"), gaussian(200, 6, "generated", [0.5])];
    const changed = ({ ...features }: FeatureMatrix) => mapped(turned(features), (value) => 0.25 * value);
    expect(await scored(changed(real), changed(generated))).toEqual(await scored(real, generated));
  });

  it("compares equally many images, those of the larger side drawn by the seed", async () => {
    const [real, generated] = [gaussian(500, 3, "real"), gaussian(120, 3, "generated")];
    const scores = await manifoldScores(real, generated, products, { seed: 3 });
    expect(scores.count).toBe(120);
    expect(await manifoldScores(real, generated, products, { seed: 3 })).toEqual(scores);
    expect(await scored(real, generated, 4)).not.toEqual(await scored(real, generated, 3));
    expect((await manifoldScores(generated, real, products, { seed: 3 })).count).toBe(120);
  });

  it("gives an interval around each score, as wide as so many images make it", async () => {
    const [real, generated] = [gaussian(400, 4, "real"), gaussian(400, 4, "generated", [1])];
    const scores = await manifoldScores(real, generated, products, { seed: 1 });
    for (const { value, interval } of [scores.precision, scores.recall, scores.coverage]) {
      const error = 1.96 * Math.sqrt((value * (1 - value)) / 400);
      expect(Math.abs(interval.low - (value - error))).toBeLessThan(0.3 * error);
      expect(Math.abs(interval.high - (value + error))).toBeLessThan(0.3 * error);
    }
    expect(scores.density.interval.low).toBeLessThan(scores.density.value);
    expect(scores.density.interval.high).toBeGreaterThan(scores.density.value);
  });

  it("refuses too few images and stops when told to", async () => {
    const images = gaussian(8, 2, "few");
    await expect(manifoldScores(images, rowsBetween(images, 0, 5), products, { seed: 1 })).rejects.toThrow(
      "expected at least 6 real and as many generated images, received 8 real and 5 generated",
    );
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(manifoldScores(images, images, products, { seed: 1, signal })).rejects.toThrow("enough");
  });
});
