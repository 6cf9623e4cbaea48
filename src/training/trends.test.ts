import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { movingMeans, noiseOf, worsening } from "./trends.ts";

describe("scores that become worse", () => {
  it("are not seen in healthy sequences, however noisy, long or near 0", () => {
    const healthy = fc.record({
      seed: fc.integer({ min: 0, max: 1e6 }),
      count: fc.integer({ min: 1, max: 60 }),
      end: fc.double({ min: 0.001, max: 1, noNaN: true }),
      noise: fc.double({ min: 0, max: 0.2, noNaN: true }),
    });
    fc.assert(
      fc.property(healthy, ({ seed, count, end, noise }) => {
        const random = randomStream(seed, "healthy scores");
        const scores = Array.from(
          { length: count },
          (_, index) => (end + 3 * Math.exp((-15 * index) / count)) * (1 + noise * random.normal()),
        );
        for (let seen = 0; seen <= count; seen++) {
          expect(typeof worsening(scores.slice(0, seen), "lower")).toBe("string");
          expect(
            typeof worsening(
              scores.slice(0, seen).map((score) => 1 / Math.max(1e-9, score)),
              "higher",
            ),
          ).toBe("string");
        }
      }),
      { seed: 5, numRuns: 60 },
    );
  });

  it("are seen once five are worse, with what they were and are", () => {
    const scores = [3, 2, 1, 1, 1, 2, 2, 2, 2];
    expect(worsening(scores, "lower")).toBe("unclear");
    expect(worsening([...scores, 2], "lower")).toEqual({ since: 3, best: 1, now: 2 });
    expect(worsening([0.1, 0.6, 0.6, 0.6, 0.3, 0.3, 0.3, 0.3, 0.3], "higher")).toMatchObject({ since: 2, now: 0.3 });
  });

  it("are over when they are back, and seen from a best that is 0 or less", () => {
    expect(worsening([3, 1, 1, 1, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1], "lower")).toBe("over");
    expect(worsening([1, 0.01, -0.01, -0.01, 0.5, 0.5, 0.5, 0.5, 0.5], "lower")).toMatchObject({ now: 0.5 });
    expect(worsening([1, 2], "lower")).toBe("unclear");
  });
});

describe("means and noise", () => {
  it("are those of a straight line", () => {
    expect(movingMeans([1, 2, 3, 4], 3)).toEqual([2, 3]);
    expect(movingMeans([1, 2], 3)).toEqual([]);
    expect(noiseOf([5, 5, 5])).toBe(0);
    expect(noiseOf([0, 2])).toBeCloseTo(Math.SQRT2, 12);
    expect(noiseOf([1, 1, 1, 9, 9], { jumps: 1 })).toBe(0);
    expect(noiseOf([1])).toBe(0);
  });
});
