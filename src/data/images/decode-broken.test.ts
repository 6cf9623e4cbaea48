import { crc32 } from "node:zlib";
import type { Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { animation, encoders, picture, square } from "../testing/pictures.ts";
import { decodeImage } from "./decode.ts";
import { identifyImage } from "./image-file.ts";

const short = /^[^\n]{1,80}$/;

describe("a file that is cut short is refused with a short reason", () => {
  test.each(encoders)("%s, even below the crop", async (_, encoding, encode) => {
    const bytes = await encode(picture(30, 120)).toBuffer();
    const lengths = Array.from({ length: 40 }, (__, part) => 12 + Math.floor(((bytes.length - 12) * part) / 40));
    for (const length of [...lengths, bytes.length - 2, bytes.length - 1]) {
      // Only the trailer is missing, which some programs never write.
      if (encoding === "gif" && length === bytes.length - 1) continue;
      const file = { bytes: bytes.subarray(0, length), encoding };
      await expect(decodeImage(file, square(32))).rejects.toThrow(short);
    }
    expect((await decodeImage({ bytes, encoding }, square(32))).length).toBe(3 * 32 * 32);
  });

  test("an animation after its first frame", async () => {
    for (const bytes of [await animation(5).gif().toBuffer(), await animation(5).webp().toBuffer()]) {
      const file = identifyImage(bytes.subarray(0, -20));
      await expect(decodeImage(file, square(16))).rejects.toThrow(/too early/);
    }
  });
});

describe("a damaged file is refused with a short reason", () => {
  test("any bit of a PNG behind its signature", async () => {
    const bytes = await picture(20, 20).png({ progressive: true }).toBuffer();
    for (let at = 8; at < bytes.length; at += 5) {
      const flipped = Buffer.from(bytes);
      flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      await expect(decodeImage({ bytes: flipped, encoding: "png" }, square(32))).rejects.toThrow(short);
    }
  });

  test("a PNG chunk that is not about pixels: its loss could hide a colour space", async () => {
    const bytes = await picture(20, 20).withIccProfile("p3").png().toBuffer();
    const at = bytes.indexOf("iCCP");
    bytes[at + 30] = 1 + (bytes[at + 30] ?? 0);
    await expect(decodeImage({ bytes, encoding: "png" }, square(32))).rejects.toThrow("wrong checksum of chunk iCCP");
  });

  test("JPEG data that makes no sense, and a damaged tile of a TIFF", async () => {
    const jpeg = await picture(60, 60).jpeg().toBuffer();
    jpeg.fill(0x55, jpeg.length - 300, jpeg.length - 100);
    await expect(decodeImage({ bytes: jpeg, encoding: "jpeg" }, square(32))).rejects.toThrow("damaged");
    const tiles = { compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 } as const;
    const tiff = await picture(60, 60).tiff(tiles).toBuffer();
    tiff.fill(0x55, 1000, 1100);
    await expect(decodeImage({ bytes: tiff, encoding: "tiff" }, square(32))).rejects.toThrow("damaged");
  });
});

describe("40,000 by 40,000 pixels are refused before any of them is read", () => {
  const side = 40_000;
  const tooMany = /too many pixels \(the limit is 268 million\)|header/;
  const bombs: readonly (readonly [string, (image: Sharp) => Promise<Buffer>])[] = [
    [
      "PNG",
      async (image) => {
        const bytes = await image.png().toBuffer();
        bytes.writeUInt32BE(side, 16);
        bytes.writeUInt32BE(side, 20);
        bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
        return bytes;
      },
    ],
    [
      "JPEG",
      async (image) => {
        const bytes = await image.jpeg().toBuffer();
        const frame = bytes.indexOf(Buffer.from([0xff, 0xc0]));
        bytes.writeUInt16BE(side, frame + 5);
        bytes.writeUInt16BE(side, frame + 7);
        return bytes;
      },
    ],
    [
      "GIF",
      async (image) => {
        const bytes = await image.gif().toBuffer();
        const frame = bytes.indexOf(Buffer.from([0x2c, 0, 0, 0, 0, 8, 0, 8, 0]));
        for (const at of [6, 8, frame + 5, frame + 7]) bytes.writeUInt16LE(side, at);
        return bytes;
      },
    ],
    [
      // Without an extended header it can have no more than 16,383 by 16,383.
      "WebP",
      async (image) => {
        const bytes = await image.ensureAlpha(0.5).webp().toBuffer();
        const canvas = bytes.indexOf("VP8X") + 12;
        bytes.writeUIntLE(side - 1, canvas, 3);
        bytes.writeUIntLE(side - 1, canvas + 3, 3);
        return bytes;
      },
    ],
    [
      "TIFF",
      async (image) => {
        const bytes = await image.tiff({ compression: "deflate" }).toBuffer();
        const directory = bytes.readUInt32LE(4);
        for (let at = directory + 2; at < directory + 2 + 12 * bytes.readUInt16LE(directory); at += 12) {
          if ([256, 257].includes(bytes.readUInt16LE(at))) bytes.writeUInt32LE(side, at + 8);
        }
        return bytes;
      },
    ],
    [
      "AVIF",
      async (image) => {
        const bytes = await image.avif({ effort: 0 }).toBuffer();
        const size = bytes.indexOf("ispe") + 8;
        bytes.writeUInt32BE(side, size);
        bytes.writeUInt32BE(side, size + 4);
        return bytes;
      },
    ],
  ];

  test.each(bombs)("%s", async (_, build) => {
    const file = identifyImage(await build(picture(8, 8)));
    const before = process.resourceUsage().maxRSS;
    await expect(decodeImage(file, square(32))).rejects.toThrow(tooMany);
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(100 * 1024);
  });
});
