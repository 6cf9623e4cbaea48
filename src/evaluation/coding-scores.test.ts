import { describe, expect, it } from "vitest";
import type { ImageSet } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { scoreReconstructions } from "./reconstruction.ts";

/** Grey images of random pixels. */
function randomImages(count: number, side: number): ImageSet {
  const format = { height: side, width: side, channels: 1 } as const;
  const random = randomStream(2, "pixels");
  const bytes = Uint8Array.from({ length: count * side * side }, () => random.integer(246));
  const read: ImageSet["read"] = (first, wanted) =>
    Promise.resolve(bytes.subarray(first * side * side, (first + wanted) * side * side));
  return { format, count, read };
}

describe("the scores of reconstructions", () => {
  it("are means over the images, however many are reconstructed at once", async () => {
    const images = randomImages(150, 12);
    let seen = 0;
    // Each image is off by 1 to 10 in every pixel, by its number.
    const scores = await scoreReconstructions((originals) => {
      const first = seen;
      seen += originals.length / 144;
      return Promise.resolve(originals.map((value, index) => value + 1 + ((first + Math.floor(index / 144)) % 10)));
    }, images);
    const squares = Array.from({ length: 10 }, (_, index) => ((index + 1) / 255) ** 2);
    const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
    expect(scores.images).toBe(150);
    expect(scores.meanSquaredError).toBeCloseTo(mean(squares), 12);
    expect(scores.peakSignalToNoise).toBeCloseTo(mean(squares.map((square) => -10 * Math.log10(square))), 9);
    expect(scores.structuralSimilarity).toBeGreaterThan(0.98);
    expect(scores.equal).toBe(0);
  });

  it("leave out what images do not allow: a ratio where nothing differs, a window that does not fit", async () => {
    const scores = await scoreReconstructions((originals) => Promise.resolve(originals), randomImages(3, 8));
    expect(scores).toEqual({ images: 3, meanSquaredError: 0, equal: 3 });
    const mixed = await scoreReconstructions(
      (originals) => Promise.resolve(originals.map((value, index) => (index < 64 ? value : value + 1))),
      randomImages(3, 8),
    );
    expect(mixed.equal).toBe(1);
    expect(mixed.peakSignalToNoise).toBeCloseTo(20 * Math.log10(255), 9);
  });
});
