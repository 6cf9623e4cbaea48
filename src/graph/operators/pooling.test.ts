import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { gradients } from "../autodiff.ts";
import { portable, type Target } from "../emitter.ts";
import { writeOnnx } from "../onnx-writer.ts";
import { evaluate } from "../reference.ts";
import { input, type Tensor } from "../tensor.ts";
import { pair, pictures, type Quad } from "../testing/drawn-pictures.ts";
import { need } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";
import { averagePool2d, globalAveragePool } from "./average-pooling.ts";
import { maxPool2d, scatterToMaxima, selectAtMaxima } from "./max-pooling.ts";
import { toFloat } from "./movement.ts";
import { type PoolingOptions, poolingWindows, windowCounts } from "./pooling-windows.ts";
import { sum } from "./reductions.ts";

/** Windows of any geometry, overlapping and not, on pictures that they need not divide. */
const cases: fc.Arbitrary<{ readonly shape: Quad; readonly options: PoolingOptions }> = fc
  .record({
    shape: pictures,
    kernel: pair(1, 3),
    strides: fc.option(pair(1, 4), { nil: undefined }),
    sides: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2), fc.nat(2)),
    ceil: fc.boolean(),
  })
  .map(({ shape, kernel, strides, sides, ceil }) => {
    const [top, left, bottom, right] = sides;
    const [rows, columns] = kernel;
    const padding = [top % rows, left % columns, bottom % rows, right % columns] as const;
    return { shape, options: { kernel, padding, ceil, ...(strides === undefined ? {} : { strides }) } };
  })
  .filter(({ shape, options: { kernel, padding } }) =>
    kernel.every((size, axis) => size <= (shape[axis + 2] ?? 0) + (padding[axis] ?? 0) + (padding[axis + 2] ?? 0)),
  );

function pooled(shape: Quad, options: PoolingOptions): Quad {
  const x = input("x", shape);
  return [shape[0], shape[1], ...windowCounts("pooled", x, poolingWindows("pooled", x, options))];
}

describeOperator(
  "maxPool2d",
  cases.map(({ shape, options }) => ({
    inputs: [{ shape, draw: "distinct" }],
    build: (x) => maxPool2d(need(x), options),
  })),
  { runs: 20 },
);

describeOperator(
  "selectAtMaxima",
  cases.map(({ shape, options }) => ({
    inputs: [{ shape, draw: "distinct" }, { shape }],
    build: (x, values) => selectAtMaxima(need(x), need(values), options),
  })),
);

describeOperator(
  "scatterToMaxima",
  cases.map(({ shape, options }) => ({
    inputs: [{ shape, draw: "distinct" }, { shape: pooled(shape, options) }],
    build: (x, upstream) => scatterToMaxima(need(x), need(upstream), options),
  })),
);

describeOperator(
  "selectAtMaxima, of equal numbers the first",
  cases.map(({ shape, options }) => ({
    inputs: [{ shape, draw: { integersBelow: 2 } }, { shape }],
    build: (x, values) => selectAtMaxima(toFloat(need(x)), need(values), options),
  })),
  { runs: 20 },
);

describeOperator(
  "averagePool2d",
  fc.tuple(cases, fc.boolean()).map(([{ shape, options }, countPadding]) => ({
    inputs: [{ shape }],
    build: (x) => averagePool2d(need(x), { ...options, countPadding }),
  })),
  { runs: 20 },
);

describeOperator(
  "averagePool2d of windows side by side",
  fc.tuple(pictures, pair(1, 3)).map(([[batch, channels, rows, columns], kernel]) => ({
    inputs: [{ shape: [batch, channels, rows * kernel[0], columns * kernel[1]] }],
    build: (x) => averagePool2d(need(x), { kernel }),
  })),
);

describeOperator(
  "globalAveragePool",
  pictures.map((shape) => ({ inputs: [{ shape }], build: (x) => globalAveragePool(need(x)) })),
);

function values(tensor: Tensor, feeds: Readonly<Record<string, readonly number[]>>): number[] {
  return Array.from(evaluate([tensor], feeds)[0]?.data ?? []);
}

