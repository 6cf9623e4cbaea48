import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { authenticImages, copyingStatistic, copyRatios, excessProbability } from "./copying.ts";

// Values of scipy; see the script beside them.
const golden = z
  .object({
    statistics: z.array(
      z.object({ name: z.string(), generated: z.array(z.number()), heldOut: z.array(z.number()), z: z.number() }),
    ),
    tables: z.array(
      z.object({ counts: z.tuple([z.number(), z.number(), z.number(), z.number()]), probability: z.number() }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/copying_golden.json", import.meta.url), "utf8")));

const distances = fc.array(fc.double({ min: 0, max: 9, noNaN: true }), { minLength: 1, maxLength: 20 });
const settings = { seed: 1, numRuns: 50 };

describe("copyingStatistic", () => {
  it.each(golden.statistics)("is scipy's Mann-Whitney z: $name", ({ generated, heldOut, z: expected }) => {
    expect(copyingStatistic(generated, heldOut)).toBeCloseTo(expected, 6);
  });

  it("changes sign when the sides change, and not when distances are scaled", () => {
    fc.assert(
      fc.property(distances, distances, (one, other) => {
        const statistic = copyingStatistic(one, other);
        expect(copyingStatistic(other, one)).toBeCloseTo(-statistic, 10);
        const doubled = (list: readonly number[]) => list.map((distance) => 2 * distance);
        expect(copyingStatistic(doubled(one), doubled(other))).toBeCloseTo(statistic, 10);
      }),
      settings,
    );
  });

  it("is 0 where all distances are equal, and far below 0 for copies", () => {
    expect(copyingStatistic([1, 1, 1], [1, 1])).toBe(0);
    const heldOut = Array.from({ length: 100 }, (_, index) => 1 + index / 100);
    expect(copyingStatistic(new Float64Array(100), heldOut)).toBeLessThan(-10);
  });
});

describe("excessProbability", () => {
  it.each(golden.tables)("is scipy's one-sided Fisher test: $counts", ({ counts, probability }) => {
    expect(excessProbability(...counts)).toBeCloseTo(probability, 10);
  });
});

describe("authenticImages", () => {
  it("are farther from the training image than that one from its own nearest", () => {
    expect(authenticImages([0, 1, 2, 3], [1, 1, 1, 4])).toEqual(Uint8Array.of(0, 0, 1, 0));
  });
});

describe("copyRatios", () => {
  it("are in units of the training images' own distances, and infinite where these are 0", () => {
    expect(copyRatios([0, 1, 3, 0], [2, 2, 2, 0])).toEqual(Float64Array.of(0, 0.5, 1.5, Number.POSITIVE_INFINITY));
  });
});
