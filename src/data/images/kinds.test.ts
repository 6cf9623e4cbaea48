import { describe, expect, test } from "vitest";
import { picture, square } from "../testing/pictures.ts";
import { decodeImage } from "./decode.ts";
import { hasImageExtension, identifyImage } from "./image-file.ts";

const decode = async (bytes: Uint8Array): Promise<Uint8Array> => await decodeImage(identifyImage(bytes), square(16));

/** The first box of a file: its brand and those that it is compatible with. */
function branded(...brands: readonly string[]): Buffer {
  const [major = "", ...others] = brands;
  const box = Buffer.concat([Buffer.alloc(4), Buffer.from(`ftyp${major}\0\0\0\0${others.join("")}`, "latin1")]);
  box.writeUInt32BE(box.length);
  return Buffer.concat([box, Buffer.alloc(50)]);
}

describe("names", () => {
  test.each(["a.JFIF", "a.jpe", "a.mpo", "a.apng", "IMG_1.HEIC", "a.heif", "a.b.tiff"])("%s is an image", (name) => {
    expect(hasImageExtension(name)).toBe(true);
  });
});

describe("what lies in AVIF's container is told apart, whatever the file is called", () => {
  const heic = "HEIC cannot be read here: save it as JPEG";
  const video = "a video, not an image";
  test.each([
    [heic, ["heic", "mif1", "heic"]],
    [heic, ["heix", "mif1"]],
    [heic, ["mif1", "hevc"]],
    ["animated AVIF cannot be read here: save a still image", ["avis", "avif", "msf1"]],
    [video, ["isom", "iso2", "avc1", "mp41"]],
    [video, ["qt  "]],
    [video, ["M4V "]],
  ])("%s: %j", (reason, brands) => {
    expect(() => identifyImage(branded(...brands))).toThrow(reason);
  });

  test("an AVIF is read", async () => {
    const avif = await picture(20, 20).avif({ effort: 0 }).toBuffer();
    expect((await decode(avif)).length).toBe(3 * 16 * 16);
    expect(identifyImage(branded("mif1", "avif", "miaf")).encoding).toBe("heif");
  });
});

/** An uncompressed TIFF of 8 by 8 pixels, as its tags say. */
function tiff({ bits = 8, samples = 1, kind = 1, colours = 1, compression = 1 }): Buffer {
  const data = Buffer.alloc((64 * samples * bits) / 8, 60);
  const widths = Buffer.alloc(2 * samples);
  for (let sample = 0; sample < samples; sample++) widths.writeUInt16LE(bits, 2 * sample);
  const usual = colours === 1 ? 1 : 3;
  const extra = samples > usual ? [[338, 3, samples - usual, 0]] : [];
  const tags = [
    [256, 3, 1, 8],
    [257, 3, 1, 8],
    [258, 3, samples, samples === 1 ? bits : 8 + data.length],
    [259, 3, 1, compression],
    [262, 3, 1, colours],
    [273, 4, 1, 8],
    [277, 3, 1, samples],
    [278, 3, 1, 8],
    [279, 4, 1, data.length],
    ...extra,
    [339, 3, 1, kind],
  ] as const;
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length);
  for (const [index, [tag = 0, type = 0, count = 0, value = 0]] of tags.entries()) {
    directory.writeUInt16LE(tag, 2 + 12 * index);
    directory.writeUInt16LE(type, 4 + 12 * index);
    directory.writeUInt32LE(count, 6 + 12 * index);
    directory.writeUInt32LE(value, 10 + 12 * index);
  }
  const head = Buffer.from("II*\0\0\0\0\0", "latin1");
  head.writeUInt32LE(8 + data.length + widths.length, 4);
  return Buffer.concat([head, data, widths, directory]);
}

