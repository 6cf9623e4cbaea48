import * as fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { scaleToCover } from "./decode.ts";
import { imageBytesOf, type PixelFormat } from "./image-source.ts";
import { scaleImages } from "./strip.ts";

const side = fc.integer({ min: 1, max: 48 });
const channels = fc.constantFrom<(1 | 3)[]>(1, 3);

/** `[channels, height, width]` to `[height, width, channels]`. */
function interleaved(planes: Uint8Array, count: number): Uint8Array {
  const area = planes.length / count;
  return Uint8Array.from(planes, (_, at) => planes[(at % count) * area + Math.floor(at / count)] ?? 0);
}

async function eachAlone(pixels: Uint8Array, native: PixelFormat, format: PixelFormat): Promise<number[]> {
  const size = imageBytesOf(native);
  const alone: number[] = [];
  for (let from = 0; from < pixels.length; from += size) {
    const raw = interleaved(pixels.subarray(from, from + size), native.channels);
    alone.push(...(await scaleToCover(sharp(raw, { raw: native }), format)));
  }
  return alone;
}

test("images scaled together are the same as images scaled one by one", async () => {
  await fc.assert(
    fc.asyncProperty(side, side, side, channels, channels, fc.nat(), async (from, to, width, before, after, seed) => {
      const random = randomStream(seed);
      const native: PixelFormat = { height: from, width: seed % 3 === 0 ? width : from, channels: before };
      const format: PixelFormat = { height: to, width: to, channels: after };
      const pixels = Uint8Array.from({ length: 5 * imageBytesOf(native) }, () => random.integer(256));
      const together = await scaleImages(pixels, native, format);
      expect([...together]).toEqual(await eachAlone(pixels, native, format));
    }),
    { numRuns: 60 },
  );
});
