import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount, evaluate, input } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import { architectures } from "./index.ts";

const { generator, decoder, discriminator, redrawer } = architectures.fastgan;

function optionsOf(height: number, width = height) {
  return { format: { height, width, channels: 3 }, latent: 8, width: 4 } as const;
}

const names = ({ variables }: Network) => variables.map(({ input: { name } }) => name);
const counted = ({ variables }: Network) =>
  variables.reduce((total, { role, shape }) => total + (role === "parameter" ? elementCount(shape) : 0), 0);

describe("the generator of fastgan", () => {
  it.each([
    [16, ["up2"]],
    [28, ["up2"]],
    [32, ["up3"]],
    [64, ["up4"]],
    [128, ["up4", "up5"]],
    [256, ["up4", "up5", "up6"]],
  ])("of %i pixels gates the maps %j", (size, gated) => {
    const gates = names(generator(optionsOf(size))).filter((name) => name.endsWith("/gate/first/weight"));
    expect(gates).toEqual(gated.map((layer) => `generator/${layer}/gate/first/weight`));
  });

  it("has noise in every second block; a decoder has none", () => {
    const noisy = names(generator(optionsOf(64))).filter((name) => name.endsWith("/noiseFactor"));
    expect(noisy).toEqual(
      ["up1/first", "up1/second", "up3/first", "up3/second"].map((layer) => `generator/${layer}/noiseFactor`),
    );
    expect(names(decoder({ ...optionsOf(64), outputs: 3 })).filter((name) => name.endsWith("/noiseFactor"))).toEqual(
      [],
    );
  });

  it("has the size counted by hand", () => {
    // 16 px, width 2: maps of 32, 16 and 8 channels; each convolution has two filters a channel, a norm, and in up1 noise.
    const gated = (from: number, to: number, noise: number) => 9 * from * 2 * to + 2 * (2 * to) + noise * 2 * to;
    const project = 4 * (2 * 32 * 16) + 2 * (2 * 32);
    const blocks = gated(32, 16, 1) + gated(16, 16, 1) + gated(16, 8, 0);
    const gate = 32 * 16 * 8 + 8 * 8;
    const network = generator({ format: { height: 16, width: 16, channels: 1 }, latent: 4, width: 2 });
    expect(counted(network)).toBe(project + blocks + gate + 9 * 8 + 1);
  });
});

describe("the discriminator of fastgan", () => {
  it("gives a picture the mean of the logits of its places, and shows the map before them", () => {
    const network = discriminator({ ...optionsOf(32), discriminatorNorm: "none" });
    const { output, shown } = network.apply(input("x", [2, 3, 32, 32]), network.bindings(), "training");
    expect(output.shape).toEqual([2, 1]);
    expect(shown.get("features")?.shape).toEqual([2, 32, 8, 8]);
    const feeds = Object.fromEntries(
      network.variables.map(({ input: { name }, shape, initializer }) => [
        name,
        initializer(shape, randomStream(1, name)),
      ]),
    );
    const map = input("map", [2, 32, 8, 8]);
    const [logits, features] = evaluate([output, shown.get("features") ?? map], {
      ...feeds,
      x: randomStream(2, "x").normals(2 * 3 * 1024),
    });
    // The judge by loops: 1x1 to 64 channels, leaky ReLU, then 4x4 to a logit at 5x5 places.
    const [describe1, bias] = [feeds["discriminator/describe/weight"], feeds["discriminator/describe/bias"]];
    const judge = feeds["discriminator/judge/weight"];
    for (let sample = 0; sample < 2; sample++) {
      let total = 0;
      for (let pixel = 0; pixel < 64; pixel++) {
        const [row, column] = [Math.floor(pixel / 8), pixel % 8];
        for (let filter = 0; filter < 64; filter++) {
          let value = bias?.[filter] ?? 0;
          for (let channel = 0; channel < 32; channel++) {
            value +=
              (features?.data[(sample * 32 + channel) * 64 + pixel] ?? 0) * (describe1?.[filter * 32 + channel] ?? 0);
          }
          for (let y = 0; y < 4; y++) {
            for (let x = 0; x < 4; x++) {
              const [top, left] = [row - y, column - x];
              if (top < 0 || top > 4 || left < 0 || left > 4) continue;
              total += Math.max(value, 0.2 * value) * (judge?.[(filter * 4 + y) * 4 + x] ?? 0);
            }
          }
        }
      }
      expect(logits?.data[sample]).toBeCloseTo(total / 25, 12);
    }
  });
});

describe("the redrawer of fastgan", () => {
  it.each([
    [16, 16, 16, 16],
    [28, 28, 28, 28],
    [64, 64, 64, 64],
    [256, 256, 64, 64],
    [64, 96, 32, 48],
    [16, 128, 8, 64],
  ])("draws %ix%i pixels as %ix%i, from the map that the discriminator shows", (height, width, ...size) => {
    const options = optionsOf(height, width);
    const network = discriminator(options);
    const { shown } = network.apply(input("x", ["batch", 3, height, width]), network.bindings(), "inference");
    const drawn = redrawer?.(options);
    const features = drawn === undefined ? undefined : shown.get(drawn.from);
    expect(features?.shape).toEqual(drawn?.network.inputShape);
    if (drawn === undefined || features === undefined) return;
    const { output } = drawn.network.apply(features, drawn.network.bindings(), "inference");
    expect(output.shape).toEqual(["batch", 3, ...size]);
  });
});
