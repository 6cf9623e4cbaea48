import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Dataset, Split } from "./dataset.ts";
import { openSource } from "./open-source.ts";
import { packDataset } from "./pack.ts";

const format = { height: 16, width: 16, channels: 3 } as const;
const imageBytes = 3 * 16 * 16;
let folder = "";
let cacheFolder = "";
const open: Dataset[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-pack-"));
  cacheFolder = join(folder, "cache");
});
afterEach(async () => {
  for (const dataset of open.splice(0)) dataset.close();
  await rm(folder, { recursive: true });
});

/** A grey picture of one brightness, as a file of the data folder. */
const put = async (path: string, grey: number): Promise<void> => {
  const file = join(folder, "data", path);
  await mkdir(join(file, ".."), { recursive: true });
  await sharp({ create: { width: 20, height: 20, channels: 3, background: { r: grey, g: grey, b: grey } } })
    .png()
    .toFile(file);
};
const pack = async (
  options: { seed?: number; heldOutFraction?: number; onProgress?: (done: number, total: number) => void } = {},
): Promise<Dataset> => {
  const { onProgress, ...rest } = options;
  const dataset = await packDataset(
    await openSource(join(folder, "data")),
    { format, seed: 1, cacheFolder, ...rest },
    onProgress,
  );
  open.push(dataset);
  return dataset;
};
const brightness = (split: Split, index: number): number => {
  const target = new Uint8Array(imageBytes + 2);
  split.copyImage(index, target, 1);
  expect([target[0], target.at(-1), new Set(target.subarray(1, -1)).size]).toEqual([0, 0, 1]);
  return target[1] ?? -1;
};
const content = (split: Split): unknown[] =>
  split.names.map((name, index) => [name, split.labels[index], brightness(split, index)]);
const stores = async (): Promise<string[]> => await readdir(join(cacheFolder, "datasets"));

describe("packDataset", () => {
  test("decodes every image once and finds it again", async () => {
    for (let index = 0; index < 12; index++) await put(`${index % 2 ? "odd" : "unlabelled"}/${index}.png`, 10 * index);
    const calls: [number, number][] = [];
    const first = await pack({ onProgress: (...call) => calls.push(call) });
    expect(calls.at(-1)).toEqual([12, 12]);
    expect([first.reused, first.train.count, first.heldOut.count, first.classNames]).toEqual([false, 11, 1, ["odd"]]);
    for (const split of [first.train, first.heldOut]) {
      for (const [index, name] of split.names.entries()) {
        const number = Number(/(\d+)\.png/.exec(name)?.[1]);
        expect([brightness(split, index), split.labels[index]]).toEqual([10 * number, number % 2 ? 0 : -1]);
      }
    }
    const again = await pack({ onProgress: () => expect.unreachable() });
    expect(again.reused).toBe(true);
    expect([content(again.train), content(again.heldOut)]).toEqual([content(first.train), content(first.heldOut)]);
    expect(content((await pack({ seed: 2, heldOutFraction: 0.5 })).heldOut).length).toBe(6);
  });

  test("keeps train and test apart", async () => {
    for (const path of ["train/a/1.png", "train/b/2.png", "test/a/3.png"]) await put(path, 50);
    const { train, heldOut, classNames } = await pack();
    expect([train.names, heldOut.names, classNames]).toEqual([
      ["train/a/1.png", "train/b/2.png"],
      ["test/a/3.png"],
      ["a", "b"],
    ]);
  });

  test("skips and names broken images, again when it reuses the rest", async () => {
    await put("a/1.png", 40);
    await put("z/9.png", 90);
    await writeFile(join(folder, "data", "a", "0.png"), "not a picture");
    await writeFile(join(folder, "data", "broken.jpg"), "");
    for (const reused of [false, true]) {
      const dataset = await pack();
      expect(dataset.reused).toBe(reused);
      expect(dataset.skipped).toEqual([
        { file: "a/0.png", reason: "text, not an image" },
        { file: "broken.jpg", reason: "the file is empty" },
      ]);
      expect(content(dataset.train)).toEqual([
        ["a/1.png", 0, 40],
        ["z/9.png", 1, 90],
      ]);
    }
  });

  test("decodes again when an image has changed", async () => {
    await put("1.png", 40);
    await pack();
    await put("1.png", 41);
    const dataset = await pack();
    expect([dataset.reused, brightness(dataset.train, 0)]).toEqual([false, 41]);
  });

  test("does not trust what a crash has left", async () => {
    await put("1.png", 40);
    await pack();
    const [store = ""] = await stores();
    await truncate(join(cacheFolder, "datasets", store, "pixels.u8"), 5);
    expect((await pack()).reused).toBe(false);
    await writeFile(join(cacheFolder, "datasets", store, "manifest.json"), '{"version":1');
    expect((await pack()).reused).toBe(false);
    await rm(join(cacheFolder, "datasets", store, "manifest.json"));
    const dataset = await pack();
    expect([dataset.reused, brightness(dataset.train, 0)]).toEqual([false, 40]);
    expect(await stores()).toEqual([store]);
  });

  test("may be asked for the same images twice at once", async () => {
    for (let index = 0; index < 20; index++) await put(`${index}.png`, index);
    const [one, two] = await Promise.all([pack(), pack()]);
    expect(content(one.train)).toEqual(content(two.train));
    expect((await stores()).length).toBe(1);
    expect((await pack()).reused).toBe(true);
  });

  test("says so when no image is readable, and leaves nothing that looks whole", async () => {
    await mkdir(join(folder, "data"));
    for (const name of ["1.png", "2.png", "3.png", "4.png"]) await writeFile(join(folder, "data", name), "");
    await expect(pack()).rejects.toThrow(
      /at least one readable image, received 4 broken: 1.png \(the file is empty\), .*3.png \(the file is empty\), and 1 more\nhelp: /,
    );
  });

  test("says so when the cache cannot be written", async () => {
    await put("1.png", 40);
    await writeFile(cacheFolder, "a file where the folder should be");
    await expect(pack()).rejects.toThrow("help: set ATELIER_CACHE to a folder that can be written");
  });

  test("a fault of the whole source ends the work", async () => {
    await mkdir(join(folder, "data"));
    await writeFile(join(folder, "data", "data_batch_1.bin"), Buffer.alloc(3073 * 3));
    const source = await openSource(join(folder, "data"));
    await truncate(join(folder, "data", "data_batch_1.bin"), 4000);
    await expect(packDataset(source, { format, seed: 1, cacheFolder })).rejects.toThrow("received 4000 bytes");
    expect(await stores()).toEqual([]);
  });

  test("refuses to copy from a closed data set", async () => {
    await put("1.png", 40);
    const dataset = await pack();
    dataset.close();
    dataset.close();
    expect(() => brightness(dataset.train, 0)).toThrow("closed");
  });
});
