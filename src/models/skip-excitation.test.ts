import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { averagePool2d, elementCount, evaluate, input, multiply } from "../graph/index.ts";
import { describeOperator } from "../graph/testing/property-checks.ts";
import { Network } from "../nn/index.ts";
import { layerCase } from "../nn/testing/layer-checks.ts";
import { excited } from "./skip-excitation.ts";

describe("excited", () => {
  it("multiplies each channel by the gate that two layers make of the averaged small map", () => {
    const [batch, channels, smallChannels] = [2, 3, 2];
    const large = input("large", [batch, channels, 5, 6]);
    const network = new Network("net", ["batch", smallChannels, 8, 8], (scope, small) =>
      scope.layer("gate", (layer) =>
        excited(layer, input("large", [small.shape[0] ?? "batch", channels, 5, 6]), small),
      ),
    );
    const random = randomStream(0, "excitation");
    // A map of one value a channel, whatever its average is taken over.
    const level = Array.from(random.normals(batch * smallChannels));
    const feeds = {
      large: Float64Array.from(random.normals(batch * channels * 30)),
      small: Float64Array.from(
        { length: batch * smallChannels * 64 },
        (_, index) => level[Math.floor(index / 64)] ?? 0,
      ),
      "net/gate/first/weight": Float64Array.from(random.normals(smallChannels * 16 * channels)),
      "net/gate/second/weight": Float64Array.from(random.normals(channels * channels)),
    };
    const small = input("small", [batch, smallChannels, 8, 8]);
    const { output } = network.apply(small, network.bindings(), "training");
    const received = evaluate([output, large], feeds)[0]?.data ?? new Float64Array();
    expect(received.length).toBe(elementCount([batch, channels, 5, 6]));
    const [first, second] = [feeds["net/gate/first/weight"], feeds["net/gate/second/weight"]];
    for (let sample = 0; sample < batch; sample++) {
      const hidden = Array.from({ length: channels }, (_, unit) => {
        let total = 0;
        for (let place = 0; place < smallChannels * 16; place++) {
          total +=
            (level[sample * smallChannels + Math.floor(place / 16)] ?? 0) * (first[place * channels + unit] ?? 0);
        }
        return total / (1 + Math.exp(-total));
      });
      for (let channel = 0; channel < channels; channel++) {
        const gate = hidden.reduce((total, value, unit) => total + value * (second[unit * channels + channel] ?? 0), 0);
        for (let pixel = 0; pixel < 30; pixel++) {
          const index = (sample * channels + channel) * 30 + pixel;
          expect(received[index]).toBeCloseTo((feeds.large[index] ?? 0) / (1 + Math.exp(-gate)), 10);
        }
      }
    }
  });
});

describeOperator(
  "skip-layer excitation",
  fc
    .constantFrom([2, 2, 8, 8], [2, 1, 10, 12])
    .map((shape) =>
      layerCase((scope, x) => excited(scope, x, multiply(averagePool2d(x, { kernel: [2, 2] }), 0.2)), shape),
    ),
  { runs: 3 },
);
