import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, gradients, input, multiply, sum } from "../../graph/index.ts";
import { batchNorm, Network } from "../index.ts";

describe("batchNorm", () => {
  const [batch, channels, pixels] = [4, 3, 5];
  const random = randomStream(0, "batchNorm");
  const x = Float64Array.from({ length: batch * channels * pixels }, () => 2 + 3 * random.normal());
  const feeds = {
    x,
    "net/norm/scale": [1.5, 0.5, -1],
    "net/norm/shift": [0.1, 0.2, 0.3],
    "net/norm/mean": [1, 2, 3],
    "net/norm/variance": [4, 5, 6],
  };
  const network = new Network("net", ["batch", channels, pixels], (scope, images) =>
    scope.layer("norm", (layer) => batchNorm(layer, images, { epsilon: 1e-3, momentum: 0.2 })),
  );
  const at = (n: number, c: number, i: number) => (n * channels + c) * pixels + i;

  /** Mean and biased variance of each channel, by loops. */
  function statistics(c: number): { center: number; variance: number } {
    const values = Array.from({ length: batch }, (_, n) =>
      Array.from({ length: pixels }, (_, i) => x[at(n, c, i)] ?? 0),
    ).flat();
    const center = values.reduce((total, value) => total + value, 0) / values.length;
    return { center, variance: values.reduce((total, value) => total + (value - center) ** 2, 0) / values.length };
  }

  it("normalises by the batch in training and moves the stored statistics", () => {
    const images = input("x", [batch, channels, pixels]);
    const { output, statistics: stored } = network.apply(images, network.bindings(), "training");
    const names = ["net/norm/mean", "net/norm/variance"];
    const [y, newMean, newVariance] = evaluate([output, ...names.map((name) => stored.get(name) ?? output)], feeds);
    for (let c = 0; c < channels; c++) {
      const { center, variance } = statistics(c);
      const scale = feeds["net/norm/scale"][c] ?? 0;
      const shift = feeds["net/norm/shift"][c] ?? 0;
      for (let n = 0; n < batch; n++) {
        for (let i = 0; i < pixels; i++) {
          const expected = (scale * ((x[at(n, c, i)] ?? 0) - center)) / Math.sqrt(variance + 1e-3) + shift;
          expect(y?.data[at(n, c, i)]).toBeCloseTo(expected, 10);
        }
      }
      const count = batch * pixels;
      expect(newMean?.data[c]).toBeCloseTo(0.8 * (feeds["net/norm/mean"][c] ?? 0) + 0.2 * center, 10);
      const unbiased = (variance * count) / (count - 1);
      expect(newVariance?.data[c]).toBeCloseTo(0.8 * (feeds["net/norm/variance"][c] ?? 0) + 0.2 * unbiased, 10);
    }
  });

  it("normalises by the stored statistics in inference, and leaves them", () => {
    const images = input("x", ["batch", channels, pixels]);
    const { output, statistics: stored } = network.apply(images, network.bindings(), "inference");
    const [y] = evaluate([output], feeds, batch);
    expect(stored.size).toBe(0);
    const expected = (1.5 * ((x[0] ?? 0) - 1)) / Math.sqrt(4 + 1e-3) + 0.1;
    expect(y?.data[0]).toBeCloseTo(expected, 10);
  });

  it("has the gradient that a loop over the textbook formula gives", () => {
    const images = input("x", [batch, channels, pixels]);
    const { output } = network.apply(images, network.bindings(), "training");
    const upstream = randomStream(1, "upstream").normals(x.length);
    const loss = sum(multiply(output, input("upstream", [batch, channels, pixels])));
    const [slope] = evaluate(gradients(loss, [images]), { ...feeds, upstream });
    const count = batch * pixels;
    for (let c = 0; c < channels; c++) {
      const { center, variance } = statistics(c);
      const deviation = Math.sqrt(variance + 1e-3);
      const scale = feeds["net/norm/scale"][c] ?? 0;
      const normalised = (n: number, i: number) => ((x[at(n, c, i)] ?? 0) - center) / deviation;
      let meanUpstream = 0;
      let meanProduct = 0;
      for (let n = 0; n < batch; n++) {
        for (let i = 0; i < pixels; i++) {
          meanUpstream += (upstream[at(n, c, i)] ?? 0) / count;
          meanProduct += ((upstream[at(n, c, i)] ?? 0) * normalised(n, i)) / count;
        }
      }
      for (let n = 0; n < batch; n++) {
        for (let i = 0; i < pixels; i++) {
          const expected =
            (scale / deviation) * ((upstream[at(n, c, i)] ?? 0) - meanUpstream - normalised(n, i) * meanProduct);
          expect(slope?.data[at(n, c, i)]).toBeCloseTo(expected, 8);
        }
      }
    }
  });
});
