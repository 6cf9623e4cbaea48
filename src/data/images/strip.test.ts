import * as fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { fitImage } from "./fit.ts";
import {
  crops,
  type Fitting,
  filters,
  imageBytesOf,
  type PixelFormat,
  type Preparation,
  usualFitting,
} from "./preparation.ts";
import { scaleImages } from "./strip.ts";

const side = fc.integer({ min: 1, max: 48 });
const channels = fc.constantFrom<(1 | 3)[]>(1, 3);
const filter = fc.constantFrom(...filters);
const fitting: fc.Arbitrary<Fitting> = fc.oneof(
  fc.record({ fit: fc.constant("cover"), crop: fc.constantFrom(...crops), filter }),
  fc.record({ fit: fc.constant("contain"), pad: fc.constantFrom("edge", "reflect", "#c08040"), filter }),
  fc.record({ fit: fc.constant("stretch"), filter }),
);

/** `[channels, height, width]` to `[height, width, channels]`. */
function interleaved(planes: Uint8Array, count: number): Uint8Array {
  const area = planes.length / count;
  return Uint8Array.from(planes, (_, at) => planes[(at % count) * area + Math.floor(at / count)] ?? 0);
}

async function eachAlone(pixels: Uint8Array, native: PixelFormat, preparation: Preparation): Promise<number[]> {
  const size = imageBytesOf(native);
  const alone: number[] = [];
  for (let from = 0; from < pixels.length; from += size) {
    const raw = interleaved(pixels.subarray(from, from + size), native.channels);
    alone.push(...(await fitImage(sharp(raw, { raw: native }), native, preparation)));
  }
  return alone;
}

test("images scaled together are the same as images scaled one by one", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({ height: side, width: side, channels }),
      fc.record({ height: side, width: side, channels }),
      fc.constantFrom("squares", "same shape", "any shape"),
      fitting,
      fc.nat(),
      async (stored, wanted, shapes, chosen, seed) => {
        const native = shapes === "squares" ? { ...stored, width: stored.height } : stored;
        const wantedWidth = { squares: wanted.height, "same shape": 2 * native.width, "any shape": wanted.width }[
          shapes
        ];
        const height = shapes === "same shape" ? 2 * native.height : wanted.height;
        const format = { ...wanted, height, width: wantedWidth };
        const random = randomStream(seed);
        const pixels = Uint8Array.from({ length: 3 * imageBytesOf(native) }, () => random.integer(256));
        const together = await scaleImages(pixels, native, { format, fitting: chosen });
        expect([...together]).toEqual(await eachAlone(pixels, native, { format, fitting: chosen }));
      },
    ),
    { numRuns: 60 },
  );
});

test("the last of many is scaled like the first", async () => {
  const native = { height: 13, width: 13, channels: 1 } as const;
  const preparation: Preparation = { format: { height: 31, width: 31, channels: 1 }, fitting: usualFitting };
  const random = randomStream(1);
  const pixels = Uint8Array.from({ length: 400 * imageBytesOf(native) }, () => random.integer(256));
  const last = 390 * imageBytesOf(native);
  const together = (await scaleImages(pixels, native, preparation)).subarray(390 * imageBytesOf(preparation.format));
  expect([...together]).toEqual(await eachAlone(pixels.subarray(last), native, preparation));
});
