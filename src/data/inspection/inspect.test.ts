import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { imagesSkipped } from "../image-source.ts";
import { openSource } from "../open-source.ts";
import { suggestFormat } from "../suggest-format.ts";
import { asBroken, asFile, memorySource } from "../testing/memory-source.ts";
import { inspectSource } from "./inspect.ts";
import type { DataReport } from "./report.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-inspect-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(path: string, content: Uint8Array | Sharp): Promise<void> {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), content instanceof Uint8Array ? content : await content.png().toBuffer());
}
const inspect = async (): Promise<DataReport> => await inspectSource(await openSource(folder));

/** A scene of soft blobs in colour: as different from one seed to the next as photographs are. */
function scene(seed: number, width = 120, height = 90): Sharp {
  const random = randomStream(seed, "scene");
  const blobs = Array.from({ length: 12 }, () => Array.from({ length: 6 }, () => random.uniform()));
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [(Math.floor(at / 3) % width) / width, Math.floor(at / 3 / width) / height];
    const light = blobs.reduce((sum, [bx = 0, by = 0, size = 0, ...colour]) => {
      const near = Math.exp(-((x - bx) ** 2 + (y - by) ** 2) / (0.005 + 0.03 * size));
      return sum + near * ((colour[at % 3] ?? 0) - 0.5);
    }, 0);
    return Math.max(20, Math.min(230, 128 + 200 * light));
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}
const flat = (background: string, width = 20, height = 20): Sharp =>
  sharp({ create: { width, height, channels: 3, background } });
/** A disc of one colour on white. */
const disc = (colour: string, cx = 20): Sharp =>
  sharp(
    Buffer.from(`<svg width="40" height="40"><rect width="40" height="40" fill="white"/>
      <circle cx="${cx}" cy="20" r="14" fill="${colour}"/></svg>`),
  ).removeAlpha();

