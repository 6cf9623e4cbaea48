import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { InferenceSession, Tensor } from "onnxruntime-node";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();

beforeAll(async () => {
  await drawPictures(join(folder, "data", "discs"), 20);
  await drawPictures(join(folder, "data", "other"), 20);
  // Of no class: classes.test.ts has the others.
  const flags = [...tiny, "--steps", "5", "--set", "classes=0", "--out", "run"];
  const { status, stderr } = await atelier(folder, "train", "data", ...flags);
  expect(stderr).toBe("");
  expect(status).toBe(0);
});

const pixels = (path: string) => sharp(join(folder, path)).raw().toBuffer();

describe("atelier generate", () => {
  it("writes a folder of pictures, the same for the same seed", async () => {
    const { status, stdout } = await atelier(folder, "generate", "run", "-n", "5");
    expect(status).toBe(0);
    expect(stdout).toBe(`5 pictures in ${join("run", "generated")}\n`);
    expect(await readdir(join(folder, "run", "generated"))).toEqual([
      "0000.png",
      "0001.png",
      "0002.png",
      "0003.png",
      "0004.png",
    ]);
    const { width, height, channels } = await sharp(join(folder, "run", "generated", "0000.png")).metadata();
    expect([width, height, channels]).toEqual([16, 16, 3]);
    await atelier(folder, "generate", "run", "-n", "70", "--out", "again");
    await atelier(folder, "generate", "run", "-n", "5", "--seed", "1", "--out", "seed1");
    expect((await atelier(folder, "generate", "run", "-n", "1")).stdout).toContain("generated-2");
    expect((await pixels("again/0003.png")).equals(await pixels("run/generated/0003.png"))).toBe(true);
    expect((await pixels("seed1/0003.png")).equals(await pixels("run/generated/0003.png"))).toBe(false);
  });

  it("writes one grid, or a NumPy archive", async () => {
    expect((await atelier(folder, "generate", "run", "-n", "6", "--out", "out/grid.png")).status).toBe(0);
    const { width, height } = await sharp(join(folder, "out", "grid.png")).metadata();
    expect([width, height]).toEqual([3 * 66 + 2, 2 * 66 + 2]);
    expect((await atelier(folder, "generate", "run", "-n", "6", "--out", "out/images.npz")).status).toBe(0);
    const array = unzipSync(await readFile(join(folder, "out", "images.npz")))["images.npy"] ?? new Uint8Array();
    const header = new TextDecoder("latin1").decode(array.subarray(0, 128));
    expect(header).toContain("'descr': '|u1'");
    expect(header).toContain("'shape': (6, 16, 16, 3,)");
    expect(array.length).toBe(128 + 6 * 16 * 16 * 3);
    await atelier(folder, "generate", "run", "-n", "6", "--out", "out/pictures");
    const third = array.subarray(128 + 2 * 768, 128 + 3 * 768);
    expect((await pixels("out/pictures/0002.png")).equals(third)).toBe(true);
  });

  it("works from the model's file alone, which describes itself", async () => {
    await mkdir(join(folder, "elsewhere"));
    await copyFile(join(folder, "run", "generator.onnx"), join(folder, "elsewhere", "flowers.onnx"));
    const { status } = await atelier(folder, "generate", "elsewhere/flowers.onnx", "-n", "2", "--out", "elsewhere/out");
    expect(status).toBe(0);
    await atelier(folder, "generate", "run", "-n", "2", "--out", "from-run");
    expect((await pixels("elsewhere/out/0001.png")).equals(await pixels("from-run/0001.png"))).toBe(true);
    const text = await readFile(join(folder, "elsewhere", "flowers.onnx"), "latin1");
    expect(text).toContain('["discs","other"]');
  });

  it("exports a model whose batch is open, and whose pictures do not depend on the others of a batch", async () => {
    const session = await InferenceSession.create(join(folder, "run", "generator.onnx"));
    const latent = Float32Array.from({ length: 3 * 8 }, (_, index) => Math.sin(index));
    const run = async (from: number, to: number) => {
      const { images } = await session.run({
        latent: new Tensor("float32", latent.slice(from * 8, to * 8), [to - from, 8]),
      });
      expect(images?.dims).toEqual([to - from, 3, 16, 16]);
      return images?.data instanceof Float32Array ? images.data : new Float32Array();
    };
    const [all, second] = [await run(0, 3), await run(1, 2)];
    second.forEach((value, index) => expect(value).toBeCloseTo(all[768 + index] ?? Number.NaN, 5));
    expect(Math.max(...all.map(Math.abs))).toBeLessThanOrEqual(1);
    await session.release();
  });

  it("makes less varied pictures with a lower truncation", async () => {
    await atelier(folder, "generate", "run", "-n", "16", "--truncation", "0.05", "--out", "typical");
    await atelier(folder, "generate", "run", "-n", "16", "--out", "varied");
    const distance = async (run: string) => {
      const [one, other] = [await pixels(`${run}/0000.png`), await pixels(`${run}/0001.png`)];
      return one.reduce((total, value, index) => total + Math.abs(value - (other[index] ?? 0)), 0);
    };
    expect(await distance("typical")).toBeLessThan(await distance("varied"));
  });

  it("overwrites nothing", async () => {
    const mine = join(folder, "mine");
    await mkdir(mine);
    await writeFile(join(mine, "0000.png"), "my picture");
    for (const out of ["mine", "mine/0000.png", ""]) {
      const { status, stderr } = await atelier(folder, "generate", "run", "--out", out);
      expect(status).toBe(2);
      expect(stderr).toContain("expected a new file, or a new or empty folder");
    }
    expect(await readFile(join(mine, "0000.png"), "utf8")).toBe("my picture");
  });

  it("refuses what is not a generator", async () => {
    await writeFile(join(folder, "noise.onnx"), "not a model");
    for (const [model, status, text] of [
      ["nowhere", 2, "expected a run's folder or a generator.onnx, received nothing there"],
      ["noise.onnx", 1, "expected a generator.onnx that Atelier wrote"],
      ["data", 2, "received no generator.onnx there"],
    ] as const) {
      const outcome = await atelier(folder, "generate", model);
      expect(outcome.status, model).toBe(status);
      expect(outcome.stderr).toContain(text);
      expect(outcome.stderr).toContain("\nhelp: ");
    }
    const ending = await atelier(folder, "generate", "run", "--out", "pictures.gif");
    expect(ending.status).toBe(2);
    expect(ending.stderr).toContain("--out: expected a folder, FILE.png or FILE.npz, received pictures.gif");
  });
});
