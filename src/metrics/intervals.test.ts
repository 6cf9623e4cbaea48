import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { bootstrapInterval, jackknifeInterval, shareInterval } from "./intervals.ts";

describe("bootstrapInterval", () => {
  it("is the mean give or take 1.96 standard errors, where the mean is nearly normal", () => {
    const values = Float64Array.from(randomStream(1, "values").normals(2000)).map((value) => 3 + 2 * value);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    const margin = (1.96 * deviation) / Math.sqrt(values.length);
    const { low, high, method } = bootstrapInterval(values, { seed: 1 });
    expect(Math.abs(low - (mean - margin)) / margin).toBeLessThan(0.15);
    expect(Math.abs(high - (mean + margin)) / margin).toBeLessThan(0.15);
    expect(method).toBe("bootstrap of 1,000 draws over images");
  });

  it("holds the true share in about 95 of 100 repetitions", () => {
    let held = 0;
    for (let repetition = 0; repetition < 300; repetition++) {
      const random = randomStream(repetition, "indicators");
      const indicators = Uint8Array.from({ length: 150 }, () => (random.uniform() < 0.3 ? 1 : 0));
      const { low, high } = bootstrapInterval(indicators, { seed: repetition, draws: 200 });
      if (low <= 0.3 && 0.3 <= high) held += 1;
    }
    expect(held / 300).toBeGreaterThan(0.91);
    expect(held / 300).toBeLessThan(0.99);
  });

  it("is the same for the same seed, another one for another", () => {
    const values = randomStream(2, "values").normals(50);
    expect(bootstrapInterval(values, { seed: 1 })).toEqual(bootstrapInterval(values, { seed: 1 }));
    expect(bootstrapInterval(values, { seed: 1 })).not.toEqual(bootstrapInterval(values, { seed: 2 }));
  });
});

describe("shareInterval", () => {
  // scipy.stats.binomtest(hits, count).proportion_ci(method="wilson")
  it.each([
    [0, 10, 0, 0.2775327999],
    [3, 10, 0.1077912674, 0.6032218525],
    [10, 10, 0.7224672001, 1],
    [998, 1000, 0.9927371921, 0.9994513564],
  ])("is Wilson's: %i of %i", (hits, count, low, high) => {
    const interval = shareInterval(Array.from({ length: count }, (_, image) => Number(image < hits)));
    expect(interval.low).toBeCloseTo(low, 9);
    expect(interval.high).toBeCloseTo(high, 9);
  });
});

describe("jackknifeInterval", () => {
  it.each([
    [10, 2.2621571628],
    [5, 2.7764451052],
    [31, 2.0422724563],
  ])("with %i groups of a mean, is the mean give or take t times its standard error", (groups, t) => {
    // Groups of one value each: the jackknife's error of a mean is the usual one, exactly.
    const values = [...randomStream(3, "values").normals(groups)];
    const mean = values.reduce((sum, value) => sum + value, 0) / groups;
    const error = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (groups - 1) / groups);
    const leftOut = values.map((value) => (mean * groups - value) / (groups - 1));
    const { low, high, method } = jackknifeInterval(mean, leftOut);
    expect(Math.abs((high - mean) / error / t - 1)).toBeLessThan(1e-3);
    expect(Math.abs((mean - low) / error / t - 1)).toBeLessThan(1e-3);
    expect(method).toBe(`jackknife of ${groups} groups`);
  });

  it("needs two groups", () => {
    expect(() => jackknifeInterval(1, [1])).toThrow("1 groups");
  });
});
