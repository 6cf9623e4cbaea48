import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { convolutionOfCase } from "../operators/index.ts";
import { evaluate } from "../reference.ts";
import { elementCount } from "../shape.ts";
import { BlockedEmitter } from "../testing/blocked-emitter.ts";
import type { ConvolutionCase, ConvolutionResult } from "./convolution-case.ts";
import { applicableForms } from "./forms.ts";

/** Sizes for blocks of 8; channels that divide into them are doubled for blocks of 16. */
const layers = {
  "of some blocks": { channels: 16, filters: 24, side: 3, stride: 1, groups: 1 },
  "that halve": { channels: 8, filters: 16, side: 4, stride: 2, groups: 1 },
  "of a picture": { channels: 3, filters: 16, side: 3, stride: 1, groups: 1 },
  "to a picture": { channels: 16, filters: 3, side: 3, stride: 1, groups: 1 },
  "in groups": { channels: 16, filters: 32, side: 3, stride: 1, groups: 2 },
  "of single channels": { channels: 16, filters: 16, side: 3, stride: 1, groups: 16 },
  "of single channels, stride 2": { channels: 16, filters: 16, side: 3, stride: 2, groups: 16 },
} as const;

function caseOf(name: keyof typeof layers, result: ConvolutionResult, block: 8 | 16): ConvolutionCase {
  const { side, stride, groups, ...counts } = layers[name];
  const grown = (count: number) => (count % 8 === 0 ? (count * block) / 8 : count);
  const out = 6 / stride;
  return {
    result,
    geometry: {
      strides: [stride, stride],
      padding: [1, 1, 1, 1],
      dilations: [1, 1],
      groups: groups === 16 ? grown(16) : groups,
    },
    batch: 2,
    channels: grown(counts.channels),
    filters: grown(counts.filters),
    height: 6,
    width: 6,
    rows: side,
    columns: side,
    outRows: out,
    outColumns: out,
  };
}

/** Every blocked form of a convolution with its largest difference from the float64 reference, under emulated blocks. */
function errorsOf(sizes: ConvolutionCase, block: 8 | 16): Record<string, number> {
  const tensor = convolutionOfCase(sizes);
  const inputs = tensor.inputs.flatMap((argument) => (argument.kind === "input" ? [argument] : []));
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const data = Float64Array.from(randomStream(1, name).normals(elementCount(shape.map(Number))));
      return [name, { shape: shape.map(Number), data }];
    }),
  );
  const [expected] = evaluate(
    [tensor],
    Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data])),
  );
  const [left = "", right = ""] = inputs.map(({ name }) => name);
  const blocked = [...applicableForms(sizes, { cpu: true, block })].filter(([name]) => name.includes("blocks"));
  return Object.fromEntries(
    blocked.map(([name, form]) => {
      const emitter = new BlockedEmitter(block, feeds);
      const { data } = emitter.value(form.emit(emitter, left, right, sizes));
      const worst = expected?.data.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - (data[at] ?? Number.NaN))),
        0,
      );
      return [name, worst ?? Number.NaN];
    }),
  );
}

describe.each([8, 16] as const)("emulated blocks of %i", (block) => {
  it.each([
    ["of some blocks", "response", "blocks"],
    ["of some blocks", "image", "turned blocks"],
    ["that halve", "response", "blocks"],
    ["that halve", "image", "doubling blocks"],
    ["of a picture", "response", "blocks"],
    ["to a picture", "image", "turned blocks"],
    ["in groups", "response", "blocks"],
    ["in groups", "image", "turned blocks"],
    ["of single channels", "response", "blocks"],
    ["of single channels", "image", "turned blocks"],
    ["of single channels, stride 2", "response", "blocks"],
    ["of single channels, stride 2", "image", "turned blocks"],
  ] as const)("give the reference's numbers: kernels %s, %s", (layer, result, form) => {
    const errors = errorsOf(caseOf(layer, result, block), block);
    expect(Object.keys(errors)).toEqual([form]);
    expect(errors[form]).toBeLessThan(1e-12);
  });
});
