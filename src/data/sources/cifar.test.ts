import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFolderTree } from "../files/disk-tree.ts";
import type { ImageSource } from "../image-source.ts";
import { decodedImage } from "../testing/decoded.ts";
import { expectEveryIndexOnce } from "../testing/every-index.ts";
import { cifar } from "./cifar.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-cifar-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A record whose red, green and blue planes hold 10, 20 and 30. */
const record = (...labels: number[]): Buffer =>
  Buffer.concat([Buffer.from(labels), Buffer.alloc(1024, 10), Buffer.alloc(1024, 20), Buffer.alloc(1024, 30)]);
const put = async (name: string, bytes: Uint8Array | string): Promise<void> =>
  await writeFile(join(folder, name), bytes);
const open = async (): Promise<ImageSource> => {
  const tree = await openFolderTree(folder);
  const chosen = cifar.choose(tree.files.map(({ path }) => path));
  return await cifar.open({ name: "cifar", location: folder }, tree, chosen);
};
const format = { height: 32, width: 32, channels: 3 } as const;
const planesOf = async (source: ImageSource, index: number): Promise<readonly (number | undefined)[]> => {
  const planes = await decodedImage(source, index, format);
  return [planes[0], planes[1024], planes[2048]];
};

describe("CIFAR-10 batches", () => {
  test("are read with class names, planes and splits", async () => {
    await put("data_batch_1.bin", Buffer.concat([record(1), record(0)]));
    await put("test_batch.bin.gz", gzipSync(record(1)));
    await put("batches.meta.txt", "airplane\nautomobile\n\n");
    await put("readme.html", "<html>");
    const source = await open();
    expect(source).toMatchObject({ kind: "cifar", ignored: ["readme.html"], unusable: [] });
    expect(source.records).toEqual([
      { name: "data_batch_1.bin#0", label: "automobile", split: "train", format },
      { name: "data_batch_1.bin#1", label: "airplane", split: "train", format },
      { name: "test_batch.bin.gz#0", label: "automobile", split: "test", format },
    ]);
    expect(await planesOf(source, 2)).toEqual([10, 20, 30]);
    await expectEveryIndexOnce(source);
  });

  test("a packed batch that lies unpacked beside it is not counted twice", async () => {
    await put("data_batch_1.bin", record(3));
    await put("data_batch_1.bin.gz", gzipSync(record(3)));
    const source = await open();
    expect(source.records.map(({ name }) => name)).toEqual(["data_batch_1.bin#0"]);
    expect(source.ignored).toEqual(["data_batch_1.bin.gz"]);
  });

  test("without class names have numbers", async () => {
    await put("batch.bin", record(7));
    expect((await open()).records.map((each) => each.label)).toEqual(["7"]);
  });
});

describe("CIFAR-100 batches", () => {
  test("are read by their fine labels", async () => {
    await put("train.bin", Buffer.concat([record(4, 0), record(1, 2)]));
    await put("test.bin", record(19, 1));
    await put("fine_label_names.txt", "apple\naquarium_fish\nbaby\n");
    await put("coarse_label_names.txt", "aquatic_mammals\nfish\n");
    const source = await open();
    expect(source).toMatchObject({ kind: "cifar", ignored: [], unusable: [] });
    expect(source.records.map(({ name, label, split }) => `${name} ${label} ${split}`)).toEqual([
      "test.bin#0 aquarium_fish test",
      "train.bin#0 apple train",
      "train.bin#1 baby train",
    ]);
    expect(await planesOf(source, 2)).toEqual([10, 20, 30]);
  });
});

describe("a length that fits CIFAR-10 and CIFAR-100", () => {
  const both = (labels: (index: number) => number[], count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, index) => record(...labels(index))));

  test("is told apart by the labels, or by the names beside it", async () => {
    await put(
      "train.bin",
      both((index) => [index % 20, index % 100], 3073),
    );
    expect((await open()).records.at(-1)).toMatchObject({ name: "train.bin#3072", label: "72" });
    await put(
      "train.bin",
      both((index) => [index % 10], 3074),
    );
    expect((await open()).records.at(-1)).toMatchObject({ name: "train.bin#3073", label: "3" });
    await put("train.bin", Buffer.alloc(3073 * 3074));
    await expect(open()).rejects.toThrow("put its file of class names beside it");
    await put("fine_label_names.txt", "apple\n");
    expect((await open()).records).toHaveLength(3073);
  });
});

describe("damaged batches", () => {
  test("are refused with the reason", async () => {
    await put("data_batch_1.bin", record(3).subarray(0, -1));
    await expect(open()).rejects.toThrow(
      "3072 bytes are no records of CIFAR-10 (3073 bytes) or CIFAR-100 (3074 bytes)",
    );
    await put("data_batch_1.bin", record(200));
    await expect(open()).rejects.toThrow("not CIFAR-10: label 200 in record 0, where 0 to 9 are possible");
    await put("data_batch_1.bin", record(20, 3));
    await expect(open()).rejects.toThrow("not CIFAR-100: label 20 in record 0, where 0 to 19 are possible");
    await put("data_batch_1.bin", record(2));
    await put("batches.meta.txt", "airplane\n");
    await expect(open()).rejects.toThrow("label 2, where batches.meta.txt names 1 classes");
  });

  test("are named; the others go on", async () => {
    await put("data_batch_1.bin", record(3));
    await put("data_batch_2.bin.gz", gzipSync(record(4)).subarray(0, -9));
    const source = await open();
    expect(source.records.map(({ name }) => name)).toEqual(["data_batch_1.bin#0"]);
    expect(source.unusable).toEqual([{ file: "data_batch_2.bin.gz", reason: "the gzip data ends too early" }]);
  });
});
