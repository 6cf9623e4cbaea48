import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import { openSource } from "./open-source.ts";
import { digestsOf } from "./testing/decoded.ts";
import { npyOf } from "./testing/npy.ts";
import { zipOf } from "./testing/zip.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-open-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const put = async (path: string, content: string | Uint8Array = "x"): Promise<void> => {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), content);
};
const errorOf = async (location: string): Promise<AtelierError> => {
  const thrown: unknown = await openSource(location).catch((cause: unknown) => cause);
  if (!(thrown instanceof AtelierError)) throw new Error(`expected an AtelierError, received ${String(thrown)}`);
  return thrown;
};

describe("a folder of images", () => {
  test("lists images in the order of their names and ignores the rest by name", async () => {
    for (const path of [
      "b/2.JPG",
      "b/10.webp",
      "a.png",
      "notes.txt",
      ".hidden.png",
      ".git/x.png",
      "Thumbs.db",
      "labels.csv",
    ])
      await put(path, "file,label\na.png,red\n");
    const source = await openSource(folder);
    expect(source.kind).toBe("folder");
    expect(source.records.map((record) => record.name)).toEqual(["a.png", "b/10.webp", "b/2.JPG"]);
    expect(source.ignored).toEqual(["notes.txt"]);
    expect(folder.endsWith(source.name)).toBe(true);
  });

  test("follows links, but lists no folder twice", async () => {
    await put("real/1.png");
    await symlink(join(folder, "real"), join(folder, "linked"));
    await symlink(folder, join(folder, "real", "circle"));
    const source = await openSource(folder);
    expect(source.records.map((record) => record.name)).toEqual(["real/1.png"]);
    const reason = "a link to a folder that is listed already";
    expect(source.unusable).toEqual(["linked/", "real/circle/"].map((file) => ({ file, reason })));
  });

  test("its fingerprint changes with the images", async () => {
    await put("1.png");
    const before = (await openSource(folder)).fingerprint;
    expect((await openSource(folder)).fingerprint).toBe(before);
    await put("1.png", "xy");
    const after = (await openSource(folder)).fingerprint;
    expect(after).not.toBe(before);
    await put("2.png");
    expect((await openSource(folder)).fingerprint).not.toBe(after);
  });

  test("copies of a file have one hash", async () => {
    const bytes = await sharp({ create: { width: 4, height: 4, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    await put("1.png", bytes);
    await put("2.png", bytes);
    await put("3.png", await sharp(bytes).resize(5, 5).png().toBuffer());
    const source = await openSource(folder);
    const hashes = await digestsOf(source);
    expect(hashes.length).toBe(3);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
  });
});

describe("what else lies in a folder of images", () => {
  test("what cannot be read counts as an image only where it could be one", async () => {
    await put("1.png");
    for (const name of ["notes.txt", "2.png"]) await symlink("nowhere", join(folder, name));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    await symlink(folder, join(folder, "circle"));
    const source = await openSource(folder);
    expect(source.unusable).toEqual([
      { file: "2.png", reason: "a link that leads nowhere" },
      { file: "circle/", reason: "a link to a folder that is listed already" },
    ]);
    expect(source.ignored).toEqual(["notes.txt", "pipe"]);
  });

  test("a table of labels that cannot be read ends it", async () => {
    await put("1.png");
    await symlink("nowhere", join(folder, "labels.csv"));
    expect((await errorOf(folder)).details).toMatchObject({
      where: join(folder, "labels.csv"),
      received: "a link that leads nowhere",
    });
  });

  test("a folder test/ without train/ is a class, and that is said", async () => {
    for (const path of ["cat/1.png", "dog/2.png", "test/cat/3.png"]) await put(path);
    const source = await openSource(folder);
    expect(source.records.map(({ label, split }) => [label, split])).toEqual(
      ["cat", "dog", "test"].map((label) => [label, null]),
    );
    expect(source.remarks).toEqual([
      "test/ is taken for a class: move the other classes into a folder train/ beside it to hold it out",
    ]);
    await put("train/cat/4.png");
    expect((await openSource(folder)).remarks).toEqual([]);
  });

  test("single arrays are not read, and that is said", async () => {
    for (const path of ["1.png", "images.npy"]) await put(path);
    expect((await openSource(folder)).remarks).toEqual([
      "images.npy is not read beside image files; give it by itself",
    ]);
    await put("weights.bin");
    expect(await openSource(folder)).toMatchObject({
      kind: "folder",
      ignored: ["images.npy", "weights.bin"],
      remarks: ["images.npy, weights.bin are not read beside image files; give them alone"],
    });
  });

  test.each([
    [
      ["docs/preview.png", "data/train-0.parquet", "data/train-1.parquet"],
      "1 image file (docs/preview.png) and 2 Parquet files (data/train-0.parquet …)",
      ["docs", " or ", "data"],
      "",
    ],
    [
      ["cat/1.png", "dog/2.png", "set.npz"],
      "2 image files (cat/1.png …) and 1 NumPy file (set.npz)",
      ["set.npz"],
      "; for the images, move the other files elsewhere",
    ],
    [
      ["a.png", "raw/train-images-idx3-ubyte", "raw/t10k-images-idx3-ubyte.gz"],
      "1 image file (a.png) and 2 IDX files (raw/t10k-images-idx3-ubyte.gz …)",
      ["raw"],
      "; for the images, move the other files elsewhere",
    ],
    [
      ["a/1.png", "a/2.parquet", "b/3.parquet"],
      "1 image file (a/1.png) and 2 Parquet files (a/2.parquet …)",
      ["a/2.parquet", " or ", "b/3.parquet"],
      "; for the images, move the other files elsewhere",
    ],
  ])("whole data sets: %j are not chosen from in silence", async (paths, received, places, more) => {
    for (const path of paths) await put(path);
    const named = places.map((place) => (place === " or " ? place : join(folder, place))).join("");
    expect((await errorOf(folder)).details).toEqual({
      kind: "data",
      where: folder,
      expected: "files of one kind",
      received,
      help: `give the one that you mean: ${named}${more}`,
    });
    const inside = zipOf(paths.map((name) => ({ name, content: "x" })));
    await put("set.zip", inside);
    expect((await errorOf(join(folder, "set.zip"))).details).toMatchObject({
      received,
      help: "unpack it, and give the folder or file that you mean",
    });
  });
});

describe("several places", () => {
  test("that share images are refused by name, however they are written", async () => {
    for (const path of ["a/cat/1.png", "ab/2.png"]) await put(path);
    await symlink(join(folder, "a", "cat"), join(folder, "link"));
    const a = join(folder, "a");
    const refused = async (...places: string[]): Promise<unknown> => {
      const thrown: unknown = await openSource(places).catch((cause: unknown) => cause);
      return thrown instanceof AtelierError
        ? [thrown.details.kind, thrown.details.where, thrown.details.received]
        : thrown;
    };
    const [cat, link] = [join(a, "cat"), join(folder, "link")];
    expect(await refused(a, `${a}/`)).toEqual(["usage", "DATA", `${a}/, which is the same as ${a}`]);
    expect(await refused(a, cat)).toEqual(["usage", "DATA", `${cat}, which lies in ${a}`]);
    expect(await refused(link, join(folder, "ab"), a)).toEqual(["usage", "DATA", `${link}, which lies in ${a}`]);
    const flowers = "sample:flowers";
    expect(await refused(flowers, flowers)).toEqual(["usage", "DATA", `${flowers}, which is the same as ${flowers}`]);
    expect((await openSource([a, join(folder, "ab"), flowers])).records).toHaveLength(2402);
  });
});

describe("one file", () => {
  test("is not blamed for what lies beside it", async () => {
    for (const name of ["aaa.txt", "aaa.npz"]) await symlink("nowhere", join(folder, name));
    await put("x.npz", "no archive");
    expect((await errorOf(join(folder, "x.npz"))).details).toMatchObject({ where: join(folder, "x.npz") });
    const weights = npyOf({ descr: "<f4", shape: [3], data: Buffer.alloc(12) });
    await put("y.npz", zipOf([{ name: "w.npy", content: weights }]));
    expect((await errorOf(join(folder, "y.npz"))).details.received).toBe("w (float32 [3])");
  });

  test("that is a pipe is not waited for", async () => {
    for (const name of ["x.npy", "x.zip", "x.parquet", "train-images-idx3-ubyte"]) {
      execFileSync("mkfifo", [join(folder, name)]);
      expect((await errorOf(join(folder, name))).details).toMatchObject({
        kind: "usage",
        received: `${join(folder, name)}, which is neither a file nor a folder`,
      });
    }
  });
});

describe("what cannot be opened", () => {
  test("an empty name, which is not the current folder", async () => {
    expect((await errorOf("")).details).toMatchObject({ kind: "usage", where: "DATA", received: "nothing" });
  });

  test("a path where nothing is", async () => {
    const error = await errorOf(join(folder, "nowhere"));
    expect(error.exitStatus).toBe(2);
    expect(error.message).toContain("nowhere, which does not exist\nhelp: check the path, or try sample:flowers");
  });

  test("an unknown sample, with a guess", async () => {
    const error = await errorOf("sample:flower");
    expect(error.details).toMatchObject({
      kind: "usage",
      received: "sample:flower",
      help: "did you mean sample:flowers?",
    });
    expect((await errorOf("sample:toString")).details.help).toBe("use sample:flowers");
  });

  test("a single image", async () => {
    await put("1.png");
    const error = await errorOf(join(folder, "1.png"));
    expect(error.details).toMatchObject({
      kind: "usage",
      received: "a single image",
      help: `give the folder that holds it: ${folder}`,
    });
  });

  test("a file of another kind", async () => {
    await put("photos.rar");
    expect((await errorOf(join(folder, "photos.rar"))).details.kind).toBe("usage");
    await put("photos.zip");
    expect((await errorOf(join(folder, "photos.zip"))).details.kind).toBe("data");
  });

  test("a folder without images, naming what is there", async () => {
    expect((await errorOf(folder)).details).toMatchObject({ kind: "data", received: "no files" });
    for (const path of ["notes.txt", "a/b.doc", "c.md", "d.md"]) await put(path);
    expect((await errorOf(folder)).details.received).toBe("4 files: a/b.doc, c.md, d.md, …");
  });

  test("array files one folder too deep", async () => {
    await put("raw/train-images-idx3-ubyte");
    expect((await errorOf(folder)).details.help).toBe(`give the folder that holds the files: ${join(folder, "raw")}`);
  });
});
