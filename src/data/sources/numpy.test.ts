import { symlink, truncate } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { openFolderTree } from "../files/disk-tree.ts";
import { openZipTree } from "../files/zip-tree.ts";
import type { ImageSource } from "../image-source.ts";
import { decodedImage, decodedImages } from "../testing/decoded.ts";
import { npyImages, npyLabels, npyOf } from "../testing/npy.ts";
import { TemporaryPlace } from "../testing/temporary-place.ts";
import { zipOf } from "../testing/zip.ts";
import { numpy } from "./numpy.ts";

const place = new TemporaryPlace("numpy");
/** An archive as NumPy writes it. @param level 0 as by `savez`, 6 as by `savez_compressed` */
const npz = (arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 6): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])), { level });
const open = async (...only: readonly string[]): Promise<ImageSource> => {
  const tree = await openFolderTree(place.path);
  const chosen = only.length > 0 ? only : numpy.choose(tree.files.map((file) => file.path));
  return await numpy.open({ name: "set", location: place.path }, tree, chosen);
};
const listed = ({ records }: ImageSource): string[] =>
  records.map(({ name, label, split }) => `${name} ${label} ${split}`);
const native = { height: 3, width: 2, channels: 1 } as const;
const brightness = async (source: ImageSource): Promise<unknown[]> =>
  (await decodedImages(source, native)).map((image) => (typeof image === "string" ? image : image[5]));

