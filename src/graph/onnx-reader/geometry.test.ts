import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildModel,
  drawFeeds,
  floats,
  node,
  runImported,
  runOriginal,
  type TestAttributes,
  type TestModel,
  wholes,
  worstDifference,
} from "./testing/models.ts";

const between = (min: number, max: number) => fc.integer({ min, max });
const pair = (min: number, max: number) => fc.tuple(between(min, max), between(min, max));
const sides = (most: number) => fc.tuple(fc.nat(most), fc.nat(most), fc.nat(most), fc.nat(most));
const automatic = fc.constantFrom("VALID", "SAME_UPPER", "SAME_LOWER");

/** Padding by numbers or by `auto_pad`; onnxruntime has no automatic padding of dilated kernels. */
const placing = (most: number): fc.Arbitrary<TestAttributes> =>
  fc.oneof(
    fc.record({ pads: sides(most), dilations: pair(1, 2) }),
    automatic.map((mode) => ({ auto_pad: mode })),
  );

function model(operator: string, size: readonly number[], attributes: TestAttributes, kernel?: readonly number[]) {
  const weights = kernel === undefined ? [] : [floats("w", kernel, 0.4)];
  const inputs = kernel === undefined ? ["x"] : ["x", "w"];
  return {
    opset: 19,
    inputs: { x: [2, 4, ...size] },
    outputs: ["y"],
    weights,
    nodes: [node(operator, inputs, "y", attributes)],
  };
}

const drawn: Readonly<Record<string, fc.Arbitrary<TestModel>>> = {
  convolutions: fc
    .record({
      size: pair(7, 10),
      kernel: pair(1, 4),
      strides: pair(1, 3),
      place: placing(2),
      group: fc.constantFrom(1, 2),
    })
    .map(({ size, kernel, strides, place, group }) =>
      model("Conv", size, { strides, group, ...place }, [6, 4 / group, ...kernel]),
    ),
  "transposed convolutions": fc
    .record({
      size: pair(3, 6),
      kernel: pair(3, 4),
      strides: pair(1, 3),
      place: placing(1),
      group: fc.constantFrom(1, 2),
    })
    .map(({ size, kernel, strides, place, group }) =>
      model("ConvTranspose", size, { strides, group, ...place }, [4, 3, ...kernel]),
    ),
  // Where windows are smaller than their strides, onnxruntime's automatic padding of pools is negative: not drawn here.
  pools: fc
    .record({
      operator: fc.constantFrom("MaxPool", "AveragePool"),
      size: pair(5, 9),
      window: pair(2, 4),
      strides: pair(1, 2),
      place: fc.oneof(
        sides(1).map((pads) => ({ pads })),
        automatic.map((mode) => ({ auto_pad: mode })),
      ),
      ceil: fc.nat(1),
      counted: fc.nat(1),
    })
    .map(({ operator, size, window, strides, place, ceil, counted }) => {
      const counting = operator === "AveragePool" ? { count_include_pad: counted } : {};
      return model(operator, size, { kernel_shape: window, strides, ceil_mode: ceil, ...counting, ...place });
    }),
  slices: fc
    .record({ size: pair(3, 7), starts: pair(-9, 9), ends: pair(-9, 9), steps: pair(1, 3), back: fc.boolean() })
    .map(({ size, starts, ends, steps, back }) => ({
      inputs: { x: [2, 4, ...size] },
      outputs: ["y"],
      weights: [
        wholes("starts", starts),
        wholes("ends", ends),
        wholes("axes", [2, -1]),
        wholes("steps", back ? steps.map((step) => -step) : steps),
      ],
      nodes: [node("Slice", ["x", "starts", "ends", "axes", "steps"], "y")],
    })),
};

describe("drawn geometries give onnxruntime's numbers", () => {
  test.each(Object.entries(drawn))("%s", async (_, models) => {
    const property = fc.asyncProperty(models, async (instance) => {
      const shapes = { x: (instance.inputs["x"] ?? []).map(Number) };
      const feeds = drawFeeds(shapes);
      const bytes = buildModel(instance);
      const expected = await runOriginal(bytes, feeds, shapes);
      fc.pre([...expected.values()].every(({ length }) => length > 0));
      expect(worstDifference(expected, await runImported(bytes, feeds, shapes))).toBeLessThan(1e-5);
    });
    await fc.assert(property, { numRuns: 40, seed: 1 });
  });
});
