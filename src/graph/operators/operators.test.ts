import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Session } from "../../runtime/index.ts";
import {
  argmax,
  channelAffine,
  concat,
  evaluate,
  expand,
  flip,
  gradients,
  input,
  logSoftmax,
  logSumExp,
  matmul,
  max,
  mean,
  min,
  multiply,
  pad,
  reshape,
  slice,
  softmax,
  stopGradient,
  sum,
  type Tensor,
  toFloat,
  transpose,
  variance,
} from "../index.ts";
import { need, shapeAndAxes, shapeAndAxis, shapes } from "../testing/drawn-shapes.ts";
import { describeOperator, type OperatorCase } from "../testing/property-checks.ts";

/** A case of one input. */
const one = (shape: readonly number[], build: (x: Tensor) => Tensor): OperatorCase => ({
  inputs: [{ shape }],
  build: (x) => build(need(x)),
});

/** A case of two inputs. */
const two = (a: readonly number[], b: readonly number[], build: (a: Tensor, b: Tensor) => Tensor): OperatorCase => ({
  inputs: [{ shape: a }, { shape: b }],
  build: (left, right) => build(need(left), need(right)),
});

const counts = (rank: number, most: number) => fc.array(fc.nat(most), { minLength: rank, maxLength: rank });

describeOperator(
  "reshape",
  fc
    .tuple(shapes(), fc.nat(4))
    .map(([shape, split]) =>
      one(shape, (x) => reshape(x, [...shape.slice(0, split), 1, shape.slice(split).reduce((a, b) => a * b, 1)])),
    ),
);

describeOperator(
  "transpose",
  shapes().chain((shape) => {
    const axes = shape.map((_, axis) => axis);
    return fc
      .shuffledSubarray(axes, { minLength: axes.length, maxLength: axes.length })
      .map((order) => one(shape, (x) => transpose(x, order)));
  }),
);

describeOperator(
  "expand",
  fc.tuple(shapeAndAxes(), shapes(0, 1)).map(([{ shape, axes }, leading]) =>
    one(
      shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
      (x) => expand(x, [...leading, ...shape]),
    ),
  ),
);

describeOperator(
  "slice",
  shapes().chain((kept) =>
    fc.tuple(counts(kept.length, 2), counts(kept.length, 2)).map(([starts, after]) =>
      one(
        kept.map((size, axis) => size + (starts[axis] ?? 0) + (after[axis] ?? 0)),
        (x) => slice(x, starts, kept),
      ),
    ),
  ),
);

describeOperator(
  "pad",
  shapes().chain((shape) =>
    fc
      .tuple(counts(shape.length, 2), counts(shape.length, 2))
      .map(([before, after]) => one(shape, (x) => pad(x, before, after))),
  ),
);

describeOperator(
  "concat",
  fc
    .tuple(shapeAndAxis, fc.integer({ min: 1, max: 3 }))
    .map(([{ shape, axis }, size]) => two(shape, shape.with(axis, size), (a, b) => concat([a, b, a], axis))),
);

describeOperator(
  "flip",
  shapeAndAxes().map(({ shape, axes }) => one(shape, (x) => flip(x, axes))),
);

describeOperator(
  "sum",
  shapeAndAxes().map(({ shape, axes }) => one(shape, (x) => sum(x, axes))),
);
describeOperator(
  "sum of everything",
  shapes().map((shape) => one(shape, sum)),
);
describeOperator(
  "mean",
  shapeAndAxes().map(({ shape, axes }) => one(shape, (x) => mean(x, axes))),
);
describeOperator(
  "variance",
  shapeAndAxes().map(({ shape, axes }) => one(shape, (x) => variance(x, axes))),
);

const distinct = (shape: readonly number[], build: (x: Tensor) => Tensor): OperatorCase => ({
  inputs: [{ shape, draw: "distinct" }],
  build: (x) => build(need(x)),
});
describeOperator(
  "max",
  shapeAndAxes().map(({ shape, axes }) => distinct(shape, (x) => max(x, axes))),
);
describeOperator(
  "min",
  shapeAndAxes().map(({ shape, axes }) => distinct(shape, (x) => min(x, axes))),
);
describeOperator(
  "argmax",
  shapeAndAxis.map(({ shape, axis }) => distinct(shape, (x) => toFloat(argmax(x, axis)))),
  { gradient: false },
);