describe("NumPy archives", () => {
  test.each([0, 6] as const)("as of Keras, packed at level %i", async (level) => {
    const arrays = {
      x_train: npyImages(3),
      y_train: npyLabels(7, 0, -1),
      x_test: npyImages(2),
      y_test: npyLabels(1, 2),
    };
    await place.put("mnist.npz", npz(arrays, level));
    const source = await open();
    expect(source.kind).toBe("numpy");
    expect(listed(source)).toEqual([
      "mnist.npz/x_test#0 1 test",
      "mnist.npz/x_test#1 2 test",
      "mnist.npz/x_train#0 7 train",
      "mnist.npz/x_train#1 0 train",
      "mnist.npz/x_train#2 null train",
    ]);
    expect(source.records[4]?.format).toEqual(native);
    expect(await brightness(source)).toEqual([0, 1, 0, 1, 2]);
    expect([...(await decodedImage(source, 4, native))]).toEqual(Array(6).fill(2));
    expect([source.unusable, source.ignored]).toEqual([[], []]);
  });

  test("as of MedMNIST: validation images are kept away from training, labels may be a column", async () => {
    const column = npyOf({ shape: [2, 1], data: Buffer.from([4, 5]) });
    const images = npyImages(2, [3]);
    const parts = ["train", "val", "test"];
    await place.put(
      "set.npz",
      npz(
        Object.fromEntries(
          parts.flatMap((part) => [
            [`${part}_images`, images],
            [`${part}_labels`, column],
          ]),
        ),
      ),
    );
    expect(listed(await open())).toEqual(
      ["test test", "train train", "val test"].flatMap((each) => {
        const [name, split] = each.split(" ");
        return [0, 1].map((at) => `set.npz/${name}_images#${at} ${4 + at} ${split}`);
      }),
    );
  });

  test.each([
    ["images", "labels"],
    ["data", "labels"],
    ["X", "y"],
    ["arr_0", "arr_1"],
    ["arr_9", "arr_10"],
  ])("labels of %s are %s; other arrays are ignored by name", async (images, labels) => {
    await place.put("set.npz", npz({ [images]: npyImages(2), [labels]: npyLabels(3, 4), weights: npyLabels(1, 2, 3) }));
    const source = await open();
    expect(listed(source)).toEqual([0, 1].map((at) => `set.npz/${images}#${at} ${3 + at} null`));
    expect(source.ignored).toEqual(["set.npz/weights"]);
  });

  test("numbered arrays are labels only where they look like them; arrays of any name may be images", async () => {
    await place.put(
      "numbered.npz",
      npz({ arr_0: npyImages(2), arr_1: npyImages(1), arr_2: npyLabels(5), arr_3: npyLabels(1, 2) }),
    );
    await place.put("faces.npz", npz({ faces: npyImages(1), age: npyLabels(30) }));
    await place.put("masked.npz", npz({ images: npyImages(1), masks: npyImages(1) }));
    const source = await open();
    expect(listed(source)).toEqual([
      "faces.npz/faces#0 null null",
      "masked.npz/images#0 null null",
      "numbered.npz/arr_0#0 null null",
      "numbered.npz/arr_0#1 null null",
      "numbered.npz/arr_1#0 5 null",
    ]);
    expect(source.ignored).toEqual(["faces.npz/age", "masked.npz/masks", "numbered.npz/arr_3"]);
    expect(source.remarks).toEqual([
      expect.stringMatching(
        /^faces.npz\/age, numbered.npz\/arr_3: not used, though of the form of labels; names such as x_train/,
      ),
    ]);
  });

  test.each([
    [
      "two of images and two of labels",
      { arr_0: npyImages(2), arr_1: npyImages(2), arr_2: npyLabels(1, 2), arr_3: npyLabels(3, 4) },
    ],
    [
      "of three parts the labels of the first",
      { arr_0: npyImages(2), arr_1: npyImages(1), arr_2: npyImages(2), arr_3: npyLabels(1, 2) },
    ],
  ])("numbered labels that may be of several images are given to none, and said: %s", async (_, arrays) => {
    await place.put("set.npz", npz(arrays));
    const source = await open();
    expect(new Set(source.records.map(({ label }) => label))).toEqual(new Set([null]));
    const lost = Object.keys(arrays).flatMap((name) => (source.ignored.includes(`set.npz/${name}`) ? [name] : []));
    expect(lost.length).toBeGreaterThan(0);
    expect(source.remarks).toEqual([expect.stringContaining(lost.map((name) => `set.npz/${name}`).join(", "))]);
  });

  test("numbered pairs one after the other keep their labels", async () => {
    await place.put(
      "set.npz",
      npz({ arr_0: npyImages(2), arr_1: npyLabels(1, 2), arr_2: npyImages(2), arr_3: npyLabels(3, 4) }),
    );
    const source = await open();
    expect(source.records.map(({ label }) => label)).toEqual(["1", "2", "3", "4"]);
    expect(source.remarks).toEqual([]);
  });

  test("labels may lie in an archive of their own, as of Kuzushiji-MNIST", async () => {
    await place.put("kmnist-train-imgs.npz", npz({ arr_0: npyImages(2) }));
    await place.put("kmnist-train-labels.npz", npz({ arr_0: npyLabels(8, 9) }));
    const labelled = [0, 1].map((at) => `kmnist-train-imgs.npz/arr_0#${at} ${8 + at} train`);
    for (const source of [await open(), await open("kmnist-train-imgs.npz")]) {
      expect(listed(source)).toEqual(labelled);
      expect([source.ignored, source.unusable, source.remarks]).toEqual([[], [], []]);
    }
    const before = (await open("kmnist-train-imgs.npz")).fingerprint;
    await place.put("kmnist-train-labels.npz", npz({ arr_0: npyLabels(7, 9) }));
    expect((await open("kmnist-train-imgs.npz")).fingerprint).not.toBe(before);
    await place.put("kmnist-train-labels.npz", npz({ arr_0: npyImages(2) }));
    expect((await open()).records.map(({ label }) => label)).toEqual([null, null, null, null]);
    await place.put("kmnist-train-labels.npz", npz({ arr_0: npyLabels(1) }));
    await expect(open()).rejects.toThrow("expected 2 labels, one for each image of kmnist-train-imgs.npz/arr_0");
    await place.put("kmnist-train-labels.npz", Buffer.from("no archive"));
    for (const only of [[], ["kmnist-train-imgs.npz"]])
      await expect(open(...only)).rejects.toMatchObject({
        details: { where: join(place.path, "kmnist-train-labels.npz") },
      });
  });

  test("in an archive of files, they are read as well", async () => {
    const inner = npz({ images: npyImages(2), labels: npyLabels(8, 9) });
    const outer = zipSync({ "all/train/a.npz": inner, "all/test/images.npy": npyImages(1), "all/readme.txt": inner });
    const tree = await openZipTree(outer, "outer.zip");
    const source = await numpy.open(
      { name: "outer", location: "outer.zip" },
      tree,
      numpy.choose(tree.files.map(({ path }) => path)),
    );
    expect(listed(source)).toEqual([
      "test/images.npy#0 null test",
      "train/a.npz/images#0 8 train",
      "train/a.npz/images#1 9 train",
    ]);
    expect(await brightness(source)).toEqual([0, 0, 1]);
    expect(source.ignored).toEqual(["readme.txt"]);
  });
});

