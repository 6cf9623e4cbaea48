import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSource } from "../open-source.ts";
import { decodedImages } from "../testing/decoded.ts";
import { expectEveryIndexOnce } from "../testing/every-index.ts";

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
    expect(source.records.map((record) => record.format)).toEqual([native, native, native, native, native]);
    expect(await decodedImages(source, native)).toEqual([0, 1, 0, 1, 2].map((value) => new Uint8Array(6).fill(value)));
    await expectEveryIndexOnce(source);
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

  test("a packed file that lies unpacked beside it is not counted twice", async () => {
    for (const [name, bytes] of [
      ["train-images-idx3-ubyte", images(2)],
      ["train-labels-idx1-ubyte", labels(7, 0)],
    ] as const) {
      await put(name, bytes);
      await put(`${name}.gz`, gzipSync(bytes));
    }
    const source = await openSource(folder);
    expect(source.records.map(({ name, label }) => `${name} ${label}`)).toEqual([
      "train-images-idx3-ubyte#0 7",
      "train-images-idx3-ubyte#1 0",
    ]);
    expect(source.ignored).toEqual(["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"]);
    const packed = await openSource(join(folder, "train-images-idx3-ubyte.gz"));
    expect(packed.records.map(({ name }) => name)).toEqual([0, 1].map((at) => `train-images-idx3-ubyte.gz#${at}`));
  });

  test("what cannot be read counts only where it would be images; lost labels are an error", async () => {
    await put("train-images-idx3-ubyte", images(2));
    for (const name of ["notes.txt", "t10k-images-idx3-ubyte"]) await symlink("nowhere", join(folder, name));
    const source = await openSource(folder);
    expect(source.unusable).toEqual([{ file: "t10k-images-idx3-ubyte", reason: "a link that leads nowhere" }]);
    expect(source.ignored).toEqual(["notes.txt"]);
    await symlink("nowhere", join(folder, "train-labels-idx1-ubyte"));
    for (const place of [folder, join(folder, "train-images-idx3-ubyte")])
      await expect(openSource(place)).rejects.toMatchObject({
        details: { where: join(folder, "train-labels-idx1-ubyte"), received: "a link that leads nowhere" },
      });
  });

  test.each([
    ["wrong first bytes", words(0x804, 1, 3, 2), "it begins with 0x00000804, not 0x00000803"],
    ["a header cut short", words(0x803, 1), "the file ends too early"],
    ["missing pixels", images(3).subarray(0, -1), "33 bytes, where 3 images of 3 by 2 have 34 bytes"],
    ["too many pixels", Buffer.concat([images(3), Buffer.alloc(2)]), "more, where 3 images of 3 by 2 have 34 bytes"],
    ["no pixels in an image", words(0x803, 1, 0, 2), "1 images of 0 by 2"],
    ["more images than there is memory for", words(0x803, 0xffffffff, 28, 28), "16 bytes, where 4294967295 images"],
  ])("%s: an error alone, unusable beside others", async (_, bytes, message) => {
    for (const [name, content] of [
      ["train-images-idx3-ubyte", bytes],
      ["train-images-idx3-ubyte.gz", gzipSync(bytes)],
    ] as const) {
      await put(name, content);
      await expect(openSource(folder)).rejects.toThrow(message);
      await put("t10k-images-idx3-ubyte", images(2));
      const source = await openSource(folder);
      expect(source.records.length).toBe(2);
      expect(source.unusable).toEqual([{ file: name, reason: expect.stringContaining(message) }]);
      await rm(join(folder, name));
      await rm(join(folder, "t10k-images-idx3-ubyte"));
    }
  });

  test("of a packed file that is damaged inside no image is given out", async () => {
    const noise = Buffer.from(Array.from({ length: 360_000 }, (_, at) => (at * at) % 251));
    const packed = gzipSync(Buffer.concat([words(0x803, 60_000, 3, 2), noise]));
    const damaged = Buffer.from(packed);
    damaged.writeUInt32LE(12345, packed.length - 8); // Its checksum.
    await put("train-images-idx3-ubyte.gz", damaged);
    const found = await decodedImages(await openSource(folder), native);
    expect(found.length).toBe(60_000);
    expect(new Set(found)).toEqual(new Set([expect.stringContaining("the gzip data is damaged")]));
    await put("train-images-idx3-ubyte.gz", packed.subarray(0, packed.length / 2));
    await expect(openSource(folder)).rejects.toThrow("the gzip data ends too early");
  });

  test("files that were packed in parts are whole", async () => {
    const all = images(3);
    await put("images-idx3-ubyte.gz", Buffer.concat([gzipSync(all.subarray(0, 20)), gzipSync(all.subarray(20))]));
    expect((await decodedImages(await openSource(folder), native)).map((image) => image[0])).toEqual([0, 1, 2]);
  });

  test("labels that do not fit their images", async () => {
    await put("train-images-idx3-ubyte", images(3));
    await put("train-labels-idx1-ubyte", labels(1, 2));
    await expect(openSource(folder)).rejects.toThrow("2 labels for the 3 images of train-images-idx3-ubyte");
    await put("train-labels-idx1-ubyte", labels(1, 2, 3).subarray(0, -1));
    await expect(openSource(folder)).rejects.toThrow("the file ends too early");
  });
});
