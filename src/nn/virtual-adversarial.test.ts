import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, input, matmul, type Tensor, tanh } from "../graph/index.ts";
import { virtualAdversarialLoss, worstDirection } from "./virtual-adversarial.ts";

const [batch, size, hidden, classes] = [4, 6, 5, 3];
const first = randomStream(1, "first").normals(size * hidden);
const second = randomStream(1, "second").normals(hidden * classes);
const images = randomStream(1, "images").normals(batch * size);
const draws = randomStream(1, "draws").normals(batch * size);
const x = input("x", [batch, size]);

const classify = (seen: Tensor) =>
  matmul(tanh(matmul(seen, constant(first, [size, hidden]))), constant(second, [hidden, classes]));

/** The same classifier, for one image, as loops over numbers. */
function probabilities(image: readonly number[]): readonly number[] {
  const units = Array.from({ length: hidden }, (_, unit) =>
    Math.tanh(image.reduce((total, value, i) => total + value * (first[i * hidden + unit] ?? 0), 0)),
  );
  const powers = Array.from({ length: classes }, (_, own) =>
    Math.exp(units.reduce((total, value, unit) => total + value * (second[unit * classes + own] ?? 0), 0)),
  );
  const total = powers.reduce((all, power) => all + power, 0);
  return powers.map((power) => power / total);
}

function divergence(image: readonly number[], change: readonly number[]): number {
  const after = probabilities(image.map((value, i) => value + (change[i] ?? 0)));
  return probabilities(image).reduce((total, p, own) => total + p * Math.log(p / (after[own] ?? 0)), 0);
}

const row = (values: ArrayLike<number>, n: number) => Array.from(values).slice(n * size, (n + 1) * size);
const lengthOf = (vector: readonly number[]) => Math.hypot(...vector);
const ofLength = (vector: readonly number[], length: number) =>
  vector.map((value) => (value * length) / lengthOf(vector));

/** The slope of the divergence at a change, by central differences. */
function slope(image: readonly number[], change: readonly number[]): readonly number[] {
  const h = 1e-5;
  const moved = (i: number, by: number) => change.map((value, j) => (i === j ? value + by : value));
  return change.map((_, i) => (divergence(image, moved(i, h)) - divergence(image, moved(i, -h))) / (2 * h));
}

describe("virtual adversarial training", () => {
  it("looks along the slope of the divergence", () => {
    const change = draws.map((value) => 0.1 * value);
    const [found] = evaluate([worstDirection(classify, x, input("change", [batch, size]))], { x: images, change });
    for (let n = 0; n < batch; n++) {
      const expected = slope(row(images, n), row(change, n));
      row(found?.data ?? [], n).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 6));
    }
  });

  it("costs what a change of the given length in that direction moves the answers", () => {
    const [epsilon, xi] = [0.7, 1e-2];
    const directions = input("directions", [batch, size]);
    const [loss] = evaluate([virtualAdversarialLoss(classify, x, directions, { epsilon, xi })], {
      x: images,
      directions: draws,
    });
    const expected = Array.from({ length: batch }, (_, n) => {
      const worst = slope(row(images, n), ofLength(row(draws, n), xi));
      return divergence(row(images, n), ofLength(worst, epsilon));
    });
    const mean = expected.reduce((total, value) => total + value, 0) / batch;
    expect(loss?.data[0]).toBeCloseTo(mean, 4);
    // A direction that is merely drawn moves them less.
    const drawn = Array.from({ length: batch }, (_, n) => divergence(row(images, n), ofLength(row(draws, n), epsilon)));
    expect(mean).toBeGreaterThan(1.5 * (drawn.reduce((total, value) => total + value, 0) / batch));
  });

  it("costs nothing, and no fault, where the answers do not depend on the image", () => {
    const directions = input("directions", [batch, size]);
    const constantly = (seen: Tensor) => matmul(seen, constant(new Float64Array(size * classes), [size, classes]));
    const [loss] = evaluate([virtualAdversarialLoss(constantly, x, directions, { epsilon: 1 })], {
      x: images,
      directions: draws,
    });
    expect(loss?.data[0]).toBe(0);
  });
});
