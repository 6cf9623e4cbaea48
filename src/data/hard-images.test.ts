import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ImageSource } from "./image-source.ts";
import { measureImage } from "./images/decode.ts";
import { identifyImage } from "./images/image-file.ts";
import { openSource } from "./open-source.ts";
import { decodedImages } from "./testing/decoded.ts";
import { realData } from "./testing/real-data.ts";

const header = "the header is damaged, or the file ends too early";
const pixels = "the pixel data is damaged or cut short";
const cut = "the file ends too early";
const noImage = "not an image, or its first bytes are damaged";
const checksum = (chunk: string): string => `damaged: wrong checksum of chunk ${chunk}`;

/** Width, height and channels of what can be read (1: grey), the reason of what cannot, and what is no image to Atelier. */
const outcomes: Readonly<Record<string, string>> = {
  "empty.jpg": "the file is empty",
  "image-rs--jpg-progressive-3.jpg": "650x470x3",
  "image-rs--jpg-progressive-cat.jpg": "320x240x3",
  "image-rs--png-16bpc-basn6a16.png": "32x32x3",
  "image-rs--png-apng-ball.png": "100x100x3",
  "jpeg-named-as.png": "128x128x3",
  "pillow--7x13.png": "7x13x3",
  "pillow--broken.png": cut,
  "pillow--broken_data_stream.png": checksum("IDAT"),
  "pillow--decompression_bomb.gif": cut,
  "pillow--decompression_bomb_extents.gif": "100x100x3",
  "pillow--dispose_bgnd_transparency.gif": "38x32x3",
  "pillow--exif_typeerror.jpg": "800x531x3",
  "pillow--hopper.bmp": "ignored",
  "pillow--hopper.ico": "ignored",
  "pillow--hopper_16bit.pgm": "ignored",
  "pillow--hopper_gray.jpg": "128x128x1",
  "pillow--hopper_orientation_2.jpg": "128x128x3",
  "pillow--hopper_orientation_5.jpg": "128x128x3",
  "pillow--hopper_orientation_6.jpg": "128x128x3",
  "pillow--hopper_orientation_6.webp": "128x128x3",
  "pillow--hopper_orientation_8.jpg": "128x128x3",
  "pillow--invalid-exif.jpg": "200x200x3",
  "pillow--multipage.tiff": "10x10x3",
  "pillow--padded_idat.png": "256x10x1",
  "pillow--pil_sample_cmyk.jpg": "100x100x3",
  "pillow--png_decompression_dos.png": "1x1x1",
  "pillow--seek_too_large.tif": header,
  "pillow--tRNS_null_1x1.png": "1x1x3",
  "pillow--test-card-lossy-tiled.jp2": "ignored",
  "pillow--tiff_16bit_RGB.tiff": "100x40x3",
  "pillow--tiff_strip_cmyk_jpeg.tif": "100x100x3",
  "pillow--transparent.webp": "200x150x3",
  "pillow--truncated_end_chunk.png": cut,
  "pillow--truncated_image.png": cut,
  "pillow--truncated_jpeg.jpg": pixels,
  "pillow--unknown_compression_method.png": checksum("iCCP"),
  "pngsuite--basi3p01.png": "32x32x3",
  "pngsuite--basn0g01.png": "32x32x1",
  "pngsuite--s01n3p01.png": "1x1x3",
  "pngsuite--tp1n3p08.png": "32x32x3",
  "pngsuite--xc1n0g08.png": header,
  "pngsuite--xc9n2c08.png": header,
  "pngsuite--xcrn0g04.png": noImage,
  "pngsuite--xcsn0g01.png": checksum("IDAT"),
  "pngsuite--xlfn0g04.png": noImage,
  "sharp--16-bit-grey-alpha.png": "109x96x1",
  "sharp--2x2_fdcce6.png": "2x2x3",
  "sharp--Channel_digital_image_CMYK_color_no_profile.jpg": "500x333x3",
  "sharp--Flag_of_the_Netherlands-16bit.png": "900x600x3",
  "sharp--animated-loop-3.webp": "370x285x3",
  "sharp--check.svg": "ignored",
  "sharp--corrupt-header.jpg": header,
  "sharp--full-transparent.png": "300x300x3",
  "sharp--grey-8bit-alpha.png": "400x300x1",
  "sharp--pitm.avif": "4096x800x3",
  "sharp--prophoto.png": "1x1x3",
  "sharp--swiss.png": "68x68x3",
  "signdigits--IMG_5935.JPG": "3024x3024x3",
  "text-named-as.png": "text, not an image",
};

const folder = join(realData, "hard-images");
const side = 64;

