import { describe, expect, test } from "vitest";
import { AtelierError } from "../../../foundation/errors.ts";
// Test support: models of one or a few operators.

import {
  buildModel,
  drawFeeds,
  floats,
  node,
  runImported,
  runOriginal,
  type TensorInit,
  type TestAttributes,
  type TestModel,
  worstDifference,
} from "./models.ts";

export const image = [2, 4, 7, 6];

/** A model of one node: inputs that are no weights are fed. */
export function one(
  operator: string,
  {
    opset = 17,
    x = image,
    weights = [],
    attributes = {},
    inputs,
    outputs = ["y"],
  }: {
    readonly opset?: number;
    readonly x?: readonly number[];
    readonly weights?: readonly TensorInit[];
    readonly attributes?: TestAttributes;
    readonly inputs?: readonly string[];
    readonly outputs?: readonly string[];
  } = {},
): TestModel {
  const names = inputs ?? ["x", ...weights.map(({ name }) => name ?? "")];
  return { opset, inputs: { x }, outputs, weights, nodes: [node(operator, names, outputs, attributes)] };
}

export const kernel = (...shape: readonly number[]) => floats("w", shape, 0.4);
export const scalar = (name: string, value: number) => floats(name, [], [value]);

/** Models whose weights or attributes leave no other batch than the one that was fed. */
const fixedBatch = new Set([
  "Gemm, a bias a row",
  "Gemm, left side transposed",
  "Flatten, negative axis",
  "Resize to sizes, linear, align_corners",
]);

const TOLERANCE = 1e-5;

/**
 * Registers a test a model, by what it shows: onnxruntime runs the bytes, we read them and run our graph, with a fixed and
 * with an open batch.
 */
export function describeModels(subject: string, models: Readonly<Record<string, TestModel>>): void {
  describe(`onnxruntime's numbers come of ${subject}`, () => {
    test.each(Object.entries(models))("%s", async (title, model) => {
      const shapes = sizesOf(model, (first) => first);
      const feeds = drawFeeds(shapes);
      const expected = await runOriginal(buildModel(model), feeds, shapes);
      expect(worstDifference(expected, await runImported(buildModel(model), feeds, shapes))).toBeLessThan(TOLERANCE);

      const open = buildModel({ ...model, inputs: sizesOf(model, () => "N") });
      const batch = Object.values(shapes)[0]?.[0] ?? 1;
      const fromOpen = runImported(open, feeds, {}, { batch });
      if (fixedBatch.has(title)) await expect(fromOpen).rejects.toThrow(AtelierError);
      else expect(worstDifference(expected, await fromOpen)).toBeLessThan(TOLERANCE);
    });
  });
}

/** The shapes of the inputs, with the first size replaced. */
function sizesOf<First extends number | string>(
  { inputs }: TestModel,
  first: (size: number) => First,
): Record<string, (number | First)[]> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, [batch, ...rest]]) => [name, [first(Number(batch)), ...rest.map(Number)]]),
  );
}
