import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { elementCount, evaluate, input } from "../../graph/index.ts";
import { describeOperator } from "../../graph/testing/property-checks.ts";
import { batchNorm, groupNorm, instanceNorm, layerNorm } from "../index.ts";
import { type Layer, layerCase, networkOf } from "../testing/layer-checks.ts";

const EPSILON = 1e-3;

/** A norm, and which numbers of [batch, channels, …] it brings to mean 0 and variance 1 together, and affine by what. */
interface Norm {
  readonly layer: Layer;
  readonly group: (sample: number, channel: number, position: number) => string;
  readonly affine: (channel: number, position: number) => number;
}

const channel = (of: number) => of;
const norms: Readonly<Record<string, Norm>> = {
  "groupNorm, 2 groups of 3": {
    layer: (scope, x) => groupNorm(scope, x, { groups: 2, epsilon: EPSILON }),
    group: (sample, own) => `${sample} ${Math.floor(own / 3)}`,
    affine: channel,
  },
  instanceNorm: {
    layer: (scope, x) => instanceNorm(scope, x, { epsilon: EPSILON }),
    group: (sample, own) => `${sample} ${own}`,
    affine: channel,
  },
  "layerNorm over the sample": {
    layer: (scope, x) => layerNorm(scope, x, { over: "sample", epsilon: EPSILON }),
    group: (sample) => `${sample}`,
    affine: channel,
  },
  "layerNorm over the channels": {
    layer: (scope, x) => layerNorm(scope, x, { over: "channels", epsilon: EPSILON }),
    group: (sample, _channel, position) => `${sample} ${position}`,
    affine: channel,
  },
  "layerNorm over the last axis": {
    layer: (scope, x) => layerNorm(scope, x, { over: "last", epsilon: EPSILON }),
    group: (sample, own) => `${sample} ${own}`,
    affine: (_channel, position) => position,
  },
};

const [batch, channels, positions] = [3, 6, 4];
const shape = [batch, channels, positions];
const random = randomStream(0, "norms");
const x = Float64Array.from({ length: elementCount(shape) }, () => 2 + 3 * random.normal());

/** The textbook formula, number by number. */
function byLoops({ group, affine }: Norm, scale: ArrayLike<number>, shift: ArrayLike<number>): number[] {
  const place = (index: number) => {
    const sample = Math.floor(index / (channels * positions));
    return [sample, Math.floor(index / positions) % channels, index % positions] as const;
  };
  const groupOf = (index: number) => group(...place(index));
  return Array.from(x, (value, index) => {
    const members = x.filter((_, other) => groupOf(other) === groupOf(index));
    const center = members.reduce((total, member) => total + member, 0) / members.length;
    const variance = members.reduce((total, member) => total + (member - center) ** 2, 0) / members.length;
    const [, own, position] = place(index);
    const target = affine(own, position);
    return ((value - center) / Math.sqrt(variance + EPSILON)) * (scale[target] ?? 0) + (shift[target] ?? 0);
  });
}

describe.each(Object.entries(norms))("%s", (_name, norm) => {
  const network = networkOf(norm.layer, shape);
  const size = network.variables[0]?.shape[0] ?? 0;
  const scale = Float64Array.from({ length: size }, () => random.normal());
  const shift = Float64Array.from({ length: size }, () => random.normal());
  const feeds = { x, "net/layer/scale": scale, "net/layer/shift": shift };

  it.each([
    ["training", shape],
    ["inference", shape],
    ["inference", ["batch", channels, positions] as const],
  ] as const)("is its formula in %s for %j", (mode, given) => {
    const { output, statistics } = network.apply(input("x", given), network.bindings(), mode);
    const [y] = evaluate([output], feeds, batch);
    const expected = byLoops(norm, scale, shift);
    y?.data.forEach((value, index) => expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 9));
    expect(y?.shape).toEqual(shape);
    expect(statistics.size).toBe(0);
  });

  it("begins as plain normalisation", () => {
    const first = network.variables.map(({ initializer, shape: own }) => Array.from(initializer(own, random)));
    expect(first).toEqual([Array.from({ length: size }, () => 1), Array.from({ length: size }, () => 0)]);
  });
});

describe("a norm of equal numbers", () => {
  it("is 0 before scale and shift", () => {
    const network = networkOf((scope, images) => instanceNorm(scope, images), shape);
    const { output } = network.apply(input("x", shape), network.bindings(), "training");
    const feeds = { x: x.map(() => 0.7), "net/layer/scale": [1, 1, 1, 1, 1, 1], "net/layer/shift": [1, 2, 3, 4, 5, 6] };
    const [y] = evaluate([output], feeds);
    y?.data.forEach((value, index) => expect(value).toBeCloseTo(1 + (Math.floor(index / positions) % channels), 9));
  });
});

const pictures = fc.tuple(
  fc.integer({ min: 2, max: 3 }),
  fc.constantFrom(2, 4),
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 2, max: 3 }),
);

const differentiated: Readonly<Record<string, Layer>> = {
  batchNorm: (scope, images) => batchNorm(scope, images, { epsilon: EPSILON }),
  "groupNorm, 2 groups": (scope, images) => groupNorm(scope, images, { groups: 2, epsilon: EPSILON }),
  instanceNorm: (scope, images) => instanceNorm(scope, images, { epsilon: EPSILON }),
  "layerNorm over the sample": (scope, images) => layerNorm(scope, images, { over: "sample", epsilon: EPSILON }),
  "layerNorm over the channels": (scope, images) => layerNorm(scope, images, { over: "channels", epsilon: EPSILON }),
  "layerNorm over the last axis": (scope, images) => layerNorm(scope, images, { over: "last", epsilon: EPSILON }),
};

for (const [name, layer] of Object.entries(differentiated)) {
  describeOperator(
    name,
    pictures.map((shape) => layerCase(layer, shape)),
    { runs: 3 },
  );
}