describeOperator(
  "softmax",
  shapeAndAxis.map(({ shape, axis }) => one(shape, (x) => softmax(x, axis))),
);
describeOperator(
  "logSoftmax",
  shapeAndAxis.map(({ shape, axis }) => one(shape, (x) => logSoftmax(x, axis))),
);
describeOperator(
  "logSumExp",
  shapeAndAxes().map(({ shape, axes }) => one(shape, (x) => logSumExp(x, axes))),
);

const size = fc.integer({ min: 1, max: 4 });
describeOperator(
  "matmul",
  fc
    .record({
      leading: shapes(0, 2),
      rows: size,
      inner: size,
      columns: size,
      transposeLeft: fc.boolean(),
      transposeRight: fc.boolean(),
    })
    .map(({ leading, rows, inner, columns, ...options }) =>
      two(
        [...leading, ...(options.transposeLeft ? [inner, rows] : [rows, inner])],
        [...leading, ...(options.transposeRight ? [columns, inner] : [inner, columns])],
        (a, b) => matmul(a, b, options),
      ),
    ),
);

describeOperator(
  "channelAffine",
  fc.tuple(size, size, shapes(0, 2)).map(([batch, channels, pixels]) => ({
    inputs: [{ shape: [batch, channels, ...pixels] }, { shape: [channels] }, { shape: [channels] }],
    build: (x, scale, shift) => channelAffine(need(x), need(scale), need(shift)),
  })),
);

describeOperator(
  "stopGradient",
  shapes().map((shape) => one(shape, (x) => multiply(stopGradient(x), 2))),
  { gradient: false },
);

describe("variance", () => {
  it("is the mean squared distance from the mean", () => {
    expect(values(variance(input("x", [2, 2]), [1]), { x: [1, 3, 5, 5] })).toEqual([1, 0]);
  });
});

describe("max and min", () => {
  it("share the gradient among equal elements", () => {
    const x = input("x", [4]);
    const feeds = { x: [1, 3, 3, 0] };
    expect(gradients(max(x), [x]).map((slope) => values(slope, feeds))).toEqual([[0, 0.5, 0.5, 0]]);
    expect(gradients(min(x), [x]).map((slope) => values(slope, feeds))).toEqual([[0, 0, 0, 1]]);
  });
});

describe("softmax and its relatives", () => {
  const x = input("x", [2, 2]);
  const outputs = { softmax: softmax(x, 1), logSoftmax: logSoftmax(x, 1), logSumExp: logSumExp(x, [1]) };

  it("stand numbers of any size", async () => {
    const session = await Session.compile(outputs, { device: "cpu" });
    const results = await session.run({ x: Float32Array.of(1000, -1000, 5000, 5000) });
    await session.release();
    expect(results.get("softmax")?.floats()).toEqual(Float32Array.of(1, 0, 0.5, 0.5));
    expect(results.get("logSoftmax")?.floats()).toEqual(Float32Array.of(0, -2000, -Math.LN2, -Math.LN2));
    expect(results.get("logSumExp")?.floats()).toEqual(Float32Array.of(1000, 5000 + Math.LN2));
  });
});

describe("toFloat", () => {
  it("reads bytes as numbers, on the engine as in the reference", async () => {
    const bytes = input("bytes", [4], "uint8");
    const session = await Session.compile({ output: toFloat(bytes) }, { device: "cpu" });
    const results = await session.run({ bytes: Uint8Array.of(0, 1, 128, 255) });
    await session.release();
    expect([...(results.get("output")?.floats() ?? [])]).toEqual([0, 1, 128, 255]);
    expect(values(toFloat(bytes), { bytes: [0, 1, 128, 255] })).toEqual([0, 1, 128, 255]);
  });
});

function values(tensor: Tensor, feeds: Readonly<Record<string, readonly number[]>>): readonly number[] {
  return [...(evaluate([tensor], feeds)[0]?.data ?? [])];
}
