import * as fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { animation, encoders, picture, prepared, square } from "../testing/pictures.ts";
import { decodeImage, measureImage } from "./decode.ts";
import { identifyImage } from "./image-file.ts";

/** Left half red, right half blue. */
const twoHalves = sharp(
  Uint8Array.from({ length: 64 * 32 * 3 }, (_, at) => (at % 3 === (Math.floor(at / 3) % 64 < 32 ? 0 : 2) ? 255 : 0)),
  {
    raw: { width: 64, height: 32, channels: 3 },
  },
);

const png = async (image: Sharp) => ({ bytes: await image.png().toBuffer(), encoding: "png" }) as const;
const pixel = (planes: Uint8Array, size: number, x: number, y: number): number[] =>
  Array.from({ length: planes.length / size ** 2 }, (_, channel) => planes[channel * size ** 2 + y * size + x] ?? -1);

describe("decodeImage", () => {
  test("gives planes, cropped around the centre", async () => {
    const planes = await decodeImage(await png(twoHalves.clone()), square(32));
    expect(planes.length).toBe(3 * 32 * 32);
    expect(pixel(planes, 32, 2, 16)).toEqual([255, 0, 0]);
    expect(pixel(planes, 32, 29, 16)).toEqual([0, 0, 255]);
  });

  test("applies EXIF rotation, to the measured size too", async () => {
    const bytes = await twoHalves.clone().jpeg({ quality: 95 }).withMetadata({ orientation: 6 }).toBuffer();
    const file = { bytes, encoding: "jpeg" } as const;
    expect(await measureImage(file)).toEqual({ width: 32, height: 64, channels: 3 });
    const planes = await decodeImage(file, square(32));
    const [red = 0, , blue = 255] = pixel(planes, 32, 16, 2);
    expect(red).toBeGreaterThan(200);
    expect(blue).toBeLessThan(60);
  });

  test("lays transparency on white", async () => {
    const clear = sharp({ create: { width: 20, height: 20, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    expect([...new Set(await decodeImage(await png(clear), square(16)))]).toEqual([255]);
  });

  test("keeps the brightness of 16-bit and grey pixels", async () => {
    const deep = sharp(
      Uint16Array.from({ length: 400 }, () => 128 * 257),
      { raw: { width: 20, height: 20, channels: 1 } },
    );
    const file = await png(deep.toColourspace("grey16"));
    expect((await sharp(file.bytes).metadata()).depth).toBe("ushort");
    expect((await measureImage(file)).channels).toBe(1);
    expect([...new Set(await decodeImage(file, square(16, 1)))]).toEqual([128]);
    expect([...new Set(await decodeImage(file, square(16)))]).toEqual([128]);
  });

  test("converts CMYK", async () => {
    const bytes = await picture(40, 40).toColourspace("cmyk").jpeg().toBuffer();
    expect((await sharp(bytes).metadata()).space).toBe("cmyk");
    const file = { bytes, encoding: "jpeg" } as const;
    expect((await measureImage(file)).channels).toBe(3);
    const [found, wanted] = [
      await decodeImage(file, square(16)),
      await decodeImage(await png(picture(40, 40)), square(16)),
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
    expect(pixel(await decodeImage(file, square(16)), 16, 8, 8)).toEqual([255, 0, 0]);
  });

  test("fills the format from any size", async () => {
    const side = fc.integer({ min: 1, max: 150 });
    const wanted = fc.integer({ min: 1, max: 40 });
    await fc.assert(
      fc.asyncProperty(side, side, wanted, wanted, async (width, height, wantedWidth, wantedHeight) => {
        const flat = sharp({ create: { width, height, channels: 3, background: "#0a141e" } });
        const planes = await decodeImage(
          await png(flat),
          prepared({ height: wantedHeight, width: wantedWidth, channels: 3 }),
        );
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
    expect((await decodeImage(await png(line), square(64))).length).toBe(3 * 64 * 64);
  });
});

describe("oddities of whole files are read", () => {
  test.each([false, true])("JPEG padded before its end marker (progressive: %s)", async (progressive) => {
    const jpeg = await picture(60, 60).jpeg({ progressive }).toBuffer();
    const ending = (...bytes: number[]) => Buffer.concat([jpeg.subarray(0, -2), Buffer.from(bytes), jpeg.subarray(-2)]);
    const file = { bytes: ending(0, 0, 0, 0, 0, 0), encoding: "jpeg" } as const;
    expect(await decodeImage(file, square(32))).toEqual(await decodeImage({ ...file, bytes: jpeg }, square(32)));
    if (!progressive) return;
    // More than zeros may be pixels that went astray.
    const strayed = decodeImage({ bytes: ending(1, 2, 3, 4, 5, 6), encoding: "jpeg" }, square(32));
    await expect(strayed).rejects.toThrow("damaged");
  });

  test("JPEG scans that say nonsense about their coefficients", async () => {
    const bytes = await picture(60, 60).jpeg().toBuffer();
    const wanted = await decodeImage({ bytes, encoding: "jpeg" }, square(32));
    const odd = Buffer.from(bytes);
    odd.set([0, 0, 0], odd.indexOf(Buffer.from([0xff, 0xda])) + 5 + 2 * 3);
    await expect(sharp(odd).raw().toBuffer()).rejects.toThrow("Invalid SOS parameters");
    expect(await decodeImage({ bytes: odd, encoding: "jpeg" }, square(32))).toEqual(wanted);
  });

  test("bytes after the end", async () => {
    for (const [, encoding, encode] of encoders.filter(([, kind]) => kind !== "heif")) {
      const bytes = await encode(picture(20, 20)).toBuffer();
      const longer = Buffer.concat([bytes, Buffer.from("and more")]);
      expect(await decodeImage({ bytes: longer, encoding }, square(16))).toEqual(
        await decodeImage({ bytes, encoding }, square(16)),
      );
    }
  });

  test.each([0, 9, 65_535])("an EXIF orientation of %i, which does not exist, turns nothing", async (orientation) => {
    const bytes = await picture(40, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const entry = bytes.indexOf(Buffer.from([0x12, 0x01, 0x03, 0x00, 1, 0, 0, 0, 6]));
    expect(entry).toBeGreaterThan(0);
    bytes.writeUInt16LE(orientation, entry + 8);
    expect(await measureImage({ bytes, encoding: "jpeg" })).toEqual({ width: 40, height: 20, channels: 3 });
    expect((await decodeImage({ bytes, encoding: "jpeg" }, square(16))).length).toBe(3 * 16 * 16);
  });

  test("only the first frame of thousands is decoded", async () => {
    for (const bytes of [
      await animation(3000).gif().toBuffer(),
      await animation(1000).webp({ effort: 0 }).toBuffer(),
    ]) {
      const planes = await decodeImage(identifyImage(bytes), square(16));
      expect(pixel(planes, 16, 8, 8)[2]).toBeLessThan(5);
    }
  });
});
