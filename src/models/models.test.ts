import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { elementCount, evaluate, input } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import { Session } from "../runtime/index.ts";
import { architectureNames, architectures, type ImageFormat, usesBatchStatistics } from "./index.ts";

const sizes = [16, 20, 28, 32, 36, 44, 48, 60, 64, 72, 100, 128];
const every = architectureNames.flatMap((name) =>
  sizes.flatMap((size) => ([1, 3] as const).map((channels) => [name, size, channels] as const)),
);
const pyramids = ["dcgan", "resnet", "fastgan"] as const;
const everyNorm = architectureNames.flatMap((name) =>
  architectures[name].discriminatorNorms.map((norm) => [name, norm] as const),
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

  it.each(
    architectureNames.flatMap((name) =>
      [
        [64, 96],
        [96, 64],
        [16, 128],
        [24, 40],
      ].map(([height = 0, width = 0]) => [name, height, width] as const),
    ),
  )("%s makes and judges pictures %i high and %i wide", (name, height, width) => {
    const options = { format: { height, width, channels: 3 }, latent: 10, width: 4 } as const;
    const architecture = architectures[name];
    expect(architecture.refusal(options.format)).toBeUndefined();
    const image = ["batch", 3, height, width] as const;
    expect(outputShape(architecture.generator(options), ["batch", 10])).toEqual(image);
    expect(outputShape(architecture.discriminator(options), image)).toEqual(["batch", 1]);
  });

  it("of convolutions make, encode and judge every size whose sides are multiples of 4 from 16 to 256", () => {
    const side = fc.integer({ min: 4, max: 64 }).map((quarter) => 4 * quarter);
    const property = fc.property(fc.constantFrom(...pyramids), side, side, (name, height, width) => {
      const options = { format: { height, width, channels: 3 }, latent: 5, width: 2 } as const;
      const { refusal, generator, decoder, discriminator, encoder } = architectures[name];
      expect(refusal(options.format)).toBeUndefined();
      const image = ["batch", 3, height, width] as const;
      expect(outputShape(generator(options), ["batch", 5])).toEqual(image);
      expect(outputShape(decoder({ ...options, outputs: 7 }), ["batch", 5])).toEqual(["batch", 7, height, width]);
      expect(outputShape(discriminator(options), image)).toEqual(["batch", 1]);
      expect(outputShape(encoder({ ...options, features: 9 }), image)).toEqual(["batch", 9]);
    });
    fc.assert(property, { numRuns: 60, seed: 1 });
  });

  it.each(pyramids)("%s has at most 20 million parameters at the usual width, up to 256 pixels", (name) => {
    const { generator, discriminator, defaultWidth } = architectures[name];
    for (const size of [124, 128, 240, 252, 256]) {
      const options = { format: { height: size, width: size, channels: 3 }, latent: 100, width: defaultWidth } as const;
      for (const network of [generator(options), discriminator(options)])
        expect(parameters(network), `${size} px`).toBeLessThan(20e6);
    }
  });

  it("have the sizes of the papers", () => {
    const options = { format: { height: 32, width: 32, channels: 3 }, latent: 100, width: 64 } as const;
    const { generator, discriminator } = architectures.dcgan;
    // 100*4096 + 2*256 + 256*128*16 + 2*128 + 128*64*16 + 2*64 + 64*3*16 + 3, counted by hand.
    expect(parameters(generator(options))).toBe(1_068_931);
    expect(parameters(discriminator(options))).toBe(663_361);
  });

  it("have the sizes of a residual network counted by hand", () => {
    const options = { format: { height: 16, width: 16, channels: 1 }, latent: 10, width: 2 } as const;
    const { generator, discriminator } = architectures.resnet;
    // Two blocks of norm, 3x3, norm, 3x3, 1x1: 8 -> 4 -> 2 channels; before them the projection, after them
    // norm and a 3x3 with bias.
    const up = (from: number, to: number) => 2 * from + 9 * from * to + 2 * to + 9 * to * to + from * to;
    expect(parameters(generator(options))).toBe(11 * 8 * 16 + up(8, 4) + up(4, 2) + 2 * 2 + 9 * 2 + 1);
    const down = (from: number, to: number) => 9 * from * from + from + 9 * from * to + to + from * to;
    expect(parameters(discriminator(options))).toBe(9 * 2 + 2 + down(2, 4) + down(4, 8) + 8 + 1);
  });

  it.each([
    [12, 16],
    [30, 32],
    [130, 132],
    [300, 256],
  ])("of convolutions refuse %i pixels and name %i", (size, nearest) => {
    for (const name of pyramids) {
      expect(architectures[name].refusal({ height: size, width: size, channels: 3 })).toMatchObject({
        expected: "a multiple of 4 from 16 to 256",
        nearest: { height: nearest, width: nearest },
      });
    }
  });
});

describe.each(architectureNames)("the trained networks of %s", (name) => {
  it("are computed by the engine for any batch as by the float64 reference", async () => {
    const options = { format: { height: 16, width: 16, channels: 1 }, latent: 4, width: 2 } as const;
    const { generator, discriminator } = architectures[name];
    const [painter, judge] = [generator(options), discriminator(options)];
    const pictures = painter.apply(input("latent", ["batch", 4]), painter.bindings(), "inference").output;
    const judged = judge.apply(pictures, judge.bindings(), "inference").output;
    const draws = [...painter.variables, ...judge.variables].map(
      ({ input: declared, shape, initializer }) =>
        [declared.name, initializer(shape, randomStream(1, declared.name))] as const,
    );
    const feeds = { ...Object.fromEntries(draws), latent: randomStream(2, "latent").normals(3 * 4) };
    const expected = evaluate([pictures, judged], feeds, 3);
    const session = await Session.compile({ pictures, judged }, { device: "cpu" });
    const results = await session.run(feeds, new Map(), 3);
    for (const [index, key] of (["pictures", "judged"] as const).entries()) {
      const wanted = expected[index]?.data ?? new Float64Array();
      const received = results.get(key)?.floats() ?? new Float32Array();
      expect(received.length).toBe(key === "pictures" ? 3 * 256 : 3);
      wanted.forEach((value, element) => expect(received[element]).toBeCloseTo(value, 5));
    }
    await session.release();
  });
});

describe("discriminators", () => {
  const format = { height: 16, width: 16, channels: 1 } as const;

  it.each(everyNorm)("%s can be normalised by %s; only batch norm stores means", (name, discriminatorNorm) => {
    const network = architectures[name].discriminator({ format, latent: 4, width: 2, discriminatorNorm });
    const output = outputShape(network, [3, 1, 16, 16]);
    expect(output).toEqual([3, 1]);
    const stored = new Set(
      network.variables.flatMap(({ role, input: { name: path } }) =>
        role === "statistic" ? [path.split("/").at(-1)] : [],
      ),
    );
    expect(stored.has("mean")).toBe(usesBatchStatistics(discriminatorNorm));
    expect(stored.has("singularVector")).toBe(discriminatorNorm.startsWith("spectral"));
  });

  it("refuse a norm that does not suit them, and name those that do", () => {
    expect(() =>
      architectures.mlp.discriminator({ format, latent: 4, width: 2, discriminatorNorm: "instance" }),
    ).toThrow("discriminatorNorm of mlp: expected none, spectral, received instance");
  });
});