describe.skipIf(!existsSync(folder))("odd and broken images", () => {
  let source: ImageSource;
  let images: ReadonlyMap<string, Uint8Array | string> = new Map();
  beforeAll(async () => {
    source = await openSource(folder);
    const found = await decodedImages(source, { height: side, width: side, channels: 3 });
    images = new Map(source.records.map(({ name }, index) => [name, found[index] ?? "not handed out"]));
  });

  const planesOf = (name: string): Uint8Array => {
    const image = images.get(name);
    if (image instanceof Uint8Array) return image;
    throw new Error(`${name}: ${image ?? "not listed"}`);
  };
  const pixel = (name: string, x: number, y: number): readonly number[] =>
    [0, 1, 2].map((channel) => planesOf(name)[(channel * side + y) * side + x] ?? -1);
  /** Mean distance of two images' values. */
  const distance = (a: string, b: string): number => {
    const [first, second] = [planesOf(a), planesOf(b)];
    return first.reduce((sum, value, at) => sum + Math.abs(value - (second[at] ?? 0)), 0) / first.length;
  };
  const near = (wanted: readonly number[], tolerance = 6) =>
    wanted.map((value) => expect.closeTo(value, -Math.log10(2 * tolerance)));

  test("nothing is left out of the table, and nothing out of the counts", () => {
    const ignored = Object.keys(outcomes).filter((name) => outcomes[name] === "ignored");
    expect(source.ignored).toEqual(ignored);
    expect(source.unusable).toEqual([]);
    expect([...images.keys(), ...ignored].sort()).toEqual(Object.keys(outcomes).sort());
  });

  test.each(Object.entries(outcomes).filter(([, outcome]) => outcome !== "ignored"))(
    "%s: %s",
    async (name, outcome) => {
      const image = images.get(name);
      if (typeof image === "string") expect(image).toBe(outcome);
      else {
        const { width, height, channels } = await measureImage(identifyImage(await readFile(join(folder, name))));
        expect(`${width}x${height}x${channels}`).toBe(outcome);
        expect(image?.length).toBe(3 * side * side);
      }
    },
  );

  test.each(["2.jpg", "5.jpg", "6.jpg", "6.webp", "8.jpg"])("EXIF orientation %s is turned upright", (variant) => {
    expect(distance(`pillow--hopper_orientation_${variant}`, "jpeg-named-as.png")).toBeLessThan(6);
  });

  test("colours: CMYK the right way round, palettes, profiles, the Netherlands", () => {
    const [red = 0, green = 255, blue = 255] = pixel("pillow--pil_sample_cmyk.jpg", 6, 0);
    expect([red > 200, green < 60, blue < 60]).toEqual([true, true, true]);
    expect(pixel("pillow--pil_sample_cmyk.jpg", 4, 50)).toEqual(near([0, 0, 0]));
    expect(distance("pillow--pil_sample_cmyk.jpg", "pillow--tiff_strip_cmyk_jpeg.tif")).toBeLessThan(2);
    // Grass and a path in daylight.
    const park = pixel("sharp--Channel_digital_image_CMYK_color_no_profile.jpg", 4, 58);
    expect(Math.min(...park)).toBeGreaterThan(60);
    expect(pixel("sharp--2x2_fdcce6.png", 9, 9)).toEqual([0xfd, 0xcc, 0x6e]);
    expect(pixel("pngsuite--s01n3p01.png", 9, 9)).toEqual([0, 0, 255]);
    expect(pixel("sharp--prophoto.png", 9, 9)).toEqual(near([117, 160, 210]));
    expect(pixel("sharp--Flag_of_the_Netherlands-16bit.png", 30, 8)).toEqual(near([174, 28, 40], 12));
    expect(pixel("sharp--Flag_of_the_Netherlands-16bit.png", 30, 55)).toEqual(near([33, 70, 139], 12));
  });

  test("16 bits keep their brightness", () => {
    const mean = planesOf("pillow--tiff_16bit_RGB.tiff").reduce((sum, value) => sum + value, 0) / (3 * side * side);
    // The crop is the middle of a dark picture, whose mean is 31.
    expect(mean).toBeGreaterThan(15);
    expect(mean).toBeLessThan(50);
    expect(pixel("sharp--Flag_of_the_Netherlands-16bit.png", 30, 32).every((value) => value > 250)).toBe(true);
    expect(pixel("image-rs--png-16bpc-basn6a16.png", 2, 2).every((value) => value > 200)).toBe(true);
  });

  test("what is transparent is white", () => {
    expect([...new Set(planesOf("sharp--full-transparent.png"))]).toEqual([255]);
    for (const name of [
      "image-rs--png-apng-ball.png",
      "pillow--transparent.webp",
      "pngsuite--tp1n3p08.png",
      "sharp--grey-8bit-alpha.png",
      "sharp--swiss.png",
      "pillow--tRNS_null_1x1.png",
    ])
      expect([name, ...pixel(name, 1, 1)]).toEqual([name, 255, 255, 255]);
  });

  test("the first of several pages and frames", () => {
    expect(pixel("pillow--multipage.tiff", 30, 30)).toEqual([0, 128, 0]);
    expect(pixel("pillow--decompression_bomb_extents.gif", 30, 30)).toEqual([255, 0, 0]);
  });
});
