import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { evaluate } from "../reference.ts";
import { input } from "../tensor.ts";
import { pictures } from "../testing/drawn-pictures.ts";
import { need } from "../testing/drawn-shapes.ts";
import { describeOperator } from "../testing/property-checks.ts";
import { edgePad2d, reflectPad2d } from "./borders.ts";

const borders = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.nat(3));

describeOperator(
  "reflectPad2d",
  fc.tuple(pictures, borders).map(([shape, [top, left, bottom, right]]) => ({
    inputs: [{ shape }],
    build: (x) => reflectPad2d(need(x), [top % shape[2], left % shape[3], bottom % shape[2], right % shape[3]]),
  })),
);

describeOperator(
  "edgePad2d",
  fc.tuple(pictures, borders).map(([shape, sides]) => ({
    inputs: [{ shape }],
    build: (x) => edgePad2d(need(x), sides),
  })),
);

describe("padding at the borders", () => {
  const x = input("x", [1, 1, 1, 3]);

  it("mirrors the picture, or repeats its outermost pixels", () => {
    const [mirrored, repeated] = evaluate([reflectPad2d(x, [0, 2, 0, 2]), edgePad2d(x, [1, 2, 0, 2])], {
      x: [1, 2, 3],
    });
    expect(Array.from(mirrored?.data ?? [])).toEqual([3, 2, 1, 2, 3, 2, 1]);
    expect(Array.from(repeated?.data ?? [])).toEqual([1, 1, 1, 2, 3, 3, 3, 1, 1, 1, 2, 3, 3, 3]);
  });

  it("refuses borders that the picture is too small for", () => {
    expect(() => reflectPad2d(x, [0, 3, 0, 0])).toThrow(AtelierError);
    expect(() => reflectPad2d(x, [1, 0, 0, 0])).toThrow(AtelierError);
    expect(() => edgePad2d(x, [-1, 0, 0, 0])).toThrow(AtelierError);
  });
});
