import sharp, { type Sharp } from "sharp";
import { describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { asDrawing, asFile, asPixels, memorySource } from "../testing/memory-source.ts";
import { inspectSource } from "./inspect.ts";

/** A grey image of `side` by `side` pixels, stored in colour. */
function drawn(side: number, value: (x: number, y: number) => number): Sharp {
  const pixels = Uint8Array.from({ length: side * side * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    return value(pixel % side, Math.floor(pixel / side));
  });
  return sharp(pixels, { raw: { width: side, height: side, channels: 3 } });
}

const random = randomStream(1, "blank");
const white = (channels: 3 | 4, alpha = 1): Sharp =>
  sharp({ create: { width: 300, height: 200, channels, background: { r: 255, g: 255, b: 255, alpha } } });
const dot = {
  input: { create: { width: 1, height: 1, channels: 3, background: "#000" } },
  left: 299,
  top: 199,
} as const;

describe("an image file", () => {
  const textured: readonly (readonly [string, () => Sharp])[] = [
    ["a star field", () => drawn(480, (x, y) => ((x * 31 + y * 17) % 401 === 0 ? 120 : 2)).png()],
    ["a fine check", () => drawn(480, (x, y) => ((x + y) % 2) * 255).png()],
    ["a woven texture as JPEG", () => drawn(480, (x) => (x % 4 < 2 ? 110 : 150)).jpeg()],
    ["sand", () => drawn(960, () => 128 + random.uniform() * 60).png()],
    ["a dot on white", () => white(3).composite([dot]).png()],
    ["a dot on transparency", () => white(4, 0).composite([dot]).png()],
    [
      "a check of 16 bits",
      () =>
        drawn(480, (x, y) => ((x + y) % 2) * 255)
          .toColourspace("rgb16")
          .png(),
    ],
  ];
  test.each(textured)("that shows %s is not blank, and is no copy of another", async (_, make) => {
    const bytes = await make().toBuffer();
    const other = await sharp(bytes).flip().png({ compressionLevel: 1 }).toBuffer();
    const source = memorySource([bytes, other].map((file, index) => ({ name: `${index}`, deliver: asFile(file) })));
    const { oddities, duplicates } = await inspectSource(source);
    expect(oddities.blank).toEqual([]);
    expect(duplicates).toMatchObject({ near: [], bounded: 2 });
  });

  const empty: readonly (readonly [string, () => Sharp])[] = [
    ["PNG", () => white(3).png()],
    ["grey PNG", () => white(3).toColourspace("b-w").png()],
    ["PNG of 16 bits", () => white(3).toColourspace("rgb16").png()],
    ["JPEG", () => white(3).tint("#c04020").jpeg({ quality: 40 })],
    ["JPEG of noisy paper", () => drawn(300, () => 240 + random.uniform() * 6).jpeg()],
    ["JPEG in CMYK", () => white(3).toColourspace("cmyk").jpeg()],
    ["WebP", () => white(3).webp()],
    ["transparent PNG", () => white(4, 0).png()],
    [
      "PNG drawn in white on transparency",
      () =>
        white(4, 0)
          .composite([{ ...dot, input: { create: { ...dot.input.create, background: "#fff" } } }])
          .png(),
    ],
  ];
  test.each(empty)("of one colour is blank: %s", async (_, make) => {
    const source = memorySource([{ name: "a", deliver: asFile(await make().toBuffer()) }]);
    const { oddities, duplicates } = await inspectSource(source);
    expect(oddities.blank).toEqual(["a"]);
    expect(duplicates.bounded).toBe(0);
  });
});

test("an image of more pixels than are decoded at once is looked at to its last row", async () => {
  const page = sharp({ create: { width: 5000, height: 4000, channels: 3, background: "#fff" } });
  const late = { ...dot, left: 4999, top: 3999 };
  const files = [page.clone().png(), page.clone().composite([late]).png()].map(async (file) => await file.toBuffer());
  const images = (await Promise.all(files)).map((file, index) => ({ name: `${index}`, deliver: asFile(file) }));
  expect((await inspectSource(memorySource(images))).oddities.blank).toEqual(["0"]);
});

test("raw pixels and drawings are judged by all that they show", async () => {
  const format = { height: 480, width: 480, channels: 3 } as const;
  const plane = 480 * 480;
  // Each channel is of one value, as in any other colour than grey.
  const orange = Uint8Array.from({ length: 3 * plane }, (_, at) => [255, 128, 0][Math.floor(at / plane)] ?? 0);
  const dotted = orange.slice().fill(100, 2 * plane + 9, 2 * plane + 10);
  const draw = (side: number): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}" viewBox="0 0 100 100"><circle cx="50" cy="50" r="0.3"/></svg>`;
  const source = memorySource([
    { name: "orange", format, deliver: asPixels(format, orange) },
    { name: "dotted", format, deliver: asPixels(format, dotted) },
    { name: "drawing", deliver: asDrawing("#204060") },
    { name: "small dot", deliver: (index) => ({ kind: "drawing", index, draw }) },
  ]);
  expect((await inspectSource(source)).oddities.blank).toEqual(["orange", "drawing"]);
});