describe("counts", () => {
  test("images, classes, parts, sizes, colours and broken files; read and skipped make up what was found", async () => {
    const wide = await scene(1, 60, 40).png().toBuffer();
    await put("train/a/1.png", wide);
    await put("train/b/2.png", scene(2, 60, 40));
    await put("train/b/3.png", scene(3, 60, 40));
    await put("test/a/4.png", scene(4, 60, 40));
    await put("train/unlabelled/5.png", scene(5, 20, 20).toColourspace("b-w"));
    await put("train/a/cut.png", wide.subarray(0, -20));
    await put("notes.txt", Buffer.from("x"));
    let last = "";
    const report = await inspectSource(await openSource(folder), {
      onProgress: (done, total) => (last = `${done} of ${total}`),
    });
    expect(last).toBe("6 of 6");
    expect(report).toMatchObject({
      kind: "folder",
      found: 6,
      readable: 5,
      skipped: [{ file: "train/a/cut.png" }],
      ignored: ["notes.txt"],
      classes: [
        { name: "a", count: 2 },
        { name: "b", count: 2 },
      ],
      balance: 1,
      unlabelled: 1,
      splits: { train: 4, test: 1, unnamed: 0 },
      colours: { colour: 4, grey: 1, colourless: 0 },
      sizes: {
        width: { smallest: 20, median: 60, largest: 60 },
        height: { smallest: 20, median: 40, largest: 40 },
        common: [
          { width: 60, height: 40, count: 4 },
          { width: 20, height: 20, count: 1 },
        ],
        aspect: { smallest: 1, median: 1.5, largest: 1.5 },
        notSquare: 4,
        suggested: 40,
        belowSuggested: 1,
      },
      duplicates: { exact: [], near: [], acrossParts: [], contradictions: [] },
    });
    expect(report.sizes?.cutBySquare.median).toBeCloseTo(1 / 3);
    expect(report.readable + imagesSkipped(report.skipped)).toBe(report.found);
  });

  test("grey images that are stored in colour", async () => {
    await put("1.png", scene(1).greyscale().toColourspace("srgb"));
    await put("2.png", scene(2));
    expect((await inspect()).colours).toEqual({ colour: 2, grey: 0, colourless: 1 });
  });

  test("a damaged array file stands for all its images", async () => {
    const idx = Buffer.concat([Buffer.from([0, 0, 8, 3, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 8]), Buffer.alloc(9 * 64, 7)]);
    await put("train-images-idx3-ubyte", idx);
    await put("t10k-images-idx3-ubyte", Buffer.concat([idx.subarray(0, 8), Buffer.from([0, 0, 0, 0, 0, 0, 0, 8])]));
    const report = await inspect();
    expect(report.readable).toBe(9);
    expect(report.readable + imagesSkipped(report.skipped)).toBe(report.found);
    expect(report.skipped.map(({ file }) => file)).toEqual(["t10k-images-idx3-ubyte"]);
  });

  test("the size that training would suggest, of the same images", async () => {
    const sizes = [20, 30, 40].map((side) => flat("red", side, side).png().toBuffer());
    const files = await Promise.all(sizes);
    const source = memorySource(
      Array.from({ length: 451 }, (_, index) => ({
        name: `${index}`,
        deliver: index % 7 === 3 ? asBroken("cut") : asFile(files[index % 3] ?? Buffer.alloc(0)),
      })),
    );
    const { format } = await suggestFormat(source);
    expect((await inspectSource(source)).sizes?.suggested).toBe(format.height);
  });

  test("an image that its source never hands out is counted as skipped", async () => {
    const bytes = await scene(1).png().toBuffer();
    const source = memorySource([
      { name: "1", deliver: asFile(bytes) },
      { name: "2", deliver: asBroken("damaged") },
      { name: "3", deliver: asFile(bytes) },
    ]);
    const lazy = { ...source, images: () => source.images([0, 1]) };
    const report = await inspectSource(lazy);
    expect(report).toMatchObject({
      found: 3,
      readable: 1,
      skipped: [
        { file: "2", reason: "damaged" },
        { file: "3", reason: "was not handed out" },
      ],
    });
  });

  test("a folder of nothing but broken images is still a report", async () => {
    await put("1.png", Buffer.alloc(0));
    expect(await inspect()).toMatchObject({ found: 1, readable: 0, sizes: null, modes: null, splits: null });
  });

  test("how files are stored, whatever their names say", async () => {
    await put("1.jpg", await scene(1).jpeg().withMetadata({ orientation: 6 }).toBuffer());
    await put("2.jpg", scene(2));
    await put("3.jpg", await scene(3).toColourspace("cmyk").jpeg().toBuffer());
    await put("4.png", scene(4).toColourspace("rgb16"));
    await put("5.png", scene(5).ensureAlpha());
    const frames = await Promise.all([scene(6), scene(7)].map(async (frame) => await frame.png().toBuffer()));
    await put(
      "6.gif",
      await sharp(frames, { join: { animated: true } })
        .gif()
        .toBuffer(),
    );
    const { modes, sizes } = await inspect();
    expect(modes).toMatchObject({
      encodings: { jpeg: 2, png: 3, gif: 1 },
      colourSpaces: { cmyk: 1 },
      bits: { "16": 1 },
      animated: 1,
      rotated: 1,
      misnamed: [{ name: "2.jpg", encoding: "png" }],
    });
    expect(Object.keys(modes?.encodings ?? {})).toEqual(["png", "jpeg", "gif"]);
    expect(modes?.transparent).toBeGreaterThanOrEqual(1);
    expect(sizes?.height).toEqual({ smallest: 90, median: 90, largest: 120 });
  });

  test("rarer extensions say an encoding too", async () => {
    const jpeg = await scene(1).jpeg().toBuffer();
    for (const name of ["1.jfif", "2.jpe", "3.mpo", "4.apng"]) await put(name, jpeg);
    await put("5.jfif", scene(2));
    await put("6.heic", await scene(3, 24, 24).avif({ effort: 0 }).toBuffer());
    expect((await inspect()).modes?.misnamed).toEqual([
      { name: "4.apng", encoding: "jpeg" },
      { name: "5.jfif", encoding: "png" },
      { name: "6.heic", encoding: "heif" },
    ]);
  });
});

