import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, input } from "../../graph/index.ts";
import { describeOperator } from "../../graph/testing/property-checks.ts";
import { minibatchDeviation } from "../index.ts";
import { layerCase, networkOf } from "../testing/layer-checks.ts";

const [channels, pixels] = [2, 4];

function deviations(batch: number, groupSize: number, x: ArrayLike<number>) {
  const shape = [batch, channels, 2, 2];
  const network = networkOf((scope, given) => minibatchDeviation(scope, given, { groupSize }), shape);
  const { output } = network.apply(input("x", shape), network.bindings(), "training");
  const [y] = evaluate([output], { x });
  expect(y?.shape).toEqual([batch, 1]);
  return [...(y?.data ?? [])];
}

describe("minibatchDeviation", () => {
  it.each([
    ["all samples", 4, 4, 4],
    ["groups of every second sample", 4, 2, 2],
    ["the largest divisor of the batch", 6, 4, 3],
  ])("is the mean deviation within a group: %s", (_what, batch, groupSize, members) => {
    const random = randomStream(0, "deviation");
    const x = Float64Array.from({ length: batch * channels * pixels }, () => random.normal());
    const groups = batch / members;
    deviations(batch, groupSize, x).forEach((found, sample) => {
      const group = Array.from({ length: members }, (_, member) => member * groups + (sample % groups));
      let expected = 0;
      for (let place = 0; place < channels * pixels; place++) {
        const values = group.map((member) => x[member * channels * pixels + place] ?? 0);
        const center = values.reduce((total, value) => total + value, 0) / members;
        const variance = values.reduce((total, value) => total + (value - center) ** 2, 0) / members;
        expected += Math.sqrt(variance + 1e-8) / (channels * pixels);
      }
      expect(found).toBeCloseTo(expected, 9);
    });
  });

  it("takes each sample for a group of its own where the batch is open", () => {
    const network = networkOf((scope, given) => minibatchDeviation(scope, given), [1, 1, 1, 1]);
    const { output } = network.apply(input("x", ["batch", 1, 1, 1]), network.bindings(), "inference");
    const [y] = evaluate([output], { x: [3, -5] }, 2);
    expect([...(y?.data ?? [])]).toEqual([1e-4, 1e-4]);
  });
});

describeOperator(
  "minibatchDeviation",
  fc
    .constantFrom(2, 3, 4)
    .map((batch) => layerCase((scope, x) => minibatchDeviation(scope, x, { groupSize: 2 }), [batch, 2, 2, 1])),
  { runs: 3 },
);
