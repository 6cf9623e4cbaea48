import { describe, expect, it } from "vitest";
import { doubledChannels, pyramid } from "./pyramid.ts";

describe("pyramid", () => {
  it.each([
    [28, [7, 14, 28]],
    [20, [5, 10, 20]],
    [36, [9, 18, 36]],
    [64, [4, 8, 16, 32, 64]],
    [120, [15, 30, 60, 120]],
    [100, [13, 25, 50, 100]],
    [252, [4, 8, 16, 32, 63, 126, 252]],
    [256, [4, 8, 16, 32, 64, 128, 256]],
  ])("of %i pixels has maps of %j", (side, sides) => {
    const { sizes, base, halvings } = pyramid({ height: side, width: side });
    expect(sizes).toEqual(sides.map((pixels) => [pixels, pixels]));
    expect(base).toEqual(sizes[0]);
    expect(halvings).toBe(sides.length - 1);
  });

  it("is decided by the shorter side", () => {
    expect(pyramid({ height: 16, width: 128 }).base).toEqual([4, 32]);
    expect(pyramid({ height: 252, width: 28 }).base).toEqual([63, 7]);
  });
});

describe("doubledChannels", () => {
  it("doubles up to the largest multiple", () => {
    expect([0, 1, 2, 3, 4, 5].map((doublings) => doubledChannels(3, doublings, 8))).toEqual([3, 6, 12, 24, 24, 24]);
  });
});