describe("TIFF", () => {
  const kind = "its kind of pixels is not supported";
  const packing = "its compression is not supported";
  test.each([
    ["floats", kind, { bits: 32, kind: 3 }],
    ["doubles", kind, { bits: 64, kind: 3 }],
    ["32 bits", kind, { bits: 32 }],
    ["signed", kind, { bits: 16, kind: 2 }],
    ["Lab", kind, { samples: 3, colours: 8 }],
    ["5 channels", kind, { samples: 5, colours: 2 }],
    ["zstd", packing, { compression: 50_000 }],
    ["JPEG 2000", packing, { compression: 33_005 }],
  ])("%s: %s", async (_, reason, tags) => {
    await expect(decode(tiff(tags))).rejects.toThrow(reason);
  });

  test.each([{}, { bits: 16 }, { samples: 3, colours: 2 }, { samples: 4, colours: 2 }])("%j is read", async (tags) => {
    expect((await decode(tiff(tags))).length).toBe(3 * 16 * 16);
  });
});

describe("JPEG", () => {
  test("without loss", async () => {
    const bytes = await picture(20, 20).jpeg().toBuffer();
    bytes[bytes.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc3;
    await expect(decode(bytes)).rejects.toThrow("lossless JPEG is not supported");
  });

  test.each([true, false])(
    "zeros before the end, other images behind and within; progressive: %s",
    async (progressive) => {
      const whole = await picture(60, 40).jpeg({ progressive }).toBuffer();
      const thumbnail = await picture(9, 9).jpeg().toBuffer();
      const segment = Buffer.from([0xff, 0xe1, 0, 0]);
      segment.writeUInt16BE(thumbnail.length + 2, 2);
      const start = Buffer.concat([whole.subarray(0, 2), segment, thumbnail, whole.subarray(2, -2), Buffer.alloc(40)]);
      const wanted = await decode(whole);
      for (const behind of [Buffer.alloc(0), Buffer.alloc(9), thumbnail, Buffer.concat([Buffer.alloc(7), whole])]) {
        const odd = Buffer.concat([start, whole.subarray(-2), behind]);
        expect(Buffer.compare(await decode(odd), wanted)).toBe(0);
      }
    },
  );
});

describe("GIF and AVIF", () => {
  const variants = (bytes: Buffer): Buffer[] => [
    Buffer.concat([bytes.subarray(0, -1), Buffer.alloc(1), bytes.subarray(-1)]),
    bytes.subarray(0, -1),
    Buffer.concat([bytes, Buffer.from("behind")]),
  ];
  test("a GIF without its trailer, with a zero before it, with bytes behind it", async () => {
    const gif = await picture(20, 20).gif().toBuffer();
    for (const odd of variants(gif)) expect(await decode(odd)).toEqual(await decode(gif));
  });

  test("a GIF of which the end was never written is no whole one", async () => {
    const gif = await picture(60, 60).gif().toBuffer();
    for (const share of [0.5, 0.7, 0.9]) {
      const at = Math.floor(share * gif.length);
      await expect(decode(Buffer.concat([gif.subarray(0, at), Buffer.alloc(gif.length - at)]))).rejects.toThrow();
    }
  });

  test("an AVIF with stray bytes behind it", async () => {
    const avif = await picture(20, 20).avif({ effort: 0 }).toBuffer();
    for (const stray of [
      Buffer.alloc(1),
      Buffer.alloc(20),
      Buffer.from("hello world"),
      Buffer.from(Array.from({ length: 100 }, (_, at) => at * 89)),
    ])
      expect(await decode(Buffer.concat([avif, stray]))).toEqual(await decode(avif));
  });
});

test("large progressive JPEGs leave nothing behind in memory", async () => {
  const plain = picture(300, 200).resize(3000, 2000);
  const file = identifyImage(await plain.jpeg({ progressive: true }).toBuffer());
  await decodeImage(file, square(16));
  const before = process.resourceUsage().maxRSS;
  for (let round = 0; round < 4; round++)
    await Promise.all(
      [1, 2, 3].map(async () => await decodeImage({ ...file, bytes: Buffer.from(file.bytes) }, square(16))),
    );
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(120);
});
