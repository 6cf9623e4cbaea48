import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSource } from "../open-source.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-cifar-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

/** A record whose red, green and blue planes hold 10, 20 and 30. */
const record = (label: number): Buffer =>
  Buffer.concat([Buffer.from([label]), Buffer.alloc(1024, 10), Buffer.alloc(1024, 20), Buffer.alloc(1024, 30)]);
const put = async (name: string, bytes: Uint8Array | string): Promise<void> =>
  await writeFile(join(folder, name), bytes);

describe("CIFAR-10 batches", () => {
  test("are read with class names, planes and splits", async () => {
    await put("data_batch_1.bin", Buffer.concat([record(1), record(0)]));
    await put("test_batch.bin.gz", gzipSync(record(1)));
    await put("batches.meta.txt", "airplane\nautomobile\n\n");
    await put("readme.html", "<html>");
    const source = await openSource(folder);
    expect(source.kind).toBe("cifar");
    expect(source.ignored).toEqual(["readme.html"]);
    expect(source.records).toEqual([
      { name: "data_batch_1.bin#0", label: "automobile", split: "train" },
      { name: "data_batch_1.bin#1", label: "airplane", split: "train" },
      { name: "test_batch.bin.gz#0", label: "automobile", split: "test" },
    ]);
    const planes = await source.decode(2, { height: 16, width: 16, channels: 3 });
    expect([planes[0], planes[256], planes[512]]).toEqual([10, 20, 30]);
  });

  test("one file, without class names", async () => {
    await put("batch.bin", record(7));
    const source = await openSource(join(folder, "batch.bin"));
    expect(source.records.map((each) => each.label)).toEqual(["7"]);
  });

  test("what is not made of whole records is refused", async () => {
    await put("data_batch_1.bin", record(3).subarray(0, -1));
    await expect(openSource(folder)).rejects.toThrow(
      "CIFAR-10 records of 3073 bytes with labels from 0 to 9, received 3072 bytes",
    );
    await put("data_batch_1.bin", Buffer.alloc(3074));
    await expect(openSource(folder)).rejects.toThrow("fits CIFAR-100");
    await put("data_batch_1.bin", record(200));
    await expect(openSource(folder)).rejects.toThrow("label 200 in record 0");
  });
});
