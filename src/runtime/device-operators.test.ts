import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeWebgpu, ownCache } from "../../test/software-gpu.ts";
import { randomStream } from "../foundation/random.ts";
import {
  add,
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  divide,
  elementCount,
  evaluate,
  exp,
  type Input,
  input,
  leakyRelu,
  matmul,
  mean,
  multiply,
  reshape,
  sqrt,
  square,
  sum,
  type Tensor,
  transpose,
} from "../graph/index.ts";
import { relativeError } from "./compute.ts";
import type { DeviceName } from "./device-names.ts";
import { Session } from "./session.ts";

await ownCache();

const size = fc.integer({ min: 1, max: 7 });
const side = fc.integer({ min: 1, max: 4 });

/** A convolution of any geometry, with its adjoints. */
const convolutions = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.constantFrom(1, 1, 2, 3),
    channels: fc.constantFrom(1, 3, 5),
    filters: fc.constantFrom(1, 4, 5, 7),
    size: fc.tuple(size, size),
    kernel: fc.tuple(side, side),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    dilations: fc.tuple(fc.constantFrom(1, 2), fc.constantFrom(1, 2)),
    padding: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
  })
  .map(({ batch, groups, channels, filters, kernel, size: pixels, ...geometry }) => {
    const { strides, dilations, padding } = geometry;
    const options = { ...geometry, groups };
    const places = (axis: 0 | 1) => {
      const reach = dilations[axis] * (kernel[axis] - 1) + 1;
      const padded = Math.max(reach, pixels[axis] + padding[axis] + (padding[axis + 2] ?? 0));
      return {
        pixels: padded - padding[axis] - (padding[axis + 2] ?? 0),
        out: Math.floor((padded - reach) / strides[axis]) + 1,
      };
    };
    const [rows, columns] = [places(0), places(1)];
    const x = input("x", [batch, channels * groups, Math.max(1, rows.pixels), Math.max(1, columns.pixels)]);
    const w = input("w", [filters * groups, channels, ...kernel]);
    const response = conv2d(x, w, options);
    const y = input("y", response.shape);
    const [height, width] = [Number(x.shape[2]), Number(x.shape[3])];
    return {
      response,
      image: convTranspose2d(y, w, { ...options, outputSize: [height, width] }),
      kernel: conv2dKernelGradient(x, y, { ...options, kernelSize: kernel }),
    };
  });

/** Element-wise operators, broadcasting, products, moved axes and sums, as layers and optimisers put them together. */
const compositions = fc
  .record({ rows: size, columns: size, inner: size, slope: fc.constantFrom(0, 0.2) })
  .map(({ rows, columns, inner, slope }) => {
    const left = input("left", [3, rows, inner]);
    const right = input("right", [3, inner, columns]);
    const bias = input("bias", [columns]);
    const product = leakyRelu(add(matmul(left, right), bias), slope);
    const turned = transpose(product, [2, 0, 1]);
    return {
      turned,
      scaled: divide(turned, sqrt(add(mean(square(turned)), 1e-3))),
      flat: multiply(reshape(exp(multiply(left, 0.1)), [3, rows * inner]), 2),
      total: sum(square(product), [0, 2]),
    };
  });

/** Compares what a device computes with the float64 reference. */
async function expectReference(device: DeviceName, outputs: Readonly<Record<string, Tensor>>) {
  // The self-test would compare with the cpu: here the reference decides.
  const session = await Session.compile(outputs, { device, selfTest: false });
  const feeds = Object.fromEntries([...session.inputs.values()].map((declared) => [declared.name, drawn(declared)]));
  const results = await session.run(feeds);
  await session.release();
  const expected = evaluate(Object.values(outputs), feeds);
  Object.keys(outputs).forEach((name, index) => {
    const wanted = Float32Array.from(expected[index]?.data ?? []);
    expect(relativeError(wanted, results.get(name)?.floats() ?? new Float32Array()), name).toBeLessThan(1e-4);
  });
}

function drawn({ name, shape }: Input): Float32Array {
  return randomStream(4, name).normals(elementCount(shape.map(Number)));
}

function operatorsOn(device: DeviceName, runs: number) {
  it.each([
    ["convolutions of any geometry", convolutions],
    ["compositions of the other operators", compositions],
  ])(
    "computes %s like the float64 reference",
    async (_, drawnGraphs: fc.Arbitrary<Readonly<Record<string, Tensor>>>) => {
      const property = fc.asyncProperty(drawnGraphs, (outputs) => expectReference(device, outputs));
      await fc.assert(property, { numRuns: runs, seed: 7 });
    },
  );
}

describe("WebAssembly", () => operatorsOn("wasm", 25));
describeWebgpu("WebGPU", () => operatorsOn("webgpu", 8));
