import { describe, expect, it } from "vitest";
import { elementCount, input } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import { type ArchitectureName, architectures, type ImageFormat } from "./index.ts";

const sizes = Array.from({ length: 15 }, (_, index) => 16 + 8 * index);
const every = (["dcgan", "mlp"] as const).flatMap((name) =>
  sizes.flatMap((size) =>
    ([1, 3] as const).map((channels): [ArchitectureName, number, 1 | 3] => [name, size, channels]),
  ),
);

function outputShape(network: Network, shape: readonly (number | "batch")[]) {
  return network.apply(input("x", shape), network.bindings(), "inference").output.shape;
}

function parameters({ variables }: Network): number {
  return variables.reduce((total, { role, shape }) => total + (role === "parameter" ? elementCount(shape) : 0), 0);
}

describe("architectures", () => {
  it.each(every)("%s makes and judges pictures of %i pixels with %i channels", (name, size, channels) => {
    const format: ImageFormat = { height: size, width: size, channels };
    const architecture = architectures[name];
    const options = { format, latent: 10, width: 4 };
    expect(architecture.refusal(format)).toBeUndefined();
    const image = ["batch", channels, size, size] as const;
    expect(outputShape(architecture.generator(options), ["batch", 10])).toEqual(image);
    expect(outputShape(architecture.discriminator(options), image)).toEqual(["batch", 1]);
  });

  it("have the sizes of the papers", () => {
    const options = { format: { height: 32, width: 32, channels: 3 }, latent: 100, width: 64 } as const;
    const { generator, discriminator } = architectures.dcgan;
    // 100*4096 + 2*256 + 256*128*16 + 2*128 + 128*64*16 + 2*64 + 64*3*16 + 3, counted by hand.
    expect(parameters(generator(options))).toBe(1_068_931);
    expect(parameters(discriminator(options))).toBe(663_361);
  });

  it.each([
    [12, 16],
    [30, 32],
    [130, 128],
    [256, 128],
  ])("dcgan refuses %i pixels and names %i", (size, nearest) => {
    expect(architectures.dcgan.refusal({ height: size, width: size, channels: 3 })).toMatchObject({ nearest });
  });
});
