import { describe, expect, it } from "vitest";
import { table } from "./text.ts";

const rows = [
  ["size", "32", "the images' shorter side is 32 px"],
  ["batch", "64", "the usual"],
];

describe("a table", () => {
  it("aligns its columns, and in a pipe leaves its lines whole", () => {
    expect(table(rows, undefined)).toBe("  size   32  the images' shorter side is 32 px\n  batch  64  the usual\n");
  });

  it("goes on under the last column where the window ends", () => {
    expect(table(rows, 36)).toBe(
      "  size   32  the images' shorter\n             side is 32 px\n  batch  64  the usual\n",
    );
  });

  it("does not wrap what would be a thin strip", () => {
    expect(table(rows, 25)).toBe(table(rows, undefined));
  });
});
