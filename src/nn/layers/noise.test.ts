import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradients, input, sum } from "../../graph/index.ts";
import { dropout, gaussianNoise } from "../index.ts";
import { fixedNoise, networkOf } from "../testing/layer-checks.ts";

const shape = [100, 200];
const count = 100 * 200;
const x = input("x", shape);
const random = randomStream(0, "noise");
const numbers = Float64Array.from({ length: count }, () => 1 + random.uniform());

/** Largest distance of the numbers from what is expected of them. */
function farthest(received: Float64Array | undefined, expected: (index: number) => number): number {
  return received?.reduce((most, value, index) => Math.max(most, Math.abs(value - expected(index))), 0) ?? Number.NaN;
}

describe("dropout", () => {
  it.each([0.05, 0.3, 0.5, 0.8])("drops the share %d and scales the others up, gradients alike", (rate) => {
    const network = networkOf((scope, given) => dropout(scope, given, { rate }), shape);
    const { output } = network.apply(x, network.bindings(), "training", fixedNoise);
    const feeds = { x: numbers, "noise net/layer/dropout": random.normals(count) };
    const [y, slope] = evaluate([output, ...gradients(sum(output), [x])], feeds);
    const kept = numbers.map((_, index) => Number(y?.data[index] !== 0));
    const share = 1 - kept.reduce((total, one) => total + one, 0) / count;
    // Five standard deviations of the share of 20,000 draws.
    expect(Math.abs(share - rate)).toBeLessThan(5 * Math.sqrt((rate * (1 - rate)) / count));
    expect(farthest(y?.data, (index) => ((kept[index] ?? 0) * (numbers[index] ?? 0)) / (1 - rate))).toBeLessThan(1e-12);
    expect(farthest(slope?.data, (index) => (kept[index] ?? 0) / (1 - rate))).toBeLessThan(1e-12);
  });

  it("does nothing in inference", () => {
    const network = networkOf((scope, given) => dropout(scope, given, { rate: 0.5 }), shape);
    expect(network.apply(x, network.bindings(), "inference").output).toBe(x);
  });

  it.each([-0.1, 1, Number.NaN])("refuses the rate %d", (rate) => {
    expect(() => networkOf((scope, given) => dropout(scope, given, { rate }), shape)).toThrow(
      `net/layer: expected a rate in [0, 1), received ${rate}`,
    );
  });
});

describe("gaussianNoise", () => {
  it("adds the source's draws times the deviation in training, nothing in inference", () => {
    const network = networkOf((scope, given) => gaussianNoise(scope, given, { deviation: 0.25 }), shape);
    const draws = random.normals(count);
    const [y] = evaluate([network.apply(x, network.bindings(), "training", fixedNoise).output], {
      x: numbers,
      "noise net/layer/noise": draws,
    });
    expect(farthest(y?.data, (index) => (numbers[index] ?? 0) + 0.25 * (draws[index] ?? 0))).toBeLessThan(1e-12);
    expect(network.apply(x, network.bindings(), "inference").output).toBe(x);
  });
});
