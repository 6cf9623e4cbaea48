import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { randomStream } from "../../foundation/random.ts";
import { Session } from "../../runtime/index.ts";
import { float, int, text } from "../emitter.ts";
import { defineOperator } from "../operator.ts";
import { evaluate } from "../reference.ts";
import { elementCount } from "../shape.ts";
import { input, type Tensor } from "../tensor.ts";
import { pair, pictures } from "../testing/drawn-pictures.ts";
import { need } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";
import type { Coordinates, Interpolation, NearestRule } from "./interpolation.ts";
import { type ResizeOptions, resize2d, upsampleNearest2d } from "./resize.ts";

const coordinates = fc.constantFrom<Coordinates>("half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric");
const nearest = fc.constantFrom<NearestRule>("round_prefer_floor", "round_prefer_ceil", "floor", "ceil");
const smooth = fc.constantFrom<Interpolation>("bilinear", "bicubic");

const options: fc.Arbitrary<ResizeOptions> = fc.oneof(
  fc.record({ size: pair(1, 9), mode: fc.constant("nearest" as const), coordinates, nearest }),
  fc.record({ size: pair(1, 9), mode: fc.constant("bilinear" as const), coordinates }),
  fc.record({ size: pair(1, 9), mode: fc.constant("bicubic" as const), coordinates, excludeOutside: fc.boolean() }),
  fc.record({ size: pair(1, 5), mode: smooth, antialias: fc.constant(true), excludeOutside: fc.boolean() }),
);

describeOperator(
  "resize2d",
  fc.tuple(pictures, options).map(([shape, drawn]) => ({
    inputs: [{ shape }],
    build: (x) => resize2d(need(x), drawn),
  })),
  { runs: 25 },
);

describeOperator(
  "upsampleNearest2d",
  fc.tuple(pictures, fc.integer({ min: 1, max: 3 })).map(([shape, factor]) => ({
    inputs: [{ shape }],
    build: (x) => upsampleNearest2d(need(x), factor),
  })),
);

const engineModes = { nearest: "nearest", bilinear: "linear", bicubic: "cubic" } as const;

/** The operator Resize of the engine itself, which is only run. */
function engineResize(x: Tensor, { size, mode, cubic = -0.75, ...rule }: ResizeOptions): Tensor {
  const { coordinates: where = "half_pixel", nearest: which = "round_prefer_floor", antialias = false } = rule;
  const { excludeOutside = antialias } = rule;
  const resize = defineOperator<Readonly<Record<string, never>>, 1>({
    name: "engineResize",
    arity: 1,
    type: () => ({ shape: [...x.shape.slice(0, 2), ...size], dtype: "float32" }),
    gradient: () => [null],
    reference: (_inputs, _attributes, shape) => new Float64Array(elementCount(shape)),
    onnx: ({ emitter, inputs: [name] }) =>
      emitter.node("Resize", [name, "", "", emitter.integers([...x.shape.slice(0, 2).map(Number), ...size])], {
        attributes: {
          mode: text(engineModes[mode]),
          coordinate_transformation_mode: text(where),
          nearest_mode: text(which),
          antialias: int(Number(antialias)),
          exclude_outside: int(Number(excludeOutside)),
          cubic_coeff_a: float(cubic),
        },
      }),
  });
  return resize([x], {});
}

describe("resize2d", () => {
  it("gives the numbers of the ONNX operator Resize", async () => {
    const property = fc.asyncProperty(pictures, options, async (shape, drawn) => {
      const x = input("x", shape);
      const feeds = { x: randomStream(4, "resize").normals(elementCount(shape)) };
      const session = await Session.compile({ y: engineResize(x, drawn) }, { device: "cpu" });
      const engine = (await session.run(feeds)).get("y")?.floats() ?? new Float32Array();
      await session.release();
      const ours = evaluate([resize2d(x, drawn)], feeds)[0]?.data ?? new Float64Array();
      expect(engine.length).toBe(ours.length);
      ours.forEach((value, index) => {
        expect(Math.abs((engine[index] ?? Number.NaN) - value), `element ${index}`).toBeLessThan(1e-5);
      });
    });
    await fc.assert(property, { numRuns: 60, seed: 1 });
  });

  it("covers the same area, or lets the corners lie on each other", () => {
    const x = input("x", [1, 1, 1, 2]);
    const widened = (rule: Coordinates) =>
      evaluate([resize2d(x, { size: [1, 4], mode: "bilinear", coordinates: rule })], { x: [0, 12] })[0]?.data;
    expect(Array.from(widened("half_pixel") ?? [])).toEqual([0, 3, 9, 12]);
    expect(Array.from(widened("align_corners") ?? [], Math.round)).toEqual([0, 4, 8, 12]);
    expect(Array.from(widened("asymmetric") ?? [])).toEqual([0, 6, 12, 12]);
  });

  it("averages what a smaller picture covers, when asked to", () => {
    const x = input("x", [1, 1, 1, 4]);
    const shrunk = resize2d(x, { size: [1, 1], mode: "bilinear", antialias: true });
    expect(evaluate([shrunk], { x: [1, 1, 3, 3] })[0]?.data[0]).toBeCloseTo(2, 12);
  });

  it("takes scales that are not the quotient of the sizes", () => {
    const x = input("x", [1, 1, 1, 3]);
    const resized = (scales?: readonly [number, number]) => {
      const rule = { size: [1, 4], mode: "bilinear", coordinates: "asymmetric" } as const;
      const y = resize2d(x, scales === undefined ? rule : { ...rule, scales });
      return Array.from(evaluate([y], { x: [0, 12, 24] })[0]?.data ?? [], Math.round);
    };
    expect(resized()).toEqual([0, 9, 18, 24]);
    expect(resized([1, 1.5])).toEqual([0, 8, 16, 24]);
  });

  it("refuses sizes that are no sizes, and antialias of the nearest pixel", () => {
    const x = input("x", ["batch", 3, 4, 4]);
    expect(() => resize2d(x, { size: [0, 4], mode: "bilinear" })).toThrow(AtelierError);
    expect(() => resize2d(x, { size: [2, 2], mode: "nearest", antialias: true })).toThrow(AtelierError);
    expect(() => resize2d(x, { size: [2, 9], scales: [0.5, 2], mode: "bilinear" })).toThrow(AtelierError);
    expect(() => upsampleNearest2d(x, 1.3)).toThrow(AtelierError);
    expect(() => resize2d(input("y", [3, 4, 4]), { size: [2, 2], mode: "nearest" })).toThrow(AtelierError);
  });
});
