import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectSource } from "./inspect.ts";
import { openSource } from "./open-source.ts";
import { packDataset } from "./pack.ts";

/** Real data, never part of the project: see its README. Without it these tests are reported as skipped. */
const data = process.env["ATELIER_TEST_DATA"] ?? resolve(import.meta.dirname, "../../../shared/data");
const colour32 = { height: 32, width: 32, channels: 3 } as const;
let cacheFolder = "";
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "atelier-real-"));
});
afterAll(async () => {
  await rm(cacheFolder, { recursive: true });
});

describe.skipIf(!existsSync(join(data, "hard-images")))("odd and broken images", () => {
  const broken = {
    "empty.jpg": "the file is empty",
    "pillow--broken.png": "the header is damaged, or the file ends too early",
    "pillow--broken_data_stream.png": "the pixel data is damaged or cut short",
    "pillow--decompression_bomb.gif": "the header is damaged, or the file ends too early",
    "pillow--seek_too_large.tif": "the header is damaged, or the file ends too early",
    "pillow--truncated_end_chunk.png": "the file ends too early",
    "pillow--truncated_image.png": "the pixel data is damaged or cut short",
    "pillow--truncated_jpeg.jpg": "the pixel data is damaged or cut short",
    "pngsuite--xc1n0g08.png": "the header is damaged, or the file ends too early",
    "pngsuite--xc9n2c08.png": "the header is damaged, or the file ends too early",
    "pngsuite--xcrn0g04.png": "not an image, or its first bytes are damaged",
    "pngsuite--xcsn0g01.png": "the pixel data is damaged or cut short",
    "pngsuite--xlfn0g04.png": "not an image, or its first bytes are damaged",
    "sharp--corrupt-header.jpg": "the header is damaged, or the file ends too early",
    "text-named-as.png": "text, not an image",
  };

  test("the good ones are read, the broken ones named with a short reason", async () => {
    const source = await openSource(join(data, "hard-images"));
    const report = await inspectSource(source);
    expect(Object.fromEntries(report.broken.map(({ file, reason }) => [file, reason]))).toEqual(broken);
    expect(report.readable).toBe(40);
    expect(report.ignored.map((name) => name.split(".").at(-1))).toEqual(["bmp", "ico", "pgm", "jp2", "svg"]);
    const dataset = await packDataset(source, { format: colour32, seed: 1, cacheFolder });
    dataset.close();
    expect(dataset.skipped).toEqual(report.broken);
    expect(dataset.train.count + dataset.heldOut.count).toBe(40);
  });
});

describe.skipIf(!existsSync(join(data, "fashion-mnist")))("Fashion-MNIST", () => {
  test("is packed and found again", async () => {
    const source = await openSource(join(data, "fashion-mnist"));
    for (const reused of [false, true]) {
      const dataset = await packDataset(source, { format: { ...colour32, channels: 1 }, seed: 1, cacheFolder });
      dataset.close();
      expect(dataset).toMatchObject({ reused, train: { count: 60_000 }, heldOut: { count: 10_000 }, skipped: [] });
      expect(dataset.classNames).toEqual("0123456789".split(""));
    }
  }, 60_000);
});

describe.skipIf(!existsSync(join(data, "cifar10-5k")))("CIFAR-10", () => {
  test("keeps its splits and class names", async () => {
    const dataset = await packDataset(await openSource(join(data, "cifar10-5k")), {
      format: colour32,
      seed: 1,
      cacheFolder,
    });
    dataset.close();
    expect(dataset).toMatchObject({ train: { count: 4000 }, heldOut: { count: 1000 } });
    expect(dataset.classNames.slice(0, 3)).toEqual(["airplane", "automobile", "bird"]);
  });
});