describe("copies", () => {
  test("equal files are named, across parts and with different labels too", async () => {
    const same = await scene(1).png().toBuffer();
    for (const path of ["train/a/1.png", "train/b/2.png", "test/a/3.png", "train/unlabelled/0.png"])
      await put(path, same);
    await put("train/a/other.png", scene(2));
    const { duplicates } = await inspect();
    expect(duplicates).toMatchObject({
      exact: [["test/a/3.png", "train/a/1.png", "train/b/2.png", "train/unlabelled/0.png"]],
      near: [],
      acrossParts: [
        {
          likeness: "exact",
          train: ["train/a/1.png", "train/b/2.png", "train/unlabelled/0.png"],
          test: ["test/a/3.png"],
        },
      ],
      contradictions: [
        {
          likeness: "exact",
          images: [
            { name: "test/a/3.png", label: "a" },
            { name: "train/a/1.png", label: "a" },
            { name: "train/b/2.png", label: "b" },
          ],
        },
      ],
    });
  });

  test("found again after another encoding, size, more light and a crop; the largest is the one to keep", async () => {
    for (let seed = 0; seed < 12; seed++) await put(`${seed}.png`, scene(seed));
    const original = await scene(3).png().toBuffer();
    await put("encoded.jpg", await sharp(original).jpeg({ quality: 60 }).toBuffer());
    await put("half.png", sharp(original).resize(60));
    await put("large.webp", await sharp(original).resize(200).webp().toBuffer());
    await put("light.png", sharp(original).linear(1.08, 0));
    await put("crop.png", sharp(original).extract({ left: 1, top: 1, width: 118, height: 88 }));
    const { near, exact } = (await inspect()).duplicates;
    expect(exact).toEqual([]);
    expect(near.map((group) => [group[0], [...group].sort()])).toEqual([
      ["large.webp", ["3.png", "crop.png", "encoded.jpg", "half.png", "large.webp", "light.png"]],
    ]);
  });

  test("different images are no copies: scenes, recoloured and shifted drawings", async () => {
    for (let seed = 0; seed < 40; seed++) await put(`${seed}.png`, scene(seed, 48, 48));
    for (const colour of ["red", "orange", "blue", "black", "gray"]) await put(`disc-${colour}.png`, disc(colour));
    await put("disc-left.png", disc("red", 16));
    expect((await inspect()).duplicates.near).toEqual([]);
  });

  test("blank images of one colour are equal to none that differs", async () => {
    await put("1.png", flat("#ff0000"));
    await put("2.png", flat("#fe0000", 30));
    await put("3.png", scene(1));
    const { duplicates, oddities } = await inspect();
    expect(duplicates.near).toEqual([]);
    expect(oddities.blank).toEqual(["1.png", "2.png"]);
  });
});

describe("images to look at", () => {
  test("blank, vanished, dark and bright ones", async () => {
    const white = sharp({
      create: { width: 20, height: 20, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0.5 } },
    });
    await put("white.png", white);
    await put("dark.png", scene(1).linear(0.05, 0));
    await put("bright.png", scene(2).linear(0.04, 247));
    await put("usual.png", scene(3));
    expect((await inspect()).oddities).toMatchObject({
      blank: ["white.png"],
      blankTransparent: ["white.png"],
      dark: ["dark.png"],
      bright: ["bright.png"],
    });
  });

  test("a colourful image among a hundred grey ones, and none among scenes that are alike in their figures", async () => {
    for (let seed = 0; seed < 100; seed++) await put(`${seed}.png`, scene(seed, 32, 32).greyscale());
    expect((await inspect()).oddities.outliers).toEqual([]);
    await put("poster.png", sharp(await scene(7, 32, 32).png().toBuffer()).modulate({ saturation: 3 }));
    expect((await inspect()).oddities.outliers).toEqual([
      { name: "poster.png", reason: "much more colour than the others" },
    ]);
  });
});
