import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { showDirections } from "../src/cli/directions.ts";
import { generate } from "../src/cli/generating.ts";
import { projectPictures } from "../src/cli/projecting.ts";
import { openDataset } from "../src/data/index.ts";
import { scoreCardSchema } from "../src/evaluation/index.ts";
import { Generator } from "../src/export/index.ts";
import { tinyGenerator } from "../src/export/testing/tiny-generator.ts";
import { evaluateSubject } from "../src/training/index.ts";
import { atelier, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();
process.env["ATELIER_CACHE"] = join(folder, "cache");
const at = (name: string) => join(folder, name);
const format = { height: 16, width: 16, channels: 3 } as const;
/** A picture in a grid: 16 pixels four times as large, and the gap beside it. */
const CELL = 66;
const names = ["daisy", "rose, red", "tulip"];
const model = at("kinds.onnx");

beforeAll(async () => {
  await mkdir(at("cache"));
  const classShares = Object.fromEntries(names.map((name, index) => [name, [0.5, 0.3, 0.2][index] ?? 0]));
  await writeFile(model, tinyGenerator({ format, latent: 8, classShares }));
  await writeFile(at("plain.onnx"), tinyGenerator({ format, latent: 8 }));
});

/** The pictures of a sample as a grid shows them, at the first pixel of each square: [height, width, channels]. */
async function cell(file: string, row: number, column: number, above: number): Promise<Uint8Array> {
  const pixels = await sharp(at(file))
    .extract({ left: 2 + column * CELL, top: above + 2 + row * CELL, width: 64, height: 64 })
    .resize(16, 16, { kernel: "nearest" })
    .raw()
    .toBuffer();
  return Uint8Array.from(pixels, (_, index) => pixels[(index % 256) * 3 + Math.floor(index / 256)] ?? 0);
}

describe("atelier generate, of a model that has learned classes", () => {
  it("writes a folder for each class, which reads as labelled images", async () => {
    const { status, stdout } = await atelier(folder, "generate", "kinds.onnx", "-n", "12", "--out", "all");
    expect([status, stdout]).toEqual([0, "12 pictures of 3 classes in all\n"]);
    const generator = await Generator.load(model);
    const classes = generator.classes({ count: 12 });
    await generator.release();
    const dataset = await openDataset(at("all"), { heldOutFraction: 0, format });
    expect(dataset.classNames).toEqual(names);
    const files = await Promise.all(names.map((name) => readdir(at(join("all", name)))));
    files.forEach((own, index) => {
      expect(own.map((file) => classes[Number.parseInt(file, 10)])).toEqual(own.map(() => names[index]));
    });
    expect(files.flat().length).toBe(12);
    dataset.close();
  });

  it("makes pictures of the class that is asked for, and these alone", async () => {
    const { stdout } = await atelier(
      folder,
      "generate",
      "kinds.onnx",
      "--class",
      "tulip",
      "-n",
      "2",
      "--out",
      "tulips",
    );
    expect(stdout).toBe("2 pictures of tulip in tulips\n");
    expect(await readdir(at("tulips"))).toEqual(["0000.png", "0001.png"]);
  });

  it("writes an archive whose labels are the classes' names", async () => {
    const words = ["--class", "rose, red", "--class", "tulip,daisy", "-n", "7", "--out", "taking-turns.npz"];
    expect((await atelier(folder, "generate", "kinds.onnx", ...words)).stdout).toContain("7 pictures of 3 classes");
    const dataset = await openDataset(at("taking-turns.npz"), { heldOutFraction: 0, format });
    expect(dataset.classNames).toEqual(names);
    expect(Array.from(dataset.train.labels, (label) => names[label])).toEqual(
      Array.from({ length: 7 }, (_, index) => ["rose, red", "tulip", "daisy"][index % 3]),
    );
    dataset.close();
  });

  it("draws the same vectors as every class", async () => {
    const { stdout } = await atelier(folder, "generate", "kinds.onnx", "--by-class", "-n", "2");
    expect(stdout).toBe("2 rows of 3 classes in classes.png\n");
    const { height } = await sharp(at("classes.png")).metadata();
    const above = height - (2 * CELL + 2);
    const generator = await Generator.load(model);
    for (const [row, column] of [
      [0, 0],
      [1, 2],
    ] as const) {
      const { bytes } = await generator.sample({ first: row, class: names[column] ?? "" });
      expect(await cell("classes.png", row, column, above)).toEqual(bytes);
    }
    await generator.release();
    await generate(model, { seed: 0, byClass: true, class: ["tulip", "daisy"], n: 1, out: at("two.png") });
    expect(await cell("two.png", 0, 0, above)).toEqual(await cell("classes.png", 0, 2, above));
  });

  it("walks from class to class, and mixes classes as it does vectors", async () => {
    const turns = { seed: 0, class: ["tulip,daisy"], n: 3 };
    await generate(model, { ...turns, interpolate: "spherical", frames: 3, out: at("walk.png") });
    await generate(model, { ...turns, columns: 3, out: at("three.png") });
    const above = 0;
    for (const [row, column, picture] of [
      [0, 0, 0],
      [0, 4, 1],
      [1, 0, 1],
      [1, 4, 2],
    ] as const) {
      expect(await cell("walk.png", row, column, above)).toEqual(await cell("three.png", 0, picture, above));
    }
    await generate(model, { seed: 0, interpolate: "linear", class: ["all"], n: 3, frames: 1, out: at("loop.gif") });
    expect((await sharp(at("loop.gif"), { animated: true }).metadata()).pages).toBe(6);
    // Picture 0 is a tulip, 1 a daisy, 2 a tulip.
    await generate(model, { seed: 0, mix: "0 - 1 + 2", class: ["tulip", "daisy"], out: at("mix.png") });
    const generator = await Generator.load(model);
    const [a, b, c] = [0, 1, 2].map((first) => generator.vectors({ first }));
    if (a === undefined || b === undefined || c === undefined) throw new Error("no vectors");
    const sum = a.map((value, index) => value - (b[index] ?? 0) + (c[index] ?? 0));
    const usual = [a, b, c].reduce((total, vector) => total + Math.hypot(...vector), 0) / 3;
    const { bytes } = await generator.picturesOf(
      sum.map((value) => (value * usual) / Math.hypot(...sum)),
      "tulip",
    );
    await generator.release();
    const mixed = await cell("mix.png", 0, 3, (await sharp(at("mix.png")).metadata()).height - (CELL + 2));
    expect(mixed.reduce((most, value, index) => Math.max(most, Math.abs(value - (bytes[index] ?? 0))), 0)).toBeLessThan(
      2,
    );
  });
});

describe("what explores a model that has learned classes", () => {
  it("looks for directions among pictures of one class", async () => {
    const words = ["--directions", "2", "--samples", "100"];
    const named = await atelier(folder, "directions", "kinds.onnx", ...words, "--class", "tulip", "--out", "tulip.png");
    expect(named.stdout).toContain("2 directions of generator/hidden1 among pictures of tulip in tulip.png");
    await generate(model, { seed: 0, class: ["tulip"], n: 1, out: at("one.png") });
    expect(await cell("tulip.png", 0, 3, 0)).toEqual(await cell("one.png", 0, 0, 0));
    // Without a class, that of the picture.
    await showDirections(model, { directions: 1, samples: 50, range: 3, seed: 0, picture: 3, out: at("own.png") });
    await generate(model, { seed: 0, n: 4, columns: 4, out: at("four.png") });
    expect(await cell("own.png", 0, 3, 0)).toEqual(await cell("four.png", 0, 3, 0));
  });

  it("projects with the class that fits, and writes it down", async () => {
    await generate(model, { seed: 5, class: ["all"], n: 3, out: at("targets") });
    const { stdout } = await atelier(folder, "project", "kinds.onnx", "targets", "--steps", "200", "--out", "found");
    const lines = stdout.split("\n").filter((line) => /\.png {2,}.*MSE/.test(line));
    expect(lines.map((line) => /\.png {2,}(.*?) {2,}MSE/.exec(line)?.[1])).toEqual(names);
    const table = await readFile(at("found/errors.csv"), "utf8");
    expect(table.split("\n")[0]).toBe("number,file,mse,psnr,class");
    expect(table).toContain(',"rose, red"\n');
  });

  it("scores a generator's file with the classes that it was asked for", async () => {
    await generate(model, { seed: 9, n: 150, out: at("real") });
    const { card } = await evaluateSubject({
      subject: model,
      against: at("real"),
      images: 60,
      metrics: ["label-accuracy"],
    });
    const score = scoreCardSchema.parse(card).scores.find(({ metric }) => metric === "label-accuracy");
    // The judge has learned from pictures of the same generator.
    expect(score?.generated).toBe(60);
    expect(score?.value).toBeGreaterThan(0.7);
  });

  it("is open to any program: a second input says how much of each class is wanted", async () => {
    const session = await InferenceSession.create(model);
    expect(session.inputNames).toEqual(["latent", "class"]);
    const generator = await Generator.load(model);
    const vectors = generator.vectors({ count: 2 });
    const { bytes } = await generator.picturesOf(vectors, ["tulip", "daisy"]);
    await generator.release();
    const { images } = await session.run({
      latent: new Tensor("float32", vectors, [2, 8]),
      class: new Tensor("float32", Float32Array.of(0, 0, 1, 1, 0, 0), [2, 3]),
    });
    const data = images?.data instanceof Float32Array ? images.data : new Float32Array();
    expect(Uint8Array.from(data, (value) => Math.round(127.5 * (value + 1)))).toEqual(bytes);
    await session.release();
  });
});

describe("what cannot be is refused, with a way out, and nothing is written", () => {
  it.each([
    [
      ["generate", "kinds.onnx", "--class", "tulp"],
      "daisy, rose, red, tulip, received tulp\nhelp: did you mean tulip?",
    ],
  ] as const)("%j", async (words, text) => {
    const before = await readdir(folder);
    const { status, stderr } = await atelier(folder, ...words);
    expect(stderr).toContain(text);
    expect(status).toBe(2);
    expect(await readdir(folder)).toEqual(before);
  });

  it("also in the other ways", async () => {
    const before = await readdir(folder);
    const flags = { seed: 0 };
    const search = { steps: 5, starts: 2, seed: 0 };
    const walk = { directions: 2, range: 3, seed: 0, picture: 0 };
    for (const [attempt, text] of [
      [
        () => generate(at("plain.onnx"), { ...flags, class: ["tulip"] }),
        "class: expected a generator that has learned",
      ],
      [() => showDirections(model, { ...walk, class: "dasy" }), "did you mean daisy?"],
      [
        () => generate(at("plain.onnx"), { ...flags, byClass: true }),
        "--by-class: expected a generator that has learned",
      ],
      [() => generate(at("plain.onnx"), { ...flags, class: ["all"] }), "a generator that has learned classes"],
      [() => generate(model, { ...flags, byClass: true, mix: "1 + 2" }), "expected no --mix beside --by-class"],
      [() => generate(model, { ...flags, byClass: true, out: at("a.gif") }), "expected FILE.png"],
      [() => generate(model, { ...flags, mix: "1 + 2", class: ["x"] }), "expected one that the generator has learned"],
      [() => generate(model, { ...flags, interpolate: "linear", class: ["x"] }), "has learned: daisy"],
      [() => projectPictures(model, at("two.png"), { ...search, class: "tulpi" }), "did you mean tulip?"],
      [() => showDirections(at("plain.onnx"), { ...walk, class: "tulip" }), "a generator that has learned classes"],
    ] as const) {
      await expect(attempt()).rejects.toThrow(text);
    }
    expect(await readdir(folder)).toEqual(before);
  });
});
