import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { constant, evaluate, gradients, input, matmul, scalar, type Tensor } from "../../graph/index.ts";
import { playerOf } from "../players.ts";
import { logNormal, repeat } from "../vae-objectives.ts";
import { classLogWeight, classObjective } from "./class-bound.ts";

// x = w z + b_y + sigma e: a number x of class y, 0, 1 or 2, with a code of one number. All is known in closed form.

const [w, sigma] = [0.8, 0.6];
const centres = [-2, 0.5, 1.5];
/** q(z | x, y) = N(slope x + shift_y, variance): some posterior. */
const [slope, shifts, variance] = [0.7, [1.1, -0.2, -0.6], 0.35];
const xs = [-1.3, 0.4, 1.9, 0.7];

const posterior = playerOf((rows) => {
  const [batch = 1] = rows.shape.map(Number);
  const weights = constant(
    Float64Array.of(slope, 0, ...shifts.flatMap((shift) => [shift, Math.log(variance)])),
    [4, 2],
  );
  return { output: matmul(rows, weights), shown: new Map([["rows", constant(Float64Array.of(batch), [1])]]) };
});

function observationOf(features: Tensor, classes = 3) {
  const targets = repeat(features, classes);
  const decoding = (z: Tensor) => {
    const mean = matmul(z, constant(Float64Array.of(w, ...centres), [4, 1]));
    return logNormal(targets, { mean, logVariance: constant(Float64Array.of(2 * Math.log(sigma)), [1, 1]) });
  };
  return { features, decoding };
}

const features = input("x", [4, 1]);
const noise = input("noise", [4, 1]);
const logits = input("logits", [4, 3]);
const known = input("known", [4, 3]);
const feeds = {
  x: xs,
  noise: [0.3, -1.2, 0.8, 0.1],
  logits: [0.2, -1, 0.4, 2, 0, 0.1, -0.3, 1.5, 0.9, 0, 3, 0.5],
  known: Array.from({ length: 12 }, () => 0),
};

/** -E log p(x | y, z), by the one draw, and the divergence of a code, of image n and class y. */
function termsOf(n: number, y: number) {
  const x = xs[n] ?? Number.NaN;
  const centre = slope * x + (shifts[y] ?? Number.NaN);
  const z = centre + Math.sqrt(variance) * (feeds.noise[n] ?? Number.NaN);
  const off = (x - w * z - (centres[y] ?? Number.NaN)) / sigma;
  return {
    reconstruction: (off ** 2 + Math.log(2 * Math.PI * sigma ** 2)) / 2,
    divergence: (centre ** 2 + variance - Math.log(variance) - 1) / 2,
  };
}

/** The bound by hand, with the given weight of the divergence and q(y | x). */
function boundOf(weight: number, fed: ArrayLike<number>, labels: readonly number[]) {
  const ofEach = xs.map((_, n) => {
    const own = [0, 1, 2].map((y) => Math.exp(fed[3 * n + y] ?? 0));
    const total = own.reduce((all, value) => all + value, 0);
    const label = labels[n] ?? -1;
    const shares = own.map((value, y) => (label < 0 ? value / total : Number(y === label)));
    return shares.reduce((all, share, y) => {
      const { reconstruction, divergence } = termsOf(n, y);
      const ofClass = share === 0 ? 0 : share * Math.log(share * 3);
      return all + share * (reconstruction + weight * divergence) + ofClass;
    }, 0);
  });
  return ofEach.reduce((all, own) => all + own, 0) / xs.length;
}

function objectiveOf(weight: number, freeBits = 0) {
  const observation = { ...observationOf(features), logits, known };
  return classObjective(observation, posterior, { noise, weight: scalar(weight), freeBits });
}

const valueOf = (tensor: Tensor, given: Readonly<Record<string, ArrayLike<number>>>) =>
  evaluate([tensor], given)[0]?.data[0] ?? Number.NaN;

describe("the bound with unknown classes", () => {
  it("is the sum over all classes, computed by hand", () => {
    const { losses, report } = objectiveOf(1);
    const expected = boundOf(1, feeds.logits, []);
    for (const value of [losses.encoder, losses.decoder, report.loss])
      expect(valueOf(value, feeds)).toBeCloseTo(expected, 9);
    expect(valueOf(objectiveOf(2.5).losses.decoder, feeds)).toBeCloseTo(boundOf(2.5, feeds.logits, []), 9);
    expect(valueOf(objectiveOf(2.5).report.loss, feeds)).toBeCloseTo(expected, 9);
  });

  it("takes the class of an image that has one, whatever the classifier says", () => {
    const labels = [2, -1, 0, -1];
    const given = { ...feeds, known: labels.flatMap((label) => [0, 1, 2].map((y) => Number(y === label))) };
    expect(valueOf(objectiveOf(1).report.loss, given)).toBeCloseTo(boundOf(1, feeds.logits, labels), 9);
    const [slopes] = evaluate(gradients(objectiveOf(1).losses.encoder, [logits]), given);
    const isTaught = xs.map((_, n) => [0, 1, 2].some((y) => Math.abs(slopes?.data[3 * n + y] ?? 0) > 1e-6));
    expect(isTaught).toEqual([false, true, false, true]);
  });

  it("moves the classifier as central differences say", () => {
    const [slopes] = evaluate(gradients(objectiveOf(1).losses.encoder, [logits]), feeds);
    feeds.logits.forEach((_, index) => {
      const at = (step: number) => feeds.logits.map((own, other) => (other === index ? own + step : own));
      const expected = (boundOf(1, at(1e-5), []) - boundOf(1, at(-1e-5), [])) / 2e-5;
      expect(slopes?.data[index]).toBeCloseTo(expected, 6);
    });
  });

  it("lets the code have its free bits", () => {
    const { losses, report } = objectiveOf(1, 50);
    const free = valueOf(report.loss, feeds) - valueOf(report.divergence, feeds) + 50;
    expect(valueOf(losses.decoder, feeds)).toBeCloseTo(free, 9);
  });
});

it("log weights are p(x) on average", () => {
  const draws = 20_000;
  const many = input("x", [draws, 1]);
  const weights = classLogWeight(observationOf(many), posterior, { noise: input("noise", [draws, 1]), classes: 3 });
  for (const x of [xs[0] ?? 0, xs[2] ?? 0]) {
    const given = { x: new Float64Array(draws).fill(x), noise: randomStream(3, "noise").normals(draws) };
    const all = evaluate([weights], given)[0]?.data ?? new Float64Array();
    const found = all.reduce((total, weight) => total + Math.exp(weight), 0) / draws;
    const spread = w ** 2 + sigma ** 2;
    const exact = centres.reduce(
      (total, centre) => total + Math.exp(-((x - centre) ** 2) / (2 * spread)) / Math.sqrt(2 * Math.PI * spread) / 3,
      0,
    );
    expect(found / exact).toBeGreaterThan(0.97);
    expect(found / exact).toBeLessThan(1.03);
  }
});
