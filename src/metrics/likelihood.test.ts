import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { bitsPerDimension, evidenceBound, importanceWeightedBound } from "./likelihood.ts";

/*
 * A linear-Gaussian model of one pixel: z ~ N(0, 1), x|z ~ N(a z, s²). Its likelihood and posterior are known:
 * x ~ N(0, a² + s²), z|x ~ N(a x / (a² + s²), s² / (a² + s²)).
 */
const [A, S] = [2, 0.5];
const images = Float64Array.of(-3, -0.4, 0, 1.7, 5);

const logNormal = (x: number, mean: number, variance: number): number =>
  -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance);
const logLikelihood = images.map((x) => logNormal(x, 0, A ** 2 + S ** 2));

/** Log weights of draws from the posterior, moved by `shift` and widened to `scale` times its variance. */
function logWeights(samples: number, { shift, scale }: { shift: number; scale: number }): Float64Array {
  const random = randomStream(3, "draws", samples);
  return Float64Array.from({ length: samples * images.length }, (_, index) => {
    const x = images[index % images.length] ?? 0;
    const [mean, variance] = [(A * x) / (A ** 2 + S ** 2) + shift, (scale * S ** 2) / (A ** 2 + S ** 2)];
    const latent = mean + Math.sqrt(variance) * random.normal();
    return logNormal(latent, 0, 1) + logNormal(x, A * latent, S ** 2) - logNormal(latent, mean, variance);
  });
}

const largestGap = (bound: Float64Array): number =>
  Math.max(...bound.map((value, image) => Math.abs((logLikelihood[image] ?? 0) - value)));

describe("the bounds of a linear-Gaussian model", () => {
  it("equal the likelihood when q is the posterior, for any number of samples", () => {
    for (const samples of [1, 7]) {
      const weights = logWeights(samples, { shift: 0, scale: 1 });
      expect(largestGap(evidenceBound(weights, samples))).toBeLessThan(1e-12);
      expect(largestGap(importanceWeightedBound(weights, samples))).toBeLessThan(1e-12);
    }
  });

  it("lie below it by the divergence of q from the posterior otherwise", () => {
    const q = { shift: 0.2, scale: 1.5 };
    const divergence = 0.5 * (q.scale + q.shift ** 2 / (S ** 2 / (A ** 2 + S ** 2)) - 1 - Math.log(q.scale));
    const bound = evidenceBound(logWeights(20_000, q), 20_000);
    for (const [image, value] of bound.entries())
      expect((logLikelihood[image] ?? 0) - value).toBeCloseTo(divergence, 1);
  });

  it("come up to it with more samples when they are weighted", () => {
    const q = { shift: 0.2, scale: 1.5 };
    const gaps = [1, 20, 5000].map((samples) => {
      // The bound is an expectation: the mean over repetitions.
      const repeats = Math.ceil(20_000 / samples);
      const weights = logWeights(samples * repeats, q);
      const block = samples * images.length;
      let total = 0;
      for (let from = 0; from < weights.length; from += block) {
        total += importanceWeightedBound(weights.subarray(from, from + block), samples)[3] ?? 0;
      }
      return (logLikelihood[3] ?? 0) - total / repeats;
    });
    expect(gaps[0]).toBeGreaterThan(0.3);
    expect(gaps[1]).toBeLessThan((gaps[0] ?? 0) / 4);
    expect(Math.abs(gaps[2] ?? 1)).toBeLessThan(0.01);
  });

  it("stay finite for weights far below the smallest number", () => {
    expect(importanceWeightedBound(Float64Array.of(-5000, -5000), 2)).toEqual(Float64Array.of(-5000));
    expect(importanceWeightedBound(Float64Array.of(-9000, -5000), 2)[0]).toBeCloseTo(-5000 - Math.log(2), 9);
  });
});

describe("bitsPerDimension", () => {
  it("is 8 for uniform pixels, however they are scaled", () => {
    const dimensions = 12;
    expect(bitsPerDimension(-dimensions * Math.log(256), dimensions)).toBeCloseTo(8, 12);
    // The density of uniform numbers in 0…1 is 1, in -1…1 a half.
    expect(bitsPerDimension(0, dimensions, 1 / 256)).toBeCloseTo(8, 12);
    expect(bitsPerDimension(dimensions * Math.log(0.5), dimensions, 1 / 128)).toBeCloseTo(8, 12);
  });
});
