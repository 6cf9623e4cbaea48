import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, temporaryFolder, tiny } from "./command-line.ts";

const folder = await temporaryFolder();
const small = [...tiny, "--set", "architecture=mlp", "--steps", "30"];

beforeAll(async () => {
  await drawPictures(join(folder, "data"), 40);
  await drawPictures(join(folder, "others"), 3);
  const coded = await atelier(folder, "train", "data", ...small, "--model", "autoencoder", "--out", "run");
  expect(coded.stderr).toBe("");
});

describe("atelier reconstruct", () => {
  it("shows held-out images above their reconstructions, and says how near they come", async () => {
    const { status, stdout, stderr } = await atelier(folder, "reconstruct", "run");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toContain(
      `4 held-out images reconstructed; a grid with the originals above in ${join("run", "reconstructions.png")}`,
    );
    const { width, height } = await sharp(join(folder, "run", "reconstructions.png")).metadata();
    // Words, where there is a font to write them in, stand at the right.
    expect(width).toBeGreaterThanOrEqual(4 * 66 + 2);
    expect(height).toBe(2 * 66 + 2);
    // The error is that of the picture: 4 cells a pixel wide and high, with gaps of 2.
    const pixels = await sharp(join(folder, "run", "reconstructions.png"))
      .raw()
      .toBuffer();
    const at = (x: number, y: number, channel: number) => (pixels[(y * width + x) * 3 + channel] ?? 0) / 255;
    let squares = 0;
    for (let image = 0; image < 4; image++) {
      for (let index = 0; index < 16 * 16 * 3; index++) {
        const [x, y, channel] = [Math.floor(index / 3) % 16, Math.floor(index / 48), index % 3];
        const left = 2 + 66 * image + 4 * x;
        squares += (at(left, 2 + 4 * y, channel) - at(left, 68 + 4 * y, channel)) ** 2;
      }
    }
    const reported = Number(/MSE +([\d.e-]+)/.exec(stdout)?.[1]);
    expect(reported).toBeCloseTo(squares / (4 * 768), 3);
    expect(stdout).toMatch(/PSNR +\d+\.\d\d dB/);
    expect(stdout).toMatch(/SSIM +-?\d\.\d{3}/);
  });

  it("takes any images, brings them to the run's form, and writes each reconstruction", async () => {
    const { status, stdout } = await atelier(folder, "reconstruct", "run", "others", "--out", "out");
    expect(status).toBe(0);
    expect(stdout).toContain("3 images reconstructed; each as a PNG in out");
    expect((await readdir(join(folder, "out"))).sort()).toEqual(["0000.png", "0001.png", "0002.png"]);
    const { width, height } = await sharp(join(folder, "out", "0002.png")).metadata();
    expect([width, height]).toEqual([16, 16]);
    const drawn = await atelier(folder, "reconstruct", "run", "others", "-n", "2", "--out", "two.png");
    expect(drawn.stdout).toContain("2 images reconstructed");
  });

  it("gives the same figures in the run's score card", async () => {
    const shown = await atelier(folder, "reconstruct", "run", "--out", "again.png");
    const card = await atelier(
      folder,
      "evaluate",
      "run",
      "-n",
      "20",
      "--metrics",
      "reconstruction",
      "--split",
      "all",
      "--json",
    );
    expect(card.stderr).toBe("");
    const scores: readonly { metric: string; value: number; unsafe: string[] }[] = JSON.parse(card.stdout).scores;
    expect(scores.map(({ metric }) => metric)).toEqual(["mse", "psnr", "ssim"]);
    // Nearly all of them were learned from.
    expect(scores.every(({ unsafe }) => unsafe.length === 1)).toBe(true);
    expect(scores[0]?.value).toBeLessThan(2 * Number(/MSE +([\d.e-]+)/.exec(shown.stdout)?.[1]));
  });

  it("refuses what cannot be done, and writes nothing", async () => {
    const config = await readFile(join(folder, "run", "config.json"), "utf8");
    const gan = await atelier(folder, "train", "data", ...small, "--steps", "1", "--out", "gan");
    expect(gan.status).toBe(0);
    for (const [words, message] of [
      [["gan"], /received one of model gan[^]*atelier project gan/],
      [["run", "--best"], /--best run: expected the folder of a run that was scored/],
      [["run", "--out", "out"], /expected a new file, or a new or empty folder/],
    ] as const) {
      const { status, stdout, stderr } = await atelier(folder, "reconstruct", ...words);
      expect(stderr).toMatch(message);
      expect(stdout).toBe("");
      expect(status).toBe(2);
    }
    await writeFile(join(folder, "run", "encoder.onnx"), config);
    const damaged = await atelier(folder, "reconstruct", "run", "--out", "none.png");
    expect(damaged.stderr).toMatch(/encoder.onnx: expected an encoder.onnx that Atelier wrote/);
    expect(damaged.status).toBe(1);
    expect(await readdir(folder)).not.toContain("none.png");
  });
});
