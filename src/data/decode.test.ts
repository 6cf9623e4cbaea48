import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { decodeImage, measureImage } from "./decode.ts";
import type { ImageEncoding } from "./image-file.ts";

/** Smooth shapes with some noise: `[height, width, 3]`. */
function picture(width: number, height: number): Sharp {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return 128 + 60 * Math.sin(x / 9 + (at % 3)) + 50 * Math.cos(y / 13) + ((at * 7919) % 13);
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Left half red, right half blue. */
const twoHalves = sharp(
  Uint8Array.from({ length: 64 * 32 * 3 }, (_, at) => (at % 3 === (Math.floor(at / 3) % 64 < 32 ? 0 : 2) ? 255 : 0)),
  {
    raw: { width: 64, height: 32, channels: 3 },
  },
);

const format = (size: number, channels: 1 | 3 = 3) => ({ height: size, width: size, channels }) as const;
const png = async (image: Sharp) => ({ bytes: await image.png().toBuffer(), encoding: "png" }) as const;
const pixel = (planes: Uint8Array, size: number, x: number, y: number): number[] =>
  Array.from({ length: planes.length / size ** 2 }, (_, channel) => planes[channel * size ** 2 + y * size + x] ?? -1);

describe("decodeImage", () => {
  test("gives planes, cropped around the centre", async () => {
    const planes = await decodeImage(await png(twoHalves.clone()), format(32));
    expect(planes.length).toBe(3 * 32 * 32);
    expect(pixel(planes, 32, 2, 16)).toEqual([255, 0, 0]);
    expect(pixel(planes, 32, 29, 16)).toEqual([0, 0, 255]);
  });

  test("applies EXIF rotation, to the measured size too", async () => {
    const bytes = await twoHalves.clone().jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
    const file = { bytes, encoding: "jpeg" } as const;
    expect(await measureImage(file)).toEqual({ width: 32, height: 64, channels: 3 });
    const planes = await decodeImage(file, format(32));
    const [red = 0, , blue = 255] = pixel(planes, 32, 16, 2);
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(60);
  });

  test("lays transparency on white", async () => {
    const clear = sharp({ create: { width: 20, height: 20, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    expect([...new Set(await decodeImage(await png(clear), format(16)))]).toEqual([255]);
  });

  test("keeps the brightness of 16-bit and grey pixels", async () => {
    const deep = sharp(
      Uint16Array.from({ length: 400 }, () => 128 * 257),
      { raw: { width: 20, height: 20, channels: 1 } },
    );
    const file = await png(deep.toColourspace("grey16"));
    expect((await sharp(file.bytes).metadata()).depth).toBe("ushort");
    expect((await measureImage(file)).channels).toBe(1);
    expect([...new Set(await decodeImage(file, format(16, 1)))]).toEqual([128]);
    expect([...new Set(await decodeImage(file, format(16)))]).toEqual([128]);
  });

  test("converts CMYK", async () => {
    const bytes = await picture(40, 40).toColourspace("cmyk").jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe("cmyk");
    const file = { bytes, encoding: "jpeg" } as const;
    expect((await measureImage(file)).channels).toBe(3);
    const [found, wanted] = [
      await decodeImage(file, format(16)),
      await decodeImage(await png(picture(40, 40)), format(16)),
    ];
    const distance = found.reduce((sum, value, at) => sum + Math.abs(value - (wanted[at] ?? 0)), 0) / found.length;
    expect(distance).toBeLessThan(25);
  });

  test("takes the first frame of an animation", async () => {
    const frames = ["#ff0000", "#0000ff"].map((background) =>
      sharp({ create: { width: 24, height: 24, channels: 3, background } })
        .png()
        .toBuffer(),
    );
    const bytes = await sharp(await Promise.all(frames), { join: { animated: true } })
      .gif()
      .toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    const file = { bytes, encoding: "gif" } as const;
    expect(await measureImage(file)).toMatchObject({ width: 24, height: 24 });
    expect(pixel(await decodeImage(file, format(16)), 16, 8, 8)).toEqual([255, 0, 0]);
  });

  test("fills the format from any size", async () => {
    const side = fc.integer({ min: 1, max: 150 });
    const wanted = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(side, side, wanted, wanted, async (width, height, wantedWidth, wantedHeight) => {
        const flat = sharp({ create: { width, height, channels: 3, background: "#0a141e" } });
        const planes = await decodeImage(await png(flat), { height: wantedHeight, width: wantedWidth, channels: 3 });
        const area = wantedHeight * wantedWidth;
        expect([...new Set(planes.subarray(0, area))]).toEqual([10]);
        expect([...new Set(planes.subarray(area, 2 * area))]).toEqual([20]);
        expect([...new Set(planes.subarray(2 * area))]).toEqual([30]);
      }),
      { numRuns: 60 },
    );
  });

  test("does not run out of memory on a line of pixels", async () => {
    const line = sharp({ create: { width: 60_000, height: 1, channels: 3, background: "#ffffff" } });
    expect((await decodeImage(await png(line), format(64))).length).toBe(3 * 64 * 64);
  });
});

describe("broken files are refused with a short reason", () => {
  const encoders: readonly (readonly [string, ImageEncoding, (image: Sharp) => Sharp])[] = [
    ["JPEG", "jpeg", (image) => image.jpeg()],
    ["progressive JPEG", "jpeg", (image) => image.jpeg({ progressive: true })],
    ["PNG", "png", (image) => image.png()],
    ["interlaced PNG", "png", (image) => image.png({ progressive: true })],
    ["WebP", "webp", (image) => image.webp()],
    ["GIF", "gif", (image) => image.gif()],
    ["TIFF", "tiff", (image) => image.tiff({ compression: "lzw" })],
    ["AVIF", "heif", (image) => image.avif({ effort: 0 })],
  ];

  test.each(encoders)("%s cut short, even below the crop", async (_, encoding, encode) => {
    const bytes = await encode(picture(60, 240)).toBuffer();
    for (const share of [0.1, 0.5, 0.9, 0.97]) {
      const file = { bytes: bytes.subarray(0, Math.floor(bytes.length * share)), encoding };
      await expect(decodeImage(file, format(32))).rejects.toThrow(/^[^\n]{1,80}$/);
    }
    expect((await decodeImage({ bytes, encoding }, format(32))).length).toBe(3 * 32 * 32);
  });

  test("PNG without its end, JPEG with damaged data", async () => {
    const whole = await picture(60, 60).png().toBuffer();
    await expect(decodeImage({ bytes: whole.subarray(0, -5), encoding: "png" }, format(32))).rejects.toThrow(
      "ends too early",
    );
    const jpeg = await picture(60, 60).jpeg().toBuffer();
    jpeg.fill(0x55, jpeg.length - 300, jpeg.length - 100);
    await expect(decodeImage({ bytes: jpeg, encoding: "jpeg" }, format(32))).rejects.toThrow("damaged");
  });

  test("too many pixels, before any of them is read", async () => {
    const bytes = await picture(8, 8).png().toBuffer();
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
    await expect(decodeImage({ bytes, encoding: "png" }, format(32))).rejects.toThrow(
      "too many pixels (the limit is 268 million)",
    );
  });

  test("JPEG padded before its end marker is whole", async () => {
    const jpeg = await picture(60, 60).jpeg().toBuffer();
    const padded = Buffer.concat([jpeg.subarray(0, -2), Buffer.alloc(6), jpeg.subarray(-2)]);
    expect(await decodeImage({ bytes: padded, encoding: "jpeg" }, format(32))).toEqual(
      await decodeImage({ bytes: jpeg, encoding: "jpeg" }, format(32)),
    );
  });
});
