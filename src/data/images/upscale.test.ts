import * as fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { fitImage } from "./fit.ts";
import { type Filter, filters, imageBytesOf, type PixelFormat, type Preparation } from "./preparation.ts";
import { scaleImages } from "./strip.ts";

type Scaling = (planes: Uint8Array, native: PixelFormat, preparation: Preparation) => Promise<Uint8Array>;

/** An image alone, and the first of three in a strip. */
const scalings: readonly (readonly [string, Scaling])[] = [
  [
    "alone",
    async (planes, native, preparation) => {
      const { height, width, channels } = native;
      const area = height * width;
      const interleaved = planes.map((_, at) => planes[(at % channels) * area + Math.floor(at / channels)] ?? 0);
      return await fitImage(sharp(interleaved, { raw: native }), native, preparation);
    },
  ],
  [
    "in a strip",
    async (planes, native, preparation) => {
      const noise = planes.map((value) => 255 - value);
      const strip = new Uint8Array([...planes, ...noise, ...planes]);
      return (await scaleImages(strip, native, preparation)).subarray(0, imageBytesOf(preparation.format));
    },
  ],
];

const stretch = (format: PixelFormat, filter: Filter): Preparation => ({ format, fitting: { fit: "stretch", filter } });
const grey = (height: number, width = height): PixelFormat => ({ height, width, channels: 1 });
const ramp = (side: number): Uint8Array => Uint8Array.from({ length: side * side }, (_, at) => 16 * (at % side));

function mirrored(planes: Uint8Array, { height, width }: PixelFormat, axis: "across" | "down"): Uint8Array {
  return planes.map((_, at) => {
    const [x, y] = [at % width, Math.floor(at / width) % height];
    const from = axis === "across" ? at - x + (width - 1 - x) : at + (height - 1 - 2 * y) * width;
    return planes[from] ?? 0;
  });
}

describe.each(scalings)("an image that grows, %s", (_, scaled) => {
  test.each([
    [8, 16],
    [8, 9],
    [8, 12],
    [15, 16],
  ])("a ramp of %d pixels over %d is interpolated at their centres", async (from, to) => {
    const ideal = Array.from(
      { length: to },
      (_each, at) => 16 * Math.min(from - 1, Math.max(0, ((at + 0.5) * from) / to - 0.5)),
    );
    for (const filter of ["linear", "cubic", "lanczos3"] as const) {
      const grown = await scaled(ramp(from), grey(from), stretch(grey(to), filter));
      // Cubic filters overshoot where the ramp begins and ends.
      ideal.forEach((value, at) =>
        expect(Math.abs((grown[at] ?? 0) - value)).toBeLessThanOrEqual(filter === "linear" ? 1 : 2),
      );
    }
  });

  test("a ramp of 8 pixels over 16: the values of a textbook", async () => {
    const grown = await scaled(ramp(8), grey(8), stretch(grey(16), "linear"));
    expect([...grown.subarray(0, 16)]).toEqual([0, 4, 12, 20, 28, 36, 44, 52, 60, 68, 76, 84, 92, 100, 108, 112]);
  });

  test.each([2, 3, 4])("pixel art: nearest repeats every pixel %d times", async (factor) => {
    const random = randomStream(factor);
    const art = Uint8Array.from({ length: 49 }, () => random.integer(256));
    const grown = await scaled(art, grey(7), stretch(grey(7 * factor), "nearest"));
    const side = 7 * factor;
    const repeated = grown.map(
      (__, at) => art[Math.floor(at / side / factor) * 7 + Math.floor((at % side) / factor)] ?? 0,
    );
    expect([...grown]).toEqual([...repeated]);
  });
});

describe.each(scalings)("to mirror and scale is to scale and mirror, %s", (_, scaled) => {
  test.each(filters.filter((each) => each !== "nearest"))("%s", async (filter) => {
    const side = fc.integer({ min: 2, max: 40 });
    // Above a factor of two libvips first averages blocks of pixels, from the left and the top.
    const factor = fc.double({ min: 0.5, max: 4, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.record({ height: side, width: side, channels: fc.constantFrom<(1 | 3)[]>(1, 3) }),
        fc.record({ height: factor, width: factor }),
        fc.constantFrom("same shape", "any shape"),
        fc.constantFrom("across", "down"),
        fc.nat(),
        async (stored, wanted, shapes, axis, seed) => {
          const square = shapes === "same shape";
          const native = square ? { ...stored, width: stored.height } : stored;
          const height = Math.ceil(native.height * wanted.height);
          const width = square ? height : Math.ceil(native.width * wanted.width);
          const format = { height, width, channels: native.channels };
          const random = randomStream(seed);
          const planes = Uint8Array.from({ length: imageBytesOf(native) }, () => random.integer(256));
          const preparation = stretch(format, filter);
          const one = await scaled(mirrored(planes, native, axis), native, preparation);
          const other = mirrored(await scaled(planes, native, preparation), format, axis);
          const worst = one.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? 0))), 0);
          expect(worst).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 40, seed: 4 },
    );
  });
});

test("a strip that would be large is scaled in parts", async () => {
  const native = grey(4);
  const format = grey(256);
  const random = randomStream(1);
  const pixels = Uint8Array.from({ length: 50 * 16 }, () => random.integer(256));
  const preparation = stretch(format, "lanczos3");
  const together = await scaleImages(pixels, native, preparation);
  for (const index of [0, 42, 49]) {
    const alone = await fitImage(
      sharp(pixels.subarray(16 * index, 16 * index + 16), { raw: native }),
      native,
      preparation,
    );
    const size = imageBytesOf(format);
    expect(Buffer.compare(alone, together.subarray(index * size, (index + 1) * size))).toBe(0);
  }
});