describe("NumPy files", () => {
  test("have their labels in the file beside them", async () => {
    await place.put("x_train.npy", npyImages(2));
    await place.put("y_train.npy", npyLabels(1, 2));
    await place.put("more/images.npy", npyImages(1));
    await place.put("more/labels.npy", npyOf({ descr: "<U3", shape: [1], data: Buffer.from("c\0\0\0a\0\0\0t\0\0\0") }));
    await place.put("more/features.npy", npyOf({ descr: "<f4", shape: [1, 2], data: Buffer.alloc(8) }));
    const source = await open();
    expect(listed(source)).toEqual(["more/images.npy#0 cat null", "x_train.npy#0 1 train", "x_train.npy#1 2 train"]);
    expect(source.ignored).toEqual(["more/features.npy"]);
    expect(await brightness(source)).toEqual([0, 0, 1]);
    expect(listed(await open("x_train.npy"))).toEqual(["x_train.npy#0 1 train", "x_train.npy#1 2 train"]);
  });

  const pixels = Buffer.from(Array.from({ length: 12 }, (_, at) => at));
  test.each([
    ["[N, H, W]", [2, 3, 2], { height: 3, width: 2, channels: 1 }, [0, 1, 2, 3, 4, 5]],
    ["[N, H, W, 3]", [1, 2, 2, 3], { height: 2, width: 2, channels: 3 }, [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]],
    ["[N, 3, H, W]", [1, 3, 2, 2], { height: 2, width: 2, channels: 3 }, [...pixels]],
    ["[N, H, W, 1]", [1, 6, 2, 1], { height: 6, width: 2, channels: 1 }, [...pixels]],
    ["[N, 1, H, W]", [1, 1, 6, 2], { height: 6, width: 2, channels: 1 }, [...pixels]],
    [
      "[N, 1, H, 3]: the last dimension holds the channels",
      [1, 1, 4, 3],
      { height: 1, width: 4, channels: 3 },
      [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11],
    ],
  ] as const)("images %s", async (_, shape, format, first) => {
    await place.put("images.npy", npyOf({ shape, data: pixels }));
    const source = await open();
    expect(source.records[0]?.format).toEqual(format);
    expect([...(await decodedImage(source, 0, format))]).toEqual([...first]);
  });

  test.each([
    ["|S4", Buffer.from("dog\0\0\0\0\0"), ["dog", null]],
    [">U1", Buffer.from("\0\0\0\0\0\u0001\xf6\0", "latin1"), [null, "😀"]],
    ["|i1", Buffer.from([255, 7]), [null, "7"]],
    [">i2", Buffer.from([1, 0, 255, 255]), ["256", null]],
    ["<u4", Buffer.from([0, 0, 0, 255, 1, 0, 0, 0]), ["4278190080", "1"]],
    ["<u8", Buffer.alloc(16, 255), ["18446744073709551615", "18446744073709551615"]],
  ])("labels of type %s", async (descr, data, labels) => {
    await place.put("images.npy", npyImages(2));
    await place.put("labels.npy", npyOf({ descr, shape: [2], data }));
    expect((await open()).records.map(({ label }) => label)).toEqual(labels);
  });
});