describe("maxPool2d", () => {
  it("never takes padding for a maximum", () => {
    const x = input("x", [1, 1, 1, 2]);
    expect(values(maxPool2d(x, { kernel: [2, 2], strides: [1, 1], padding: [1, 1, 0, 1] }), { x: [-3, -2] })).toEqual([
      -3, -2, -2,
    ]);
  });

  it("gives the gradient of equal maxima to the first", () => {
    const x = input("x", [1, 1, 2, 2]);
    const [slope] = gradients(sum(maxPool2d(x, { kernel: [2, 2] })), [x]);
    expect(values(need(slope), { x: [0, 5, 5, 5] })).toEqual([0, 1, 0, 0]);
  });

  it("adds the gradients of overlapping windows up", () => {
    const x = input("x", [1, 1, 1, 3]);
    const [slope] = gradients(sum(maxPool2d(x, { kernel: [1, 2], strides: [1, 1] })), [x]);
    expect(values(need(slope), { x: [1, 2, 0] })).toEqual([0, 2, 0]);
  });
});

describe("the gradient of maxPool2d", () => {
  const nodes = (options: PoolingOptions, target: Target) => {
    const x = input("x", [2, 3, 8, 8]);
    const [slope = x] = gradients(sum(maxPool2d(x, options)), [x]);
    const text = new TextDecoder("latin1").decode(writeOnnx({ slope }, { target }).bytes);
    return ["ScatterElements", "MaxUnpool", "ConvTranspose"].filter((name) => text.includes(`/${name}.`));
  };
  const overlapping = { kernel: [3, 3], strides: [2, 2] } as const;

  it("asks only the CPU for the places of the maxima", () => {
    expect(nodes(overlapping, portable)).toEqual(["ConvTranspose"]);
    expect(nodes({ kernel: [2, 2] }, portable)).toEqual(["ConvTranspose"]);
    expect(nodes(overlapping, { cpu: true, block: 0 })).toEqual(["ScatterElements"]);
  });

  it("adds nothing up where windows do not overlap", () => {
    expect(nodes({ kernel: [2, 2] }, { cpu: true, block: 0 })).toEqual(["MaxUnpool"]);
  });
});

describe("averagePool2d", () => {
  const x = input("x", [1, 1, 1, 4]);
  const options = { kernel: [1, 2], strides: [1, 2], padding: [0, 1, 0, 1] } as const;

  it("leaves padding out of the mean unless told to count it", () => {
    expect(values(averagePool2d(x, options), { x: [2, 4, 6, 8] })).toEqual([2, 5, 8]);
    expect(values(averagePool2d(x, { ...options, countPadding: true }), { x: [2, 4, 6, 8] })).toEqual([1, 5, 4]);
  });

  it("counts no pixels of a last window beyond the padding", () => {
    const wide = { kernel: [1, 3], ceil: true, countPadding: true } as const;
    expect(values(averagePool2d(x, wide), { x: [1, 2, 3, 4] })).toEqual([2, 4]);
  });
});

describe("pooling", () => {
  it("takes a last window that stands out only if it begins inside the picture", () => {
    const x = input("x", ["batch", 3, 6, 7]);
    const options = { kernel: [2, 2], padding: [1, 1, 1, 1] } as const;
    expect(maxPool2d(x, { ...options, strides: [3, 3] }).shape).toEqual(["batch", 3, 3, 3]);
    expect(maxPool2d(x, { ...options, strides: [3, 3], ceil: true }).shape).toEqual(["batch", 3, 3, 3]);
    expect(maxPool2d(x, { kernel: [3, 3], strides: [2, 2] }).shape).toEqual(["batch", 3, 2, 3]);
    expect(maxPool2d(x, { kernel: [3, 3], strides: [2, 2], ceil: true }).shape).toEqual(["batch", 3, 3, 3]);
  });

  it("refuses windows without pixels", () => {
    const x = input("x", ["batch", 3, 4, 4]);
    expect(() => maxPool2d(x, { kernel: [2, 2], padding: [2, 0, 0, 0] })).toThrow(AtelierError);
    expect(() => averagePool2d(x, { kernel: [5, 5] })).toThrow(AtelierError);
    expect(() => maxPool2d(x, { kernel: [2, 2], strides: [0, 1] })).toThrow(AtelierError);
  });
});
