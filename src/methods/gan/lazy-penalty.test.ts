import { describe, expect, it } from "vitest";
import { lazyShare } from "./lazy-penalty.ts";

describe("the share of the rate that a discriminator's updates have", () => {
  it("makes as many full updates as there are steps", () => {
    for (const r1Every of [2, 5, 16]) {
      const updates = r1Every * 10 + 10;
      expect(lazyShare({ r1: 1, r1Every }) * updates).toBeCloseTo(r1Every * 10, 9);
    }
  });

  it("is the whole where every step has one update", () => {
    expect(lazyShare({ r1: 0, r1Every: 16 })).toBe(1);
    expect(lazyShare({ r1: 5, r1Every: 1 })).toBe(1);
  });
});
