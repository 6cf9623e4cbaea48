import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, gradients, input, multiply, sum } from "../graph/index.ts";
import { fixedNoise, networkOf } from "../nn/testing/layer-checks.ts";
import { withMapNoise } from "./map-noise.ts";

const random = randomStream(0, "map noise");
const draw = (count: number) => Float64Array.from(random.normals(count));

describe("withMapNoise", () => {
  // [shape, elements a channel and sample, draws a sample]: one draw a pixel for all channels, one for each unit.
  it.each([
    { shape: [2, 3, 2, 4], pixels: 8, draws: 8 },
    { shape: [2, 3], pixels: 1, draws: 3 },
  ])("adds to $shape its draws times the channels' factors, and trains these", ({ shape, pixels, draws }) => {
    const network = networkOf((scope, x) => withMapNoise(scope, x, { mapNoise: true }), shape);
    const [factor] = network.variables;
    if (factor === undefined) throw new Error("no factor");
    expect(factor.initializer(factor.shape, random)).toEqual(new Float32Array(3));
    const x = input("x", shape);
    const { output } = network.apply(x, network.bindings(), "training", fixedNoise);
    const feeds = {
      x: draw(6 * pixels),
      [factor.input.name]: draw(3),
      "noise net/layer/mapNoise": draw(2 * draws),
      weights: draw(6 * pixels),
    };
    const slope = gradients(sum(multiply(output, input("weights", shape))), [factor.input]);
    const [y, slopes] = evaluate([output, ...slope], feeds);
    const expectedSlopes = [0, 0, 0];
    for (let index = 0; index < 6 * pixels; index++) {
      const channel = Math.floor(index / pixels) % 3;
      const sample = Math.floor(index / (3 * pixels));
      const own = draws === pixels ? index % pixels : channel;
      const noise = feeds["noise net/layer/mapNoise"]?.[sample * draws + own] ?? 0;
      const value = (feeds["x"]?.[index] ?? 0) + noise * (feeds[factor.input.name]?.[channel] ?? 0);
      expect(y?.data[index]).toBeCloseTo(value, 12);
      expectedSlopes[channel] = (expectedSlopes[channel] ?? 0) + noise * (feeds["weights"]?.[index] ?? 0);
    }
    expectedSlopes.forEach((value, channel) => expect(slopes?.data[channel]).toBeCloseTo(value, 12));
  });

  it("adds nothing outside of training, and nothing at all where it is not asked for", () => {
    const x = input("x", ["batch", 3, 2, 2]);
    const noisy = networkOf((scope, given) => withMapNoise(scope, given, { mapNoise: true }), [1, 3, 2, 2]);
    expect(noisy.apply(x, noisy.bindings(), "inference").output).toBe(x);
    const plain = networkOf((scope, given) => withMapNoise(scope, given, {}), [1, 3, 2, 2]);
    expect(plain.variables).toEqual([]);
    expect(plain.apply(x, plain.bindings(), "training").output).toBe(x);
  });
});
