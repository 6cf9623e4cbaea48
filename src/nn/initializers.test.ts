import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount } from "../graph/index.ts";
import { glorotNormal, glorotUniform, heNormal, type Initializer, orthogonal, uniform } from "./index.ts";

describe("initialisers", () => {
  it.each<[string, Initializer, number]>([
    ["heNormal", heNormal(50), 2 / 50],
    ["glorotNormal", glorotNormal(50, 30), 2 / 80],
    ["glorotUniform", glorotUniform(50, 30), 2 / 80],
    ["uniform", uniform(0.6), 0.36 / 3],
  ])("%s has mean 0 and the variance of its formula", (_name, initializer, variance) => {
    const draws = initializer([200, 100], randomStream(0, "draws"));
    const mean = draws.reduce((total, value) => total + value, 0) / draws.length;
    const spread = draws.reduce((total, value) => total + value * value, 0) / draws.length;
    // Five standard deviations of the mean of 20,000 draws; 5 % of the variance are at least as many.
    expect(Math.abs(mean)).toBeLessThan(5 * Math.sqrt(variance / draws.length));
    expect(Math.abs(spread / variance - 1)).toBeLessThan(0.05);
  });

  it("orthogonal gives orthonormal rows, or columns where there are fewer, times the gain", () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, seed) => {
        const draws = orthogonal(3)(shape, randomStream(seed, "orthogonal"));
        const rows = shape[0] ?? 1;
        const columns = elementCount(shape.slice(1));
        const element = (vector: number, place: number) =>
          (rows <= columns ? draws[vector * columns + place] : draws[place * columns + vector]) ?? Number.NaN;
        for (let one = 0; one < Math.min(rows, columns); one++) {
          for (let other = 0; other <= one; other++) {
            let product = 0;
            for (let place = 0; place < Math.max(rows, columns); place++) {
              product += element(one, place) * element(other, place);
            }
            expect(product).toBeCloseTo(one === other ? 9 : 0, 5);
          }
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });
});
