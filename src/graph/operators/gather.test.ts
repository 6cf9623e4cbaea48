import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Session } from "../../runtime/index.ts";
import { argmax, constant, evaluate, gather, input, oneHot, scatterAdd } from "../index.ts";
import { need, shapeAndAxis, shapes } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";

/** Indices of 0 to 2 axes that pick from a drawn axis, often more than once. */
const picking = fc.tuple(shapeAndAxis, shapes(0, 2));
describeOperator(
  "gather",
  picking.map(([{ shape, axis }, picked]) => ({
    inputs: [{ shape }, { shape: picked, draw: { integersBelow: shape[axis] ?? 1 } }],
    build: (x, indices) => gather(need(x), need(indices), axis),
  })),
);
describeOperator(
  "scatterAdd",
  picking.map(([{ shape, axis }, picked]) => ({
    inputs: [
      { shape: shape.toSpliced(axis, 1, ...picked) },
      { shape: picked, draw: { integersBelow: shape[axis] ?? 1 } },
    ],
    build: (x, indices) => scatterAdd(need(x), need(indices), axis, shape[axis] ?? 1),
  })),
);
describeOperator(
  "oneHot",
  fc.tuple(shapes(0, 3), fc.integer({ min: 1, max: 5 })).map(([shape, count]) => ({
    inputs: [{ shape, draw: { integersBelow: count } }],
    build: (indices) => oneHot(need(indices), count),
  })),
  { gradient: false },
);

describe("scatterAdd", () => {
  it("adds up what has the same index, on many threads as on one", async () => {
    const [rows, columns, size] = [2000, 33, 3];
    const x = input("x", [rows, columns]);
    const indices = input("indices", [rows], "int32");
    const session = await Session.compile({ sums: scatterAdd(x, indices, 0, size) }, { device: "cpu" });
    const results = await session.run({
      x: new Float32Array(rows * columns).fill(1),
      indices: Int32Array.from({ length: rows }, (_, row) => row % 2),
    });
    await session.release();
    const row = (value: number) => Array.from({ length: columns }, () => value);
    expect([...(results.get("sums")?.floats() ?? [])]).toEqual([...row(rows / 2), ...row(rows / 2), ...row(0)]);
  });
});

describe("gather", () => {
  const x = input("x", [3, 2]);

  it("wants whole numbers that lie in the axis", () => {
    expect(() => gather(x, input("i", [2]), 0)).toThrow("expected float32 numbers and int32 indices");
    expect(() => gather(x, input("i", [2], "int32"), 2)).toThrow("a known size at axis 2");
    const picked = gather(x, input("i", [1], "int32"), 0);
    expect(() => evaluate([picked], { x: [1, 2, 3, 4, 5, 6], i: [3] })).toThrow(
      "expected indices in [0, 3), received 3",
    );
  });

  it("keeps the open batch dimension", () => {
    expect(gather(input("y", ["batch", 3]), input("i", [5], "int32"), 1).shape).toEqual(["batch", 5]);
    expect(gather(x, input("labels", ["batch"], "int32"), 0).shape).toEqual(["batch", 2]);
  });
});

describe("indices that a constant decides", () => {
  it("stay whole numbers in the simplified graph", async () => {
    const places = argmax(constant(Float64Array.of(1, 9, 2, 8, 7, 6), [2, 3]), 1);
    const picked = gather(input("x", [3]), places, 0);
    const session = await Session.compile({ picked }, { device: "cpu" });
    const results = await session.run({ x: Float32Array.of(10, 20, 30) });
    await session.release();
    expect(results.get("picked")?.floats()).toEqual(Float32Array.of(20, 10));
  });
});

describe("oneHot", () => {
  it("has one 1 for each label", () => {
    const labels = input("labels", [3], "int32");
    expect([...(evaluate([oneHot(labels, 3)], { labels: [2, 0, 1] })[0]?.data ?? [])]).toEqual([
      0, 0, 1, 1, 0, 0, 0, 1, 0,
    ]);
  });
});
