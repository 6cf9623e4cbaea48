import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { computeOnce, relativeError } from "../../runtime/compute.ts";
import { loadEngine } from "../../runtime/engine.ts";
import { targetOf } from "../../runtime/targets.ts";
import {
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
  elementCount,
  evaluate,
  input,
  portable,
  writeOnnx,
} from "../index.ts";

interface Layer {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  readonly size: readonly [number, number];
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly padding?: readonly [number, number, number, number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
}

/** Height and width of the response. */
function responseSize({ size, kernel, strides = [1, 1], padding = [0, 0, 0, 0], dilations = [1, 1] }: Layer) {
  const along = (axis: 0 | 1) => {
    const reach = dilations[axis] * (kernel[axis] - 1) + 1;
    return Math.floor((size[axis] + padding[axis] + padding[axis + 2 === 2 ? 2 : 3] - reach) / strides[axis]) + 1;
  };
  return [along(0), along(1)] as const;
}

/** The three convolutions of a layer, each from inputs of its own. */
function threeConvolutions(layer: Layer) {
  const { batch, channels, filters, size, kernel, groups = 1 } = layer;
  const { strides = [1, 1], padding = [0, 0, 0, 0], dilations = [1, 1] } = layer;
  const options = { strides, padding, dilations, groups };
  const x = input("x", [batch, channels, ...size]);
  const w = input("w", [filters, channels / groups, ...kernel]);
  const y = input("y", [batch, filters, ...responseSize(layer)]);
  return {
    response: conv2d(x, w, options),
    image: convTranspose2d(y, w, { ...options, outputSize: size }),
    kernel: conv2dKernelGradient(x, y, { ...options, kernelSize: kernel }),
  };
}

const numbers = (name: string, shape: readonly number[]) => randomStream(3, name).normals(elementCount(shape));

/** Runs the three convolutions in every form that applies, and compares each with the float64 reference. */
async function expectReference(layer: Layer): Promise<ReadonlySet<string>> {
  const outputs = threeConvolutions(layer);
  const engine = await loadEngine("cpu");
  const target = await targetOf("cpu");
  const used = new Set<string>();
  const { inputs } = writeOnnx(outputs, { target: portable });
  const feeds = Object.fromEntries(inputs.map(({ name, shape }) => [name, numbers(name, shape.map(Number))]));
  const expected = evaluate(Object.values(outputs), feeds).map(({ data }) => Float32Array.from(data));
  for (let round = 0, most = 1; round < most; round++) {
    const chosen = new Map<string, string>();
    const model = writeOnnx(outputs, {
      target: {
        ...target,
        choose: ({ result }, names) => {
          most = Math.max(most, names.length);
          const name = names[round] ?? "plain";
          chosen.set(result, name);
          used.add(`${result}: ${name}`);
          return name;
        },
      },
    });
    const results = await computeOnce(engine, model, numbers);
    expected.forEach((wanted, index) => {
      const result = Object.keys(outputs)[index] ?? "";
      expect(relativeError(wanted, results[index] ?? wanted), `${result}: ${chosen.get(result)}`).toBeLessThan(3e-6);
    });
  }
  return used;
}

/** Layers for which every form applies somewhere, on processors with blocks. */
const layers: Readonly<Record<string, Layer>> = {
  "few channels, halving": {
    batch: 3,
    channels: 3,
    filters: 16,
    size: [16, 16],
    kernel: [4, 4],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
  },
  "one channel": {
    batch: 2,
    channels: 1,
    filters: 16,
    size: [8, 8],
    kernel: [4, 4],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
  },
  "blocks, halving": {
    batch: 16,
    channels: 16,
    filters: 32,
    size: [8, 6],
    kernel: [4, 4],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
  },
  "tiny map": {
    batch: 3,
    channels: 32,
    filters: 32,
    size: [4, 4],
    kernel: [4, 4],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
  },
  "not in blocks": {
    batch: 2,
    channels: 24,
    filters: 20,
    size: [8, 8],
    kernel: [4, 4],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
  },
  "3x3": { batch: 2, channels: 16, filters: 32, size: [6, 5], kernel: [3, 3], padding: [1, 1, 1, 1] },
  "3x3 to a picture": { batch: 2, channels: 32, filters: 3, size: [6, 6], kernel: [3, 3], padding: [1, 1, 1, 1] },
  "5x5 on odd sizes": {
    batch: 2,
    channels: 16,
    filters: 16,
    size: [9, 7],
    kernel: [5, 5],
    strides: [2, 2],
    padding: [2, 2, 2, 2],
  },
  "1x1": { batch: 2, channels: 16, filters: 8, size: [5, 5], kernel: [1, 1] },
  depthwise: { batch: 2, channels: 32, filters: 32, size: [7, 6], kernel: [3, 3], padding: [1, 1, 1, 1], groups: 32 },
  "depthwise, stride 2": {
    batch: 2,
    channels: 16,
    filters: 16,
    size: [8, 7],
    kernel: [3, 3],
    strides: [2, 2],
    padding: [1, 1, 1, 1],
    groups: 16,
  },
  "groups of blocks": {
    batch: 2,
    channels: 32,
    filters: 64,
    size: [5, 5],
    kernel: [3, 3],
    padding: [1, 1, 1, 1],
    groups: 2,
  },
};

describe("every form of the three convolutions", () => {
  it.each(Object.entries(layers))("gives the numbers of the float64 reference for %s", async (_, layer) => {
    const used = await expectReference(layer);
    expect(used.size).toBeGreaterThan(5);
  });

  it("is tried above where the processor has blocks", async () => {
    const { block } = await targetOf("cpu");
    const used = new Set<string>();
    for (const layer of Object.values(layers)) for (const form of await expectReference(layer)) used.add(form);
    const inBlocks = ["response: blocks", "image: turned blocks", "image: doubling blocks"];
    expect(inBlocks.filter((form) => used.has(form))).toEqual(block === 0 ? [] : inBlocks);
  });

  it("gives the numbers of the float64 reference for any geometry", async () => {
    const size = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }));
    const kernel = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }));
    const strides = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }));
    const dilations = fc.tuple(fc.constantFrom(1, 1, 2), fc.constantFrom(1, 1, 2));
    const padding = fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2));
    const channels = fc.oneof(
      fc.record({
        channels: fc.constantFrom(1, 3, 5, 16, 32),
        filters: fc.constantFrom(1, 4, 16, 32),
        groups: fc.constant(1),
      }),
      fc.constantFrom({ channels: 32, filters: 64, groups: 2 }, { channels: 6, filters: 4, groups: 2 }),
      fc.constantFrom(3, 16, 32).map((count) => ({ channels: count, filters: count, groups: count })),
    );
    const layer = fc
      .record({ batch: fc.constantFrom(1, 2, 3, 16), size, kernel, strides, dilations, padding, channels })
      .map(({ channels: counts, ...rest }) => ({ ...rest, ...counts }))
      .filter((drawn) => responseSize(drawn).every((pixels) => pixels >= 1));
    await fc.assert(
      fc.asyncProperty(layer, async (drawn) => {
        await expectReference(drawn);
      }),
      { numRuns: 60, seed: 1 },
    );
  });
});
