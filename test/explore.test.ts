import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { showDirections } from "../src/cli/directions.ts";
import { generate } from "../src/cli/generating.ts";
import { projectPictures } from "../src/cli/projecting.ts";
import { tinyGenerator } from "../src/export/testing/tiny-generator.ts";
import { Generator } from "../src/index.ts";
import { atelier, drawPictures, start, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();
process.env["ATELIER_CACHE"] = join(folder, "cache");
await mkdir(join(folder, "cache"));
const at = (name: string) => join(folder, name);
const format = { height: 16, width: 16, channels: 3 } as const;
/** A picture in a grid: 16 pixels four times as large, and the gap beside it. */
const CELL = 66;
/** The same in a GIF, where it is eight times as large. */
const LARGE = 130;

beforeAll(async () => {
  await writeFile(at("tiny.onnx"), tinyGenerator({ format, latent: 8 }));
});

/** Pixels of one picture of a grid, at its first pixel of each square: [height, width, channels]. */
async function cell(file: string, row: number, column: number, above = 0): Promise<Buffer> {
  return sharp(at(file))
    .extract({ left: 2 + column * CELL, top: above + 2 + row * CELL, width: 64, height: 64 })
    .resize(16, 16, { kernel: "nearest" })
    .raw()
    .toBuffer();
}

const difference = (one: Uint8Array, other: Uint8Array) =>
  one.reduce((sum, value, index) => sum + Math.abs(value - (other[index] ?? 0)), 0) / one.length;

describe("atelier generate --interpolate", () => {
  it("writes a grid with a row for each pair, from one picture to the next", async () => {
    const run = await atelier(
      folder,
      "generate",
      "tiny.onnx",
      "--interpolate",
      "-n",
      "3",
      "--frames",
      "4",
      "--out",
      "walk.png",
    );
    expect(run).toEqual({ status: 0, stdout: "2 rows of 6 pictures in walk.png\n", stderr: "" });
    const { width, height } = await sharp(at("walk.png")).metadata();
    expect([width, height]).toEqual([6 * CELL + 2, 2 * CELL + 2]);
    await atelier(folder, "generate", "tiny.onnx", "-n", "3", "--columns", "3", "--out", "three.png");
    for (const [row, column, picture] of [
      [0, 0, 0],
      [0, 5, 1],
      [1, 0, 1],
      [1, 5, 2],
    ] as const) {
      expect((await cell("walk.png", row, column)).equals(await cell("three.png", 0, picture))).toBe(true);
    }
    expect((await cell("walk.png", 0, 2)).equals(await cell("three.png", 0, 0))).toBe(false);
  });

  it("writes a GIF that closes, with paths side by side", async () => {
    const words = ["generate", "tiny.onnx", "--interpolate", "linear", "-n", "2", "--frames", "5", "--columns", "3"];
    const run = await atelier(folder, ...words, "--truncation", "0.5", "--out", "loop.gif");
    expect(run).toEqual({ status: 0, stdout: "a loop of 12 frames through 6 pictures in loop.gif\n", stderr: "" });
    const meta = await sharp(at("loop.gif"), { animated: true }).metadata();
    expect([meta.format, meta.width, meta.pageHeight, meta.pages, meta.loop]).toEqual([
      "gif",
      3 * LARGE + 2,
      LARGE + 2,
      12,
      0,
    ]);
    expect(meta.delay).toEqual(Array.from({ length: 12 }, () => 50));
    const pixels = await sharp(at("loop.gif"), { animated: true }).removeAlpha().raw().toBuffer();
    const frame = (index: number) => pixels.subarray((index * pixels.length) / 12, ((index + 1) * pixels.length) / 12);
    // Of a loop of two, the way back is the way there: frame 11 is as far from frame 0 as frame 1 is, frame 6 is farthest.
    const [next, last, half] = [1, 11, 6].map((index) => difference(frame(0), frame(index)));
    expect(last).toBeLessThan(2 * (next ?? 0) + 1);
    expect(half).toBeGreaterThan(last ?? 0);
    expect(difference(frame(1), frame(11))).toBeLessThan(1);
  });

  it("goes to a new file beside the model, and overwrites nothing", async () => {
    const loop = { seed: 0, interpolate: "spherical", n: 2, frames: 1 } as const;
    for (const name of ["interpolation.gif", "interpolation-2.gif"]) {
      await generate(at("tiny.onnx"), loop);
      expect((await sharp(at(name), { animated: true }).metadata()).pages).toBe(4);
    }
    const lost = generate(at("tiny.onnx"), { ...loop, out: at("walk.png") });
    await expect(lost).rejects.toThrow("expected a new file, or a new or empty folder");
  });
});

describe("atelier generate --mix", () => {
  it("shows the pictures, and last their sum, of the usual length", async () => {
    const run = await atelier(folder, "generate", "tiny.onnx", "--mix", "4 - 1,2 + 0", "--out", "mix.png");
    expect(run).toEqual({ status: 0, stdout: "3 terms and, last, the result in mix.png\n", stderr: "" });
    // Words, where there is a font to write them in, stand above and at the right.
    const { width, height } = await sharp(at("mix.png")).metadata();
    const above = height - (4 * CELL + 2);
    expect(above === 0).toBe(width === 3 * CELL + 2);
    const generator = await Generator.load(at("tiny.onnx"));
    const [a, b, c, d] = [4, 1, 2, 0].map((first) => generator.vectors({ first }));
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("no vectors");
    const sum = a.map((value, index) => value - ((b[index] ?? 0) + (c[index] ?? 0)) / 2 + (d[index] ?? 0));
    const usual = [a, b, c, d].reduce((total, vector) => total + Math.hypot(...vector), 0) / 4;
    const { bytes } = await generator.picturesOf(sum.map((value) => (value * usual) / Math.hypot(...sum)));
    await generator.release();
    const result = await cell("mix.png", 3, 2, above);
    const planes = Uint8Array.from(result, (_, index) => result[(index % 256) * 3 + Math.floor(index / 256)] ?? 0);
    expect(difference(planes, bytes)).toBeLessThan(0.01);
  });
});

describe("atelier directions", () => {
  it("draws a row for each direction, and says its share of the variance", async () => {
    const { status, stdout } = await atelier(
      folder,
      "directions",
      "tiny.onnx",
      "--directions",
      "3",
      "--samples",
      "300",
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^ {2}0 % {2}looking for .+\n3 directions of generator\/hidden1 in directions\.png\n {2}1 {2}\d+\.\d % of the variance\n/,
    );
    const shares = [...stdout.matchAll(/([\d.]+) % of the variance/g)].map(([, share]) => Number(share));
    expect(shares.toSorted((one, other) => other - one)).toEqual(shares);
    const { width, height } = await sharp(at("directions.png")).metadata();
    expect(width).toBeGreaterThanOrEqual(7 * CELL + 2);
    expect(height).toBe(3 * CELL + 2);
    // The picture itself is in the middle of each row.
    for (const row of [1, 2]) {
      expect((await cell("directions.png", row, 3)).equals(await cell("directions.png", 0, 3))).toBe(true);
      expect((await cell("directions.png", row, 0)).equals(await cell("directions.png", 0, 0))).toBe(false);
    }
  });

  it("takes the numbers of the vector themselves, and animates", async () => {
    const words = ["--layer", "latent", "--directions", "2", "--out", "latent.gif"];
    const { status, stdout } = await atelier(folder, "directions", "tiny.onnx", ...words);
    expect(status).toBe(0);
    expect(stdout).toMatch(/number \d: changes pixels by \d+\.\d of 255/);
    const { pages, width } = await sharp(at("latent.gif"), { animated: true }).metadata();
    expect([pages, width]).toEqual([48, 2 * LARGE + 2]);
  });
});

describe("atelier project", () => {
  it("finds the pictures that the generator made, and writes all about them", async () => {
    await atelier(folder, "generate", "tiny.onnx", "-n", "2", "--seed", "5", "--out", "pictures");
    const { status, stdout } = await atelier(
      folder,
      "project",
      "tiny.onnx",
      "pictures",
      "--steps",
      "200",
      "--out",
      "found",
    );
    expect(status).toBe(0);
    const decibels = [...stdout.matchAll(/PSNR ([\d.]+) dB/g)].map(([, text]) => Number(text));
    expect(decibels.length).toBe(3);
    expect(Math.min(...decibels)).toBeGreaterThan(30);
    const files = ["0000.png", "0001.png", "errors.csv", "latents.npz", "pairs.png"];
    expect(await readdir(at("found"))).toEqual(files);
    const array = unzipSync(await readFile(at("found/latents.npz")))["latents.npy"] ?? new Uint8Array();
    expect(new TextDecoder("latin1").decode(array.subarray(0, 128))).toContain(
      "'descr': '<f4', 'fortran_order': False, 'shape': (2, 8,)",
    );
    const generator = await Generator.load(at("tiny.onnx"));
    const { bytes } = await generator.picturesOf(new Float32Array(array.slice(128).buffer).subarray(0, 8));
    await generator.release();
    const first = await sharp(at("found/0000.png")).raw().toBuffer();
    const planes = Uint8Array.from(first, (_, index) => first[(index % 256) * 3 + Math.floor(index / 256)] ?? 0);
    expect(planes).toEqual(bytes);
    expect((await cell("found/pairs.png", 1, 0)).equals(first)).toBe(true);
  });

  it("takes one image file", async () => {
    await atelier(folder, "generate", "tiny.onnx", "-n", "2", "--out", "two");
    const { stdout } = await atelier(
      folder,
      "project",
      "tiny.onnx",
      "two/0001.png",
      "--steps",
      "5",
      "--out",
      "one.png",
    );
    expect(stdout).toMatch(/\n1 image projected; .* in one\.png\n {2}0001\.png/);
  });

  it("writes nothing when it is interrupted", async () => {
    await drawPictures(at("others"), 2);
    const { child, outcome } = start(folder, "project", "tiny.onnx", "others", "--steps", "1000000", "--out", "cut");
    child.stdout?.on("data", (text: string) => {
      if (text.includes("projecting")) child.kill("SIGINT");
    });
    const { status, stderr } = await outcome;
    expect(stderr).toContain("received an interruption\nhelp: nothing was written");
    expect(status).toBe(1);
    expect(await readdir(folder)).not.toContain("cut");
  });
});

describe("what cannot be is refused, with a way out, and nothing is written", () => {
  it.each([
    [["generate", "tiny.onnx", "--out", "a.gif"], "add --interpolate"],
    [["generate", "tiny.onnx", "--interpolate", "round"], "spherical or linear"],
    [["directions", "nowhere.onnx"], "a run's folder or a generator.onnx"],
    [
      ["generate", "--interpolate", "tiny.onnx"],
      "help: name the model first: atelier generate tiny.onnx --interpolate\n",
    ],
    [["project", "tiny.onnx", "nowhere"], "nowhere, which does not exist\nhelp: check the path\n"],
  ] as const)("%j", async (words, text) => {
    const before = await readdir(folder);
    const { status, stderr } = await atelier(folder, ...words);
    expect(stderr).toContain(text);
    expect(stderr).toContain("\nhelp: ");
    expect(status).toBe(2);
    expect(await readdir(folder)).toEqual(before);
  });

  it.each([
    [{ frames: 3 }, "expected no --frames without --interpolate"],
    [{ interpolate: "spherical", n: 1 }, "at least 2 pictures"],
    [{ interpolate: "spherical", out: "a.npz" }, "expected FILE.png or FILE.gif"],
    [{ interpolate: "linear", columns: 3, out: "a.png" }, "a row for each pair"],
    [{ interpolate: "spherical", n: 100_000 }, "ask for fewer pictures"],
    [{ interpolate: "spherical", n: 100_000, out: "a.png" }, "ask for fewer"],
    [{ mix: "1 +" }, 'write it like "12 - 7 + 3"'],
    [{ mix: "1 + 2", n: 3 }, "expected no -n beside --mix"],
    [{ mix: "1 + 2", out: "a.gif" }, "expected FILE.png"],
    [{ mix: "1 - 1" }, "a sum of zero"],
  ] as const)("generate %j", async (flags, text) => {
    const before = await readdir(folder);
    await expect(generate(at("tiny.onnx"), { seed: 0, ...flags })).rejects.toThrow(text);
    expect(await readdir(folder)).toEqual(before);
  });

  it("directions and project", async () => {
    await drawPictures(at("discs"), 1);
    const before = await readdir(folder);
    const walk = { directions: 2, range: 3, seed: 0, picture: 0 };
    const search = { steps: 5, starts: 2, seed: 0 };
    const model = at("tiny.onnx");
    for (const [attempt, text] of [
      [() => showDirections(model, { ...walk, layer: "hiden1" }), "did you mean hidden1?"],
      [() => showDirections(model, { ...walk, layer: "latent", samples: 9 }), "expected no --samples"],
      [() => showDirections(model, { ...walk, samples: 2 }), "expected at least 10"],
      [
        () => projectPictures(model, at("discs"), { ...search, preset: "unit" }),
        "expected no --preset without --features",
      ],
      [() => projectPictures(model, at("discs"), { ...search, starts: 999 }), "a whole number, 1 to 256"],
      [() => projectPictures(model, at("discs"), { ...search, out: "a.gif" }), "expected a folder or FILE.png"],
    ] as const) {
      await expect(attempt()).rejects.toThrow(text);
    }
    expect(await readdir(folder)).toEqual(before);
  });
});
