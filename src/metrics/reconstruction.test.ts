import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { PixelFormat } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { meanSquaredError, peakSignalToNoise, structuralSimilarity } from "./reconstruction.ts";

const numbers = z.array(z.number());
// Values of numpy and scipy; see the script beside them.
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        channels: z.union([z.literal(1), z.literal(3)]),
        height: z.number(),
        width: z.number(),
        images: numbers,
        others: numbers,
        meanSquaredError: numbers,
        peakSignalToNoise: numbers,
        structuralSimilarity: numbers,
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("testing/reconstruction_golden.json", import.meta.url), "utf8")));

const measures = { meanSquaredError, peakSignalToNoise, structuralSimilarity };

function expectClose(values: Float64Array, expected: readonly number[]): void {
  expect(values.length).toBe(expected.length);
  for (const [index, value] of values.entries()) expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 9);
}

describe.each(cases)("$channels x $height x $width pixels", (golden) => {
  const format: PixelFormat = golden;
  const [images, others] = [Uint8Array.from(golden.images), Uint8Array.from(golden.others)];

  it.each(["meanSquaredError", "peakSignalToNoise", "structuralSimilarity"] as const)("%s is scipy's", (name) => {
    expectClose(measures[name](images, others, format), golden[name]);
    expectClose(measures[name](others, images, format), golden[name]);
  });
});

describe("an image and itself", () => {
  const format = { channels: 3, height: 14, width: 12 } as const;
  const random = randomStream(1, "pixels");
  const images = Uint8Array.from({ length: 2 * 3 * 14 * 12 }, () => random.integer(256));

  it("have no error, an endless ratio and similarity 1", () => {
    expect(meanSquaredError(images, images, format)).toEqual(Float64Array.of(0, 0));
    expect(peakSignalToNoise(images, images, format)).toEqual(Float64Array.of(Infinity, Infinity));
    expectClose(structuralSimilarity(images, images, format), [1, 1]);
  });

  it("black against white is as far off as can be", () => {
    const [black, white] = [new Uint8Array(images.length), new Uint8Array(images.length).fill(255)];
    expect(meanSquaredError(black, white, format)).toEqual(Float64Array.of(1, 1));
    expectClose(peakSignalToNoise(black, white, format), [0, 0]);
    expectClose(structuralSimilarity(black, white, format), [0.01 ** 2 / (1 + 0.01 ** 2), 0.01 ** 2 / (1 + 0.01 ** 2)]);
  });

  it("needs room for the window", () => {
    const small = { channels: 1, height: 10, width: 30 } as const;
    expect(() => structuralSimilarity(new Uint8Array(300), new Uint8Array(300), small)).toThrow(
      "expected images of at least 11x11 pixels, received 30x10",
    );
  });

  it("refuses batches of different sizes", () => {
    expect(() => meanSquaredError(images, images.subarray(1), format)).toThrow("images of 504");
  });
});