describe("arrays that cannot be used", () => {
  test.each([
    ["float32 [1, 3, 2], where uint8 is expected", '(x * 255).astype("uint8")', { descr: "<f4", shape: [1, 3, 2] }, 24],
    ["int64 [1, 3, 2], where uint8 is expected", 'x.astype("uint8")', { descr: "<i8", shape: [1, 3, 2] }, 48],
    ["uint8 [2, 3]", "reshape it to", { shape: [2, 3] }, 6],
    ["uint8 [8, 8, 3], which looks like one image", "np.stack", { shape: [8, 8, 3] }, 192],
    ["uint8 [1, 2, 2, 4], with 4 channels", "x[..., :3]", { shape: [1, 2, 2, 4] }, 16],
    ["uint8 [1, 4, 2, 2], with 4 channels", "x[:, :3]", { shape: [1, 4, 2, 2] }, 16],
    ["uint8 [1, 2, 2, 5], without a dimension of 1 or 3 channels", "save grey", { shape: [1, 2, 2, 5] }, 20],
    [
      "uint8 [2, 3, 2], stored with the first dimension",
      "np.ascontiguousarray",
      { shape: [2, 3, 2], fortranOrder: true },
      12,
    ],
    ["uint8 [0, 3, 2], which is empty", "save it again", { shape: [0, 3, 2] }, 0],
    ["uint8 [9000000, 1, 1], more than 4000000 images", "several parts", { shape: [9_000_000, 1, 1] }, 9_000_000],
  ])("%s", async (received, help, array, bytes) => {
    const content = npyOf({ ...array, data: Buffer.alloc(bytes) });
    await place.put("images.npy", content);
    const opening = open();
    await expect(opening).rejects.toThrow(`received ${received}`);
    await expect(opening).rejects.toMatchObject({
      details: { kind: "data", where: join(place.path, "images.npy"), help: expect.stringContaining(help) },
    });
    await place.put("other/images.npy", npyImages(1));
    expect((await open()).unusable).toEqual([{ file: "images.npy", reason: expect.stringContaining(received) }]);
  });

  test("one image with its channels first, unless the array is called images", async () => {
    const content = npyOf({ shape: [3, 8, 8], data: Buffer.alloc(192) });
    await place.put("photo.npy", content);
    await expect(open()).rejects.toThrow("received uint8 [3, 8, 8], which looks like one image");
    await place.put("images.npy", content);
    expect((await open("images.npy")).records).toHaveLength(3);
  });

  test("labels that cannot be read: their images are not taken for images without labels", async () => {
    await place.put("images.npy", npyImages(2));
    await symlink("nowhere", join(place.path, "labels.npy"));
    await expect(open()).rejects.toMatchObject({
      details: { where: join(place.path, "labels.npy"), received: "a link that leads nowhere" },
    });
  });

  test("nothing that could be images", async () => {
    await place.put(
      "set.npz",
      npz({ a: npyLabels(1, 2), b: npyOf({ descr: "<f8", shape: [2], data: Buffer.alloc(16) }) }),
    );
    await expect(open()).rejects.toThrow(
      "received a (int64 [2]), b (float64 [2])\nhelp: save the images with np.savez",
    );
  });

  test("files that are too short or too long", async () => {
    await place.put("images.npy", npyImages(3).subarray(0, -1));
    await expect(open()).rejects.toThrow("145 bytes, where uint8 [3, 3, 2] has 146");
    await place.put("images.npy", Buffer.concat([npyImages(3), npyImages(3)]));
    await expect(open()).rejects.toThrow("292 bytes, where uint8 [3, 3, 2] has 146");
    await place.put("images.npy", npyImages(3));
    const source = await open();
    await truncate(join(place.path, "images.npy"), 140);
    expect(await brightness(source)).toEqual(Array(3).fill("the file ends too early"));
  });

  test.each([
    ["int64 [2]", npyLabels(1, 2)],
    ["uint8 [3, 14]", npyOf({ shape: [3, 14], data: Buffer.alloc(42) })],
    ["float64 [3]", npyOf({ descr: "<f8", shape: [3], data: Buffer.alloc(24) })],
  ])("labels that do not fit their images: %s", async (received, labels) => {
    await place.put("set.npz", npz({ images: npyImages(3), labels }));
    const opening = open();
    await expect(opening).rejects.toThrow(`expected 3 labels, one for each image of set.npz/images`);
    await expect(opening).rejects.toMatchObject({
      details: { received, where: join(place.path, "set.npz/labels.npy") },
    });
  });

  test("one damaged archive leaves the others alone", async () => {
    const entry = { name: "images.npy", content: npyImages(2) };
    const larger = { name: "images.npy", content: npyImages(4000) };
    await place.put("a.npz", npz({ images: npyImages(1) }));
    await place.put("checksum.npz", zipOf([{ ...entry, checksum: 1 }]));
    await place.put("b.npz", zipOf([{ ...larger, checksum: 1 }]));
    await place.put("cut.npz", npz({ images: npyImages(1) }).subarray(0, -9));
    await place.put("locked.npz", zipOf([{ ...entry, flags: 1 }]));
    const source = await open();
    const wrong = "the archive's checksum of it is wrong";
    expect(source.unusable).toEqual([
      { file: "cut.npz", reason: "no zip archive, or one that is cut short" },
      { file: "locked.npz/images.npy", reason: "encrypted" },
      { file: "checksum.npz/images", reason: wrong },
    ]);
    expect(await brightness(source)).toEqual([0, ...Array(4000).fill(wrong)]);
    await expect(open("cut.npz")).rejects.toMatchObject({
      details: { kind: "data", where: join(place.path, "cut.npz") },
    });
  });

  test("no damage to an archive gives wrong images or labels", async () => {
    const archive = Buffer.from(npz({ images: npyImages(4), labels: npyLabels(10, 11, 12, 13) }));
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Buffer.from(archive);
        damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
        await place.put("set.npz", damaged);
        const source = await open().catch((cause: unknown) => String(cause));
        if (typeof source === "string") return;
        const images = await brightness(source);
        expect(images.length).toBe(source.records.length);
        for (const [index, image] of images.entries()) {
          expect(typeof image === "string" || image === index).toBe(true);
          const named = source.unusable.length + source.ignored.length > 0;
          expect([`${10 + index}`, ...(named ? [null] : [])]).toContain(source.records[index]?.label);
        }
      }),
      { numRuns: 150, seed: 1 },
    );
  });
});
