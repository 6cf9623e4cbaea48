import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SkippedFile } from "./image-source.ts";
import { type Preparation, usualFitting } from "./images/preparation.ts";
import { inspectSource } from "./inspection/inspect.ts";
import { openSource } from "./open-source.ts";
import { packDataset } from "./store/pack.ts";
import { realData } from "./testing/real-data.ts";

const prepared = (channels: 1 | 3): Preparation => ({
  format: { height: 32, width: 32, channels },
  fitting: usualFitting,
});
const byFile = (a: SkippedFile, b: SkippedFile): number => (a.file < b.file ? -1 : 1);
let cacheFolder = "";
beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "atelier-real-"));
});
afterAll(async () => {
  await rm(cacheFolder, { recursive: true });
});

describe.skipIf(!existsSync(join(realData, "hard-images")))("odd and broken images", () => {
  test("are read or named, by the report and the packing alike", async () => {
    const source = await openSource(join(realData, "hard-images"));
    const report = await inspectSource(source);
    const dataset = await packDataset(source, { ...prepared(3), seed: 1, cacheFolder });
    dataset.close();
    expect([...dataset.skipped].sort(byFile)).toEqual([...report.skipped].sort(byFile));
    expect(report).toMatchObject({ readable: 39, found: 55 });
    expect(dataset.train.count + dataset.heldOut.count + dataset.skipped.length).toBe(source.records.length);
    expect(dataset.ignored.map((name) => name.split(".").at(-1))).toEqual(["bmp", "ico", "pgm", "jp2", "svg"]);
  });
});

describe.skipIf(!existsSync(join(realData, "fashion-mnist")))("Fashion-MNIST", () => {
  test("is packed and found again", async () => {
    const source = await openSource(join(realData, "fashion-mnist"));
    for (const reused of [false, true]) {
      const dataset = await packDataset(source, { ...prepared(1), seed: 1, cacheFolder });
      dataset.close();
      expect(dataset).toMatchObject({ reused, train: { count: 60_000 }, heldOut: { count: 10_000 }, skipped: [] });
      expect(dataset.classNames).toEqual("0123456789".split(""));
    }
  }, 60_000);
});

describe.skipIf(!existsSync(join(realData, "cifar10-5k")))("CIFAR-10", () => {
  test("keeps its splits and class names", async () => {
    const dataset = await packDataset(await openSource(join(realData, "cifar10-5k")), {
      ...prepared(3),
      seed: 1,
      cacheFolder,
    });
    dataset.close();
    expect(dataset).toMatchObject({ train: { count: 4000 }, heldOut: { count: 1000 } });
    expect(dataset.classNames.slice(0, 3)).toEqual(["airplane", "automobile", "bird"]);
  });
});
