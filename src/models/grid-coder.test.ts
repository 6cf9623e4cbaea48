import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { input } from "../graph/index.ts";
import { gridDecoder, gridEncoder, gridOf, refusalOfGrid } from "./grid-coder.ts";

const sides = fc.integer({ min: 8, max: 300 });

describe("the grid of codes", () => {
  it.each([
    [16, 16, 4, 4],
    [28, 28, 7, 7],
    [32, 32, 8, 8],
    [40, 40, 10, 10],
    [64, 64, 8, 8],
    [96, 64, 12, 8],
    [128, 128, 8, 8],
  ])("of %i x %i pixels has %i x %i positions", (height, width, rows, columns) => {
    expect(refusalOfGrid({ height, width })).toBeUndefined();
    expect(gridOf({ height, width })).toEqual({ rows, columns });
  });

  it("has at most 100 positions, of squares of pixels, and every size that is refused has one near that is not", () => {
    fc.assert(
      fc.property(sides, sides, (height, width) => {
        fc.pre(Math.max(height, width) <= 4 * Math.min(height, width));
        const format = refusalOfGrid({ height, width })?.nearest ?? { height, width };
        expect(refusalOfGrid(format)).toBeUndefined();
        const { rows, columns } = gridOf(format);
        expect(rows * columns).toBeLessThanOrEqual(100);
        expect(Number.isInteger(rows) && format.height / rows === format.width / columns).toBe(true);
        expect(format.height / rows).toBeGreaterThanOrEqual(4);
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it("is what the encoder makes of an image and the decoder an image of", () => {
    const format = { height: 24, width: 48, channels: 3 } as const;
    const [encoder, decoder] = [gridEncoder, gridDecoder].map((make) => make({ format, width: 6, codeSize: 5 }));
    if (encoder === undefined || decoder === undefined) throw new Error("two networks were expected");
    const maps = encoder.apply(input("images", encoder.inputShape), encoder.bindings(), "inference").output;
    expect(maps.shape).toEqual(["batch", 5, 6, 12]);
    expect(decoder.inputShape).toEqual(maps.shape);
    expect(decoder.apply(maps, decoder.bindings(), "inference").output.shape).toEqual(encoder.inputShape);
  });
});
