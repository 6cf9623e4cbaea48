import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { encodeAnimation } from "./animation.ts";

describe("an animation", () => {
  it.each([
    [32, 32, 128, 128],
    [48, 32, 192, 128],
    [100, 100, 200, 200],
    [128, 160, 128, 160],
  ])(
    "of %i x %i pixels is %i x %i: small pictures are enlarged by whole factors",
    async (width, height, wide, high) => {
      const gif = await encodeAnimation(new Uint8Array(2 * width * height), { width, height, channels: 1 });
      const meta = await sharp(gif, { animated: true }).metadata();
      expect([meta.width, meta.pageHeight, meta.pages]).toEqual([wide, high, 2]);
    },
  );

  it("makes a square of each pixel", async () => {
    const chess = Uint8Array.from({ length: 16 * 16 }, (_, index) => 255 * ((index + Math.floor(index / 16)) % 2));
    const gif = await encodeAnimation(chess, { width: 16, height: 16, channels: 1 });
    const small = await sharp(gif).toColourspace("b-w").resize(16, 16, { kernel: "nearest" }).raw().toBuffer();
    expect([...small]).toEqual([...chess]);
  });
});
