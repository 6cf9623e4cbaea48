import * as fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { fitImage } from "./fit.ts";
import { crops, type Fitting, filters, imageBytesOf, type PixelFormat } from "./preparation.ts";

const fittings: readonly Fitting[] = filters.flatMap((filter): Fitting[] => [
  ...crops.map((crop) => ({ fit: "cover", crop, filter }) as const),
  ...(["edge", "reflect", "#c08040"] as const).map((pad) => ({ fit: "contain", pad, filter }) as const),
  { fit: "stretch", filter },
]);
const named = fittings.map((fitting) => [Object.values(fitting).join(" "), fitting] as const);

const flat = (width: number, height: number, background: string): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });

/** Fits an image file as the decoder does. */
async function fit(file: Buffer, format: PixelFormat, fitting: Fitting): Promise<Uint8Array> {
  const { width, height } = await sharp(file).metadata();
  const image = sharp(file, { failOn: "warning" }).autoOrient().flatten({ background: "#ffffff" });
  return await fitImage(image, { width, height }, { format, fitting });
}

const fitPicture = async (picture: Sharp, format: PixelFormat, fitting: Fitting): Promise<Uint8Array> =>
  await fit(await picture.png().toBuffer(), format, fitting);

const greyRow = (planes: Uint8Array, row: number, width: number): number[] => [
  ...planes.subarray(row * width, (row + 1) * width),
];

describe("every fitting", () => {
  test.each(named)("%s: an image of one colour stays so, of any size, in any format", async (_, fitting) => {
    const side = fc.oneof(fc.constantFrom(1, 2, 700), fc.integer({ min: 1, max: 150 }));
    const wanted = fc.integer({ min: 1, max: 40 });
    const channels = fc.constantFrom<(1 | 3)[]>(1, 3);
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        wanted,
        wanted,
        channels,
        async (width, height, wantedWidth, wantedHeight, count) => {
          const format = { height: wantedHeight, width: wantedWidth, channels: count };
          const planes = await fitPicture(flat(width, height, "#c08040"), format, fitting);
          expect(planes.length).toBe(imageBytesOf(format));
          const area = wantedHeight * wantedWidth;
          const values = Array.from({ length: count }, (_each, channel) => [
            ...new Set(planes.subarray(channel * area, (channel + 1) * area)),
          ]);
          expect(values).toEqual(count === 3 ? [[0xc0], [0x80], [0x40]] : [[expect.any(Number)]]);
        },
      ),
      { numRuns: 8 },
    );
  });

  test.each(named)("%s: a fault in the last rows is found", async (_, fitting) => {
    for (const [width, height] of [
      [40, 240],
      [9, 1200],
    ] as const) {
      const noise = Uint8Array.from({ length: width * height * 3 }, (_each, at) => (at * at * 7919) % 251);
      const picture = sharp(noise, { raw: { width, height, channels: 3 } });
      // Uncompressed, so that the last bytes are the last pixels; 16 bytes of checksums and the end follow.
      const png = await picture.clone().png({ compressionLevel: 0 }).toBuffer();
      const jpeg = await picture.clone().jpeg().toBuffer();
      for (const cut of [png.subarray(0, -16 - 4), jpeg.subarray(0, -12)])
        await expect(fit(cut, { height: 20, width: 24, channels: 3 }, fitting)).rejects.toThrow();
    }
  });

  test("a line of 60,000 pixels needs little memory, turned or not", async () => {
    const line = flat(60_000, 1, "#c08040").jpeg();
    const files = [await line.toBuffer(), await line.withMetadata({ orientation: 6 }).toBuffer()];
    const before = process.resourceUsage().maxRSS;
    for (const file of files) {
      for (const fitting of fittings) {
        const planes = await fit(file, { height: 64, width: 48, channels: 1 }, fitting);
        expect(Math.max(...planes) - Math.min(...planes)).toBeLessThan(3);
      }
    }
    expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(150);
  });
});

