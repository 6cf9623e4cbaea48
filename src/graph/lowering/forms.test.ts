import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { Session, targetOf } from "../../runtime/index.ts";
import {
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  elementCount,
  evaluate,
  type Input,
  input,
  type Target,
  type Tensor,
  writeOnnx,
} from "../index.ts";

/** Sizes for which the rules pick each form: [batch, channels, height], [filters, kernel], stride, padding. */
const layers = {
  "few channels": { batch: 3, channels: 3, size: 16, filters: 16, kernel: 4, stride: 2, padding: 1 },
  "one channel": { batch: 2, channels: 1, size: 8, filters: 16, kernel: 4, stride: 2, padding: 1 },
  blocks: { batch: 2, channels: 16, size: 16, filters: 32, kernel: 4, stride: 2, padding: 1 },
  "more blocks": { batch: 3, channels: 32, size: 12, filters: 16, kernel: 4, stride: 2, padding: 1 },
  "tiny map": { batch: 3, channels: 16, size: 4, filters: 32, kernel: 4, stride: 2, padding: 1 },
  "not in blocks": { batch: 2, channels: 24, size: 8, filters: 20, kernel: 4, stride: 2, padding: 1 },
  "3x3": { batch: 2, channels: 16, size: 6, filters: 16, kernel: 3, stride: 1, padding: 1 },
  "5x5, stride 2, odd": { batch: 2, channels: 16, size: 9, filters: 16, kernel: 5, stride: 2, padding: 2 },
  "1x1": { batch: 2, channels: 16, size: 5, filters: 8, kernel: 1, stride: 1, padding: 0 },
};

function threeKernels({ batch, channels, size, filters, kernel, stride, padding }: (typeof layers)["blocks"]) {
  const options = { strides: [stride, stride], padding: [padding, padding, padding, padding] } as const;
  const out = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const x = input("x", [batch, channels, size, size]);
  const w = input("w", [filters, channels, kernel, kernel]);
  const y = input("y", [batch, filters, out, out]);
  const outputs = {
    response: conv2d(x, w, options),
    image: convTranspose2d(y, w, { ...options, outputSize: [size, size] }),
    kernel: conv2dKernelGradient(x, y, { ...options, kernelSize: [kernel, kernel] }),
  };
  return { outputs, feeds: drawnFeeds(x, w, y) };
}

function drawnFeeds(...inputs: readonly Input[]): Record<string, Float32Array> {
  return Object.fromEntries(
    inputs.map(({ name, shape }) => [name, randomStream(3, name).normals(elementCount(shape.map(Number)))]),
  );
}

/** Compares every output of the engine with the float64 reference. */
async function expectReference(outputs: Readonly<Record<string, Tensor>>, feeds: Record<string, Float32Array>) {
  const session = await Session.compile(outputs, { device: "cpu" });
  const results = await session.run(feeds);
  await session.release();
  const expected = evaluate(Object.values(outputs), feeds);
  Object.keys(outputs).forEach((name, index) => {
    const wanted = expected[index]?.data ?? new Float64Array();
    const actual = results.get(name)?.floats() ?? new Float32Array();
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
    const worst = wanted.reduce((most, value, at) => Math.max(most, Math.abs((actual[at] ?? Number.NaN) - value)), 0);
    expect(actual.length).toBe(wanted.length);
    expect(worst / scale, name).toBeLessThan(3e-6);
  });
}

describe.each(Object.entries(layers))("the convolution forms for %s", (_, layer) => {
  it("give the numbers of the float64 reference", async () => {
    const { outputs, feeds } = threeKernels(layer);
    await expectReference(outputs, feeds);
  });
});

const geometry = fc.record({
  batch: fc.integer({ min: 1, max: 3 }),
  groups: fc.constantFrom(1, 1, 1, 2),
  channels: fc.constantFrom(1, 3, 5, 16, 32),
  filters: fc.constantFrom(1, 4, 16, 32),
  size: fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })),
  kernel: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilations: fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2)),
  padding: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
});

describe("convolutions of any geometry", () => {
  it("are computed by the engine as by the float64 reference", async () => {
    const drawn = fc.asyncProperty(geometry, async ({ size, kernel, groups, batch, ...rest }) => {
      const { strides, dilations, padding } = rest;
      const [channels, filters] = [rest.channels * groups, rest.filters * groups];
      const out = [0, 1].map((axis) => {
        const reach = (dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
        return (
          Math.floor(
            ((size[axis] ?? 1) + (padding[axis] ?? 0) + (padding[axis + 2] ?? 0) - reach) / (strides[axis] ?? 1),
          ) + 1
        );
      });
      fc.pre(out.every((pixels) => pixels >= 1));
      const options = { strides, dilations, padding, groups };
      const x = input("x", [batch, channels, ...size]);
      const w = input("w", [filters, channels / groups, ...kernel]);
      const y = input("y", [batch, filters, ...out]);
      await expectReference(
        {
          response: conv2d(x, w, options),
          image: convTranspose2d(y, w, { ...options, outputSize: size }),
          kernel: conv2dKernelGradient(x, y, { ...options, kernelSize: kernel }),
        },
        drawnFeeds(x, w, y),
      );
    });
    await fc.assert(drawn, { numRuns: 60, seed: 1 });
  });
});

describe("the choice of forms", () => {
  const nodeNames = (outputs: Readonly<Record<string, Tensor>>, target: Target) => {
    const text = new TextDecoder("latin1").decode(writeOnnx(outputs, { target }).bytes);
    return ["Conv", "ConvTranspose", "Col2Im", "Gather", "ReorderInput"].filter((name) => text.includes(`/${name}.`));
  };

  it("uses only the plain operators where the model must run everywhere", () => {
    const { outputs } = threeKernels(layers.blocks);
    expect(nodeNames(outputs, { cpu: false, blocked: false })).toEqual(["Conv", "ConvTranspose"]);
  });

  it("uses blocks only where they were proven right", () => {
    const { outputs } = threeKernels(layers.blocks);
    expect(nodeNames({ response: outputs.response }, { cpu: true, blocked: true })).toContain("ReorderInput");
    expect(nodeNames({ response: outputs.response }, { cpu: true, blocked: false })).not.toContain("ReorderInput");
  });

  it("finds out what this machine's processor can do", async () => {
    const target = await targetOf("cpu");
    expect(target.cpu).toBe(true);
    expect(await targetOf("webgpu")).toEqual({ cpu: false, blocked: false });
  });
});
