import { describe, expect, it } from "vitest";
import { roughly, scoreText } from "./score-text.ts";

describe("an estimated time", () => {
  it.each([
    [3, "a few seconds"],
    [42, "about 40 seconds"],
    [95, "about 2 minutes"],
    [540, "about 9 minutes"],
    [9000, "about 2.5 hours"],
    [50_000, "about 14 hours"],
  ])("of %d seconds is %s", (seconds, text) => {
    expect(roughly(seconds)).toBe(text);
  });
});

describe("a score", () => {
  it("is in per cent where it is a share, and has three digits else", () => {
    expect([scoreText("precision", 0.614), scoreText("kid", 0.012345), scoreText("fid", 123.4)]).toEqual([
      "61 %",
      "0.0123",
      "123",
    ]);
    expect(scoreText("own-classifier-error", 0.0134)).toBe("1.3 %");
  });
});