describe("cover, attention", () => {
  const format = { height: 32, width: 32, channels: 3 } as const;
  const attention = { fit: "cover", crop: "attention", filter: "lanczos3" } as const;
  /** A dull picture with a coloured patch at a place along its longer side, in [0, 1]; it is half as thick as the picture. */
  const withPatch = async (width: number, height: number, place: number): Promise<Sharp> => {
    const [long, short] = [Math.max(width, height), Math.min(width, height)];
    const [length, thickness] = [Math.max(long / 16, short / 2), short / 2];
    const along = Math.round(place * (long - length));
    const patch = { length: Math.round(length), thickness: Math.round(thickness), across: Math.round(short / 4) };
    const [left, top] = width > height ? [along, patch.across] : [patch.across, along];
    const sides =
      width > height ? ([patch.length, patch.thickness] as const) : ([patch.thickness, patch.length] as const);
    const input = await flat(...sides, "#ff2010")
      .png()
      .toBuffer();
    const picture = flat(width, height, "#808488").composite([{ input, left, top }]);
    return sharp(await picture.png().toBuffer());
  };
  const reds = (planes: Uint8Array): number => planes.subarray(0, 1024).filter((value) => value > 220).length;

  test.each([
    [300, 100],
    [100, 300],
    [7000, 100],
    [100, 7000],
  ])("keeps what stands out, in %d x %d pixels", async (width, height) => {
    for (const place of [0, 0.3, 0.5, 0.8, 1]) {
      expect(reds(await fitPicture(await withPatch(width, height, place), format, attention))).toBeGreaterThan(180);
    }
    const centred = await fitPicture(await withPatch(width, height, 1), format, { ...attention, crop: "centre" });
    expect(reds(centred)).toBe(0);
  });

  test.each([300, 7000])("after EXIF rotation, %d pixels wide", async (width) => {
    const turned = await (await withPatch(width, 100, 0.1)).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const upright = await (await withPatch(100, width, 0.1)).jpeg().toBuffer();
    const [one, other] = [await fit(turned, format, attention), await fit(upright, format, attention)];
    const distance = one.reduce((sum, value, at) => sum + Math.abs(value - (other[at] ?? 0)), 0) / one.length;
    expect(distance).toBeLessThan(4);
    expect(reds(one)).toBeGreaterThan(100);
  });
});

describe("contain", () => {
  const pair = sharp(
    Uint8Array.from({ length: 8 }, (_, at) => (at % 2 === 0 ? 10 : 20)),
    { raw: { width: 2, height: 4, channels: 1 } },
  );
  const wide = { height: 4, width: 12, channels: 1 } as const;
  const padded = async (pad: "edge" | "reflect" | `#${string}`): Promise<number[]> =>
    greyRow(await fitPicture(pair.clone(), wide, { fit: "contain", pad, filter: "lanczos3" }), 2, 12);

  test("edge repeats the border, reflect mirrors it however wide it is", async () => {
    expect(await padded("edge")).toEqual([10, 10, 10, 10, 10, 10, 20, 20, 20, 20, 20, 20]);
    expect(await padded("reflect")).toEqual([10, 10, 20, 20, 10, 10, 20, 20, 10, 10, 20, 20]);
    expect(await padded("#070707")).toEqual([7, 7, 7, 7, 7, 10, 20, 7, 7, 7, 7, 7]);
  });

  test("a colour is what the same colour in an image becomes", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffffff), fc.constantFrom<(1 | 3)[]>(1, 3), async (colour, channels) => {
        const pad = `#${colour.toString(16).padStart(6, "0")}` as const;
        const format = { height: 8, width: 8, channels };
        const planes = await fitPicture(flat(6, 2, pad), format, { fit: "contain", pad, filter: "linear" });
        for (let channel = 0; channel < channels; channel++)
          expect(new Set(planes.subarray(64 * channel, 64 * (channel + 1))).size).toBe(1);
      }),
      { numRuns: 60 },
    );
  });

  test("all of the image is there, in the middle, at least a pixel high", async () => {
    const planes = await fitPicture(
      flat(5000, 2, "#ffffff"),
      { height: 9, width: 16, channels: 1 },
      {
        fit: "contain",
        pad: "#000000",
        filter: "cubic",
      },
    );
    const rows = Array.from({ length: 9 }, (_, row) => new Set(greyRow(planes, row, 16)));
    expect(rows.map((values) => [...values])).toEqual([[0], [0], [0], [0], [255], [0], [0], [0], [0]]);
  });
});

describe("stretch", () => {
  test("all of the image is there, whatever its shape", async () => {
    const halves = sharp(
      Uint8Array.from({ length: 400 }, (_, at) => (at % 40 < 20 ? 0 : 255)),
      {
        raw: { width: 40, height: 10, channels: 1 },
      },
    );
    const planes = await fitPicture(
      halves,
      { height: 10, width: 4, channels: 1 },
      { fit: "stretch", filter: "linear" },
    );
    const [first = 255, , , last = 0] = greyRow(planes, 5, 4);
    expect(first).toBeLessThan(20);
    expect(last).toBeGreaterThan(235);
  });
});

describe("filters", () => {
  const random = randomStream(1);
  const dots = sharp(
    Uint8Array.from({ length: 64 * 64 }, () => random.integer(2) * 255),
    { raw: { width: 64, height: 64, channels: 1 } },
  );
  const format = { height: 13, width: 13, channels: 1 } as const;

  test("nearest takes pixels as they are, also where a decoder could scale", async () => {
    const files = [await dots.clone().png().toBuffer(), await dots.clone().webp({ lossless: true }).toBuffer()];
    for (const file of files) {
      const planes = await fit(file, format, { fit: "stretch", filter: "nearest" });
      expect(new Set(planes)).toEqual(new Set([0, 255]));
    }
  });

  test.each(filters.filter((each) => each !== "nearest"))("%s is antialiased", async (filter) => {
    const planes = await fitPicture(dots.clone(), format, { fit: "stretch", filter });
    expect(planes.filter((value) => value > 30 && value < 225).length).toBeGreaterThan(0.9 * planes.length);
  });
});
