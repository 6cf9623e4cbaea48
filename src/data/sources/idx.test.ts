import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSource } from "../open-source.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-idx-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const words = (...values: number[]): Buffer =>
  Buffer.concat(values.map((value) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value])));
/** `count` images of 3 rows of 2; image i holds i in every pixel. */
const images = (count: number): Buffer =>
  Buffer.concat([words(0x803, count, 3, 2), ...Array.from({ length: count }, (_, index) => Buffer.alloc(6, index))]);
const labels = (...values: number[]): Buffer => Buffer.concat([words(0x801, values.length), Buffer.from(values)]);
const put = async (name: string, bytes: Uint8Array): Promise<void> => await writeFile(join(folder, name), bytes);
const native = { height: 3, width: 2, channels: 1 } as const;

describe("IDX files", () => {
  test("train and t10k are two splits, plain or packed", async () => {
    await put("train-images-idx3-ubyte.gz", gzipSync(images(3)));
    await put("train-labels-idx1-ubyte.gz", gzipSync(labels(7, 0, 7)));
    await put("t10k-images.idx3-ubyte", images(2));
    await put("t10k-labels.idx1-ubyte", labels(1, 2));
    await put("readme.txt", Buffer.from("hello"));
    const source = await openSource(folder);
    expect(source.kind).toBe("idx");
    expect(source.ignored).toEqual(["readme.txt"]);
    expect(source.records.map(({ name, label, split }) => `${name} ${label} ${split}`)).toEqual([
      "t10k-images.idx3-ubyte#0 1 test",
      "t10k-images.idx3-ubyte#1 2 test",
      "train-images-idx3-ubyte.gz#0 7 train",
      "train-images-idx3-ubyte.gz#1 0 train",
      "train-images-idx3-ubyte.gz#2 7 train",
    ]);
    expect(await source.measure(4)).toEqual(native);
    expect([...(await source.decode(4, native))]).toEqual([2, 2, 2, 2, 2, 2]);
    expect([...((await source.decodeRange?.(1, 3, native)) ?? [])]).toEqual(
      [1, 0, 1].flatMap((value) => Array(6).fill(value)),
    );
  });

  test("one file alone is opened with its own labels; without them images have none", async () => {
    await put("train-images-idx3-ubyte", images(2));
    await put("t10k-images-idx3-ubyte", images(1));
    await put("t10k-labels-idx1-ubyte", labels(9));
    const labelled = await openSource(join(folder, "t10k-images-idx3-ubyte"));
    expect(labelled.records.map((record) => record.label)).toEqual(["9"]);
    const unlabelled = await openSource(join(folder, "train-images-idx3-ubyte"));
    expect(unlabelled.records.map((record) => record.label)).toEqual([null, null]);
  });

  test.each([
    ["wrong first bytes", words(0x804, 1, 3, 2), "0x00000803, received 0x00000804"],
    ["a header cut short", words(0x803, 1), "16 bytes, received 8 bytes"],
    ["missing pixels", images(3).subarray(0, -1), "34 bytes for 3 images of 3 by 2, received 33 bytes"],
    ["too many pixels", Buffer.concat([images(3), Buffer.alloc(2)]), "received 36 bytes"],
    ["no pixels in an image", words(0x803, 1, 0, 2), "at least 1 by 1 pixel"],
  ])("%s", async (_, bytes, message) => {
    await put("train-images-idx3-ubyte", bytes);
    await expect(openSource(folder)).rejects.toThrow(message);
    await rm(join(folder, "train-images-idx3-ubyte"));
    await put("train-images-idx3-ubyte.gz", gzipSync(bytes));
    await expect(openSource(folder)).rejects.toThrow(message);
  });

  test("a packed file cut short, and one damaged inside", async () => {
    const noise = Buffer.concat([
      images(0).subarray(0, 4),
      words(5000, 3, 2),
      Buffer.from(Array.from({ length: 30_000 }, (_, at) => (at * at) % 251)),
    ]);
    const packed = gzipSync(noise);
    await put("train-images-idx3-ubyte.gz", packed.subarray(0, packed.length / 2));
    await expect(openSource(folder)).rejects.toThrow("a whole gzip file");
    packed.fill(0, packed.length / 2, packed.length - 8);
    await put("train-images-idx3-ubyte.gz", packed);
    const source = await openSource(folder);
    await expect(source.decode(4000, native)).rejects.toThrow("a whole gzip file");
  });

  test("labels that do not fit their images", async () => {
    await put("train-images-idx3-ubyte", images(3));
    await put("train-labels-idx1-ubyte", labels(1, 2));
    await expect(openSource(folder)).rejects.toThrow(
      "3 labels, one for each image of train-images-idx3-ubyte, received 2",
    );
    await put("train-labels-idx1-ubyte", labels(1, 2, 3).subarray(0, -1));
    await expect(openSource(folder)).rejects.toThrow("11 bytes for 3 labels, received 10 bytes");
  });
});
