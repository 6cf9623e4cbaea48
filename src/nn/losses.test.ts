import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, gradients, input, matmul, type Tensor } from "../graph/index.ts";
import { adversarialLosses, adversarialLossNames, gradientPenalty, r1Penalty, randomInterpolates } from "./index.ts";

const logits = input("logits", [3, 1]);
const given = [-2, 0.5, 3];

function valueOf(loss: Tensor, values: readonly number[] = given): number {
  return evaluate([loss], { logits: values })[0]?.data[0] ?? Number.NaN;
}

function meanOf(term: (logit: number) => number): number {
  return given.reduce((total, logit) => total + term(logit), 0) / given.length;
}

const formulas = {
  nonSaturating: {
    ifReal: (d: number) => -Math.log(1 / (1 + Math.exp(-d))),
    ifGenerated: (d: number) => -Math.log(1 - 1 / (1 + Math.exp(-d))),
    generator: (d: number) => -Math.log(1 / (1 + Math.exp(-d))),
  },
  minimax: {
    ifReal: (d: number) => -Math.log(1 / (1 + Math.exp(-d))),
    ifGenerated: (d: number) => -Math.log(1 - 1 / (1 + Math.exp(-d))),
    generator: (d: number) => Math.log(1 - 1 / (1 + Math.exp(-d))),
  },
  hinge: {
    ifReal: (d: number) => Math.max(0, 1 - d),
    ifGenerated: (d: number) => Math.max(0, 1 + d),
    generator: (d: number) => -d,
  },
  leastSquares: {
    ifReal: (d: number) => (d - 1) ** 2 / 2,
    ifGenerated: (d: number) => (d + 1) ** 2 / 2,
    generator: (d: number) => (d - 1) ** 2 / 2,
  },
  wasserstein: { ifReal: (d: number) => -d, ifGenerated: (d: number) => d, generator: (d: number) => -d },
};

describe.each(adversarialLossNames)("the %s loss", (name) => {
  it.each(["ifReal", "ifGenerated", "generator"] as const)("is its formula: %s", (part) => {
    expect(valueOf(adversarialLosses[name][part](logits))).toBeCloseTo(meanOf(formulas[name][part]), 12);
  });

  it("pulls the logits of real images up, of generated ones down, and the generator pulls those up", () => {
    const slopes = (loss: Tensor) => evaluate(gradients(loss, [logits]), { logits: [-0.3, 0.1, 0.4] })[0]?.data ?? [];
    const { ifReal, ifGenerated, generator } = adversarialLosses[name];
    expect(Math.max(...slopes(ifReal(logits)))).toBeLessThan(0);
    expect(Math.min(...slopes(ifGenerated(logits)))).toBeGreaterThan(0);
    expect(Math.max(...slopes(generator(logits)))).toBeLessThan(0);
  });
});

describe("the non-saturating loss", () => {
  it("neither overflows nor loses small values", () => {
    const { ifGenerated } = adversarialLosses.nonSaturating;
    expect(valueOf(ifGenerated(logits), [1000, 1000, 1000])).toBe(1000);
    expect(valueOf(ifGenerated(logits), [-20, -20, -20]) / Math.exp(-20)).toBeCloseTo(1, 6);
    expect(valueOf(ifGenerated(logits), [-1000, -1000, -1000])).toBe(0);
  });
});

describe("the minimax loss", () => {
  it("teaches the generator nothing where the discriminator is certain, unlike the non-saturating one", () => {
    const steepest = (name: "minimax" | "nonSaturating") => {
      const loss = adversarialLosses[name].generator(logits);
      const slopes = evaluate(gradients(loss, [logits]), { logits: [-20, -20, -20] })[0]?.data ?? [];
      return -3 * Math.min(...slopes);
    };
    expect(steepest("minimax")).toBeCloseTo(Math.exp(-20), 12);
    expect(steepest("nonSaturating")).toBeCloseTo(1, 8);
  });
});

describe("gradient penalties of a linear discriminator a . x", () => {
  const images = input("images", [2, 3]);
  const judged = matmul(images, constant(Float64Array.of(3, 0, -4), [3, 1]));
  const feeds = { images: [1, 2, 3, 4, 5, 6] };

  it("are gamma / 2 |a|^2 and weight (|a| - 1)^2, wherever the images are", () => {
    const [r1, penalty, tenfold] = evaluate(
      [r1Penalty(judged, images, 0.5), gradientPenalty(judged, images, 2), gradientPenalty(judged, images)],
      feeds,
    );
    expect(r1?.data[0]).toBeCloseTo((0.5 / 2) * 25, 9);
    expect(penalty?.data[0]).toBeCloseTo(2 * 16, 9);
    expect(tenfold?.data[0]).toBeCloseTo(10 * 16, 9);
  });

  it("have finite slopes where the discriminator is flat", () => {
    const weight = input("weight", [3, 1]);
    const flat = matmul(images, weight);
    const [slope] = evaluate(gradients(gradientPenalty(flat, images), [weight]), { ...feeds, weight: [0, 0, 0] });
    expect([...(slope?.data ?? [])].every((value) => Math.abs(value) === 0)).toBe(true);
  });
});

describe("randomInterpolates", () => {
  it("lie on the lines between the pairs, at uniform shares", () => {
    const count = 2000;
    const between = randomInterpolates(
      input("real", [count, 2]),
      input("made", [count, 2]),
      input("normals", [count, 2]),
    );
    const random = randomStream(0, "interpolates");
    const real = Float64Array.from({ length: 2 * count }, (_, index) => (index % 2 === 0 ? 1 : 10));
    const [points] = evaluate([between], { real, made: real.map(() => 0), normals: random.normals(2 * count) });
    const shares = Array.from({ length: count }, (_, sample) => points?.data[2 * sample] ?? Number.NaN);
    shares.forEach((share, sample) => expect(points?.data[2 * sample + 1]).toBeCloseTo(10 * share, 9));
    // The Kolmogorov-Smirnov distance from the uniform distribution; 1.63 / sqrt(count) is exceeded by 1 % of samples.
    const distance = shares
      .toSorted((one, other) => one - other)
      .reduce((most, share, rank) => Math.max(most, Math.abs(share - (rank + 0.5) / count)), 0);
    expect(distance).toBeLessThan(1.63 / Math.sqrt(count));
  });
});
