import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { Session, targetOf } from "../../runtime/index.ts";
import {
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  elementCount,
  evaluate,
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
  const feeds = Object.fromEntries(
    [x, w, y].map(({ name, shape }) => [name, randomStream(3, name).normals(elementCount(shape.map(Number)))]),
  );
  return { outputs, feeds };
}

describe.each(Object.entries(layers))("the convolution forms for %s", (_, layer) => {
  it("give the numbers of the float64 reference", async () => {
    const { outputs, feeds } = threeKernels(layer);
    const session = await Session.compile(outputs, { device: "cpu" });
    const results = await session.run(feeds);
    const expected = evaluate(Object.values(outputs), feeds);
    Object.keys(outputs).forEach((name, index) => {
      const wanted = expected[index]?.data ?? new Float64Array();
      const actual = results.get(name)?.floats() ?? new Float32Array();
      const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(actual.length).toBe(wanted.length);
      wanted.forEach((value, element) => {
        expect(Math.abs((actual[element] ?? Number.NaN) - value) / scale, `${name}[${element}]`).toBeLessThan(2e-6);
      });
    });
    await session.release();
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
