import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { zipSync } from "fflate";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestEntry, zipOf } from "../testing/zip.ts";
import type { FileTree } from "./file-tree.ts";
import { openZipTree } from "./zip-tree.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-zip-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const put = async (name: string, bytes: Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};
const pathsOf = (tree: FileTree): string[] => tree.files.map((file) => file.path);
const text = async (tree: FileTree, path: string): Promise<string> => Buffer.from(await tree.read(path)).toString();
const streamed = async (tree: FileTree, path: string, start?: number): Promise<Buffer> => {
  const pieces: Uint8Array[] = [];
  for await (const piece of tree.stream(path, start)) pieces.push(piece);
  return Buffer.concat(pieces);
};
/** What becomes of an entry, read whole and in pieces. */
const outcomes = async (entry: TestEntry): Promise<string[]> => {
  const tree = await openZipTree(zipOf([entry, { name: "good.txt", content: "good" }]), "odd.zip");
  expect(await text(tree, "good.txt")).toBe("good");
  const [unusable] = tree.unusable;
  if (unusable !== undefined) return [`${unusable.file}: ${unusable.reason}`];
  const path = String(entry.name);
  return await Promise.all(
    [tree.read(path), streamed(tree, path)].map((reading) =>
      reading.then(
        (bytes) => `${bytes.length} bytes`,
        (cause: unknown) => String(cause).replace("Error: ", ""),
      ),
    ),
  );
};
/** Files that this process has open; null where the system does not say. */
const openFiles = async (): Promise<number | null> =>
  await readdir("/proc/self/fd").then(
    (names) => names.length,
    () => null,
  );

describe("the files of an archive", () => {
  test("are listed in order and read, packed or stored", async () => {
    const bytes = zipSync({
      "dog/2.jpg": Buffer.from("a dog"),
      "cat/1.jpg": [Buffer.from("a cat, a cat, a cat"), { level: 0 }],
      "cat/": Buffer.alloc(0),
      "cat/.hidden": Buffer.from("x"),
      "__MACOSX/cat/._1.jpg": Buffer.from("x"),
      "empty.txt": Buffer.alloc(0),
    });
    const path = await put("pets.zip", bytes);
    for (const tree of [await openZipTree(path), await openZipTree(bytes, path)]) {
      expect(tree.files).toEqual([
        { path: "cat/1.jpg", size: 19 },
        { path: "dog/2.jpg", size: 5 },
        { path: "empty.txt", size: 0 },
      ]);
      expect(tree.unusable).toEqual([]);
      expect(await Promise.all(pathsOf(tree).map((each) => text(tree, each)))).toEqual([
        "a cat, a cat, a cat",
        "a dog",
        "",
      ]);
      expect(await Promise.all(pathsOf(tree).map(async (each) => String(await streamed(tree, each, 2))))).toEqual([
        "cat, a cat, a cat",
        "dog",
        "",
      ]);
      expect(tree.pathOf("cat/1.jpg")).toBe(`${path}/cat/1.jpg`);
      expect(tree.onDisk("cat/1.jpg")).toBeUndefined();
    }
  });

  test.each([
    ["any.zip", ["photos/cat/1.jpg", "photos/dog/2.jpg"], ["cat/1.jpg", "dog/2.jpg"]],
    ["any.zip", ["repo-main/images/cat/1.jpg", "repo-main/images/dog/2.jpg"], ["cat/1.jpg", "dog/2.jpg"]],
    ["any.zip", ["photos/1.jpg", "photos/cat/2.jpg"], ["1.jpg", "cat/2.jpg"]],
    ["Photos.ZIP", ["photos/1.jpg", "photos/2.jpg"], ["1.jpg", "2.jpg"]],
    ["pets.zip", ["cat/1.jpg", "cat/2.jpg"], ["cat/1.jpg", "cat/2.jpg"]],
    ["any.zip", ["raw/train-images-idx3-ubyte"], ["train-images-idx3-ubyte"]],
    ["A.zip", ["A/cat/1.jpg", "A/cat/2.jpg"], ["cat/1.jpg", "cat/2.jpg"]],
    ["any.zip", ["unlabelled/1.jpg", "unlabelled/2.jpg"], ["unlabelled/1.jpg", "unlabelled/2.jpg"]],
    ["any.zip", ["train/cat/1.jpg", "train/dog/2.jpg"], ["train/cat/1.jpg", "train/dog/2.jpg"]],
    ["any.zip", ["all/train/cat/1.jpg", "all/train/dog/2.jpg"], ["train/cat/1.jpg", "train/dog/2.jpg"]],
    ["any.zip", ["a/cat/1.jpg", "readme.txt"], ["a/cat/1.jpg", "readme.txt"]],
  ])("folders that only wrap the others are left out: %s with %j", async (name, inside, paths) => {
    const bytes = zipOf(inside.map((each) => ({ name: each, content: each })));
    const tree = await openZipTree(bytes, name);
    expect(pathsOf(tree)).toEqual(paths);
    for (const [at, path] of paths.entries()) {
      expect(await text(tree, path)).toBe(inside[at]);
      expect(tree.pathOf(path)).toBe(`${name}/${inside[at]}`);
    }
  });

  test("names may be UTF-8 with or without saying so, CP437, odd, or use backslashes", async () => {
    const tree = await openZipTree(
      zipOf([
        { name: "кот/1.jpg", content: "1" },
        { name: "кот/2.jpg", content: "2", flags: 0 },
        { name: Buffer.from("caf\x82/3.jpg", "latin1"), content: "3", flags: 0 },
        { name: "dog\\4.jpg", content: "4" },
        { name: "./dog//5\n😀.jpg", content: "5" },
        { name: `dog/${"n".repeat(255)}`, content: "6" },
      ]),
    );
    const names = ["café/3.jpg", "dog/4.jpg", "dog/5\n😀.jpg", `dog/${"n".repeat(255)}`, "кот/1.jpg", "кот/2.jpg"];
    expect(pathsOf(tree)).toEqual(names);
    expect(await Promise.all(names.map((name) => text(tree, name)))).toEqual(["3", "4", "5", "6", "1", "2"]);
  });

  test("an empty archive has none; 64-bit sizes and several readers at once are fine", async () => {
    expect(pathsOf(await openZipTree(zipSync({})))).toEqual([]);
    const contents = Array.from({ length: 30 }, (_, at) => Buffer.alloc(at * 30_000, `file ${at}`));
    const entries = contents.map((content, at) => ({ name: `${at}`, content, method: at % 2 ? 8 : 0 }));
    const tree = await openZipTree(await put("big.zip", zipOf(entries, { zip64: true })));
    await Promise.all(
      contents.map(async (content, at) => {
        expect(content.equals(await tree.read(`${at}`))).toBe(true);
        expect(content.subarray(1000).equals(await streamed(tree, `${at}`, 1000))).toBe(true);
      }),
    );
  });
});

describe("bad entries are named and leave the others alone", () => {
  const leads = "its path leads out of the archive";
  test.each<[string, TestEntry]>([
    [`../x.jpg: ${leads}`, { name: "../x.jpg", content: "x" }],
    [`a/../../x.jpg: ${leads}`, { name: "a\\..\\..\\x.jpg", content: "x" }],
    [`/etc/passwd: ${leads}`, { name: "/etc/passwd", content: "x" }],
    [`C:/x.jpg: ${leads}`, { name: "C:\\x.jpg", content: "x" }],
    ["x.jpg: encrypted", { name: "x.jpg", content: "x", flags: 0x801 }],
    ["x.jpg: packed with LZMA, which Atelier does not read", { name: "x.jpg", content: "x", method: 14 }],
    ["x.jpg: packed with method 77, which Atelier does not read", { name: "x.jpg", content: "x", method: 77 }],
    ["x.jpg: a link", { name: "x.jpg", content: "/etc/passwd", mode: 0o120777 }],
    ["x.jpg: neither a file nor a folder", { name: "x.jpg", content: "", mode: 0o010666 }],
    ["good.txt: the archive has several files of this name", { name: "./good.txt", content: "x" }],
  ])("%s", async (expected, entry) => {
    const tree = await openZipTree(zipOf([entry, { name: "good.txt", content: "good" }, { name: "z", content: "z" }]));
    expect(new Set(tree.unusable.map(({ file, reason }) => `${file}: ${reason}`))).toEqual(new Set([expected]));
    expect(tree.files.length + tree.unusable.length).toBe(3);
    expect(await text(tree, "z")).toBe("z");
  });

  const content = Buffer.from("some text, some text, some text");
  test.each<[string, Partial<TestEntry>]>([
    ["the archive's checksum of it is wrong", { checksum: 1 }],
    ["the archive's checksum of it is wrong", { checksum: 1, method: 0 }],
    ["it is longer than the archive says", { size: 30 }],
    ["it is longer than the archive says", { size: 0 }],
    ["it is longer than the archive says", { size: 30, method: 0 }],
    ["it is shorter than the archive says", { size: 32 }],
    [
      "it is shorter than the archive says",
      { size: 100_000_000, packed: Buffer.alloc(1_000_000, deflateRawSync(content)) },
    ],
    ["its data in the archive ends too early", { packed: deflateRawSync(content).subarray(0, -4) }],
    ["its data in the archive is damaged (invalid block type)", { packed: Buffer.from([0xff, 0xff]) }],
  ])("%s", async (expected, fault) => {
    expect(await outcomes({ name: "odd.txt", content, ...fault })).toEqual([expected, expected]);
  });

  test("zip bombs end early, whether they say how large they are or not", async () => {
    const zeros = deflateRawSync(Buffer.alloc(2 ** 26));
    const bomb = { name: "bomb.jpg", content: "", packed: zeros };
    const short = "it is longer than the archive says";
    expect(await outcomes({ ...bomb, size: 1000 })).toEqual([short, short]);
    expect((await outcomes({ ...bomb, size: 2 ** 26 }))[0]).toBe("a zip bomb: 64 MB packed into 0.062 MB");
    expect((await outcomes({ ...bomb, size: 2 ** 30 }))[0]).toBe("more than 512 MB");
  });

  test("files that share their data in the archive are refused but for one", async () => {
    const content = Buffer.alloc(1000);
    const names = ["a", "b", "c"];
    const tree = await openZipTree(zipOf(names.map((name, at) => ({ name, content, overlaps: at > 0 }))));
    const found = await Promise.allSettled(names.map((name) => tree.read(name)));
    expect(found.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected"]);
    await expect(tree.read("b")).rejects.toThrow("the archive's directory leads to another file");
  });
});

describe("archives that are damaged as a whole", () => {
  const whole = zipOf([
    { name: "a", content: "a" },
    { name: "b", content: "b" },
  ]);
  test.each([
    ["an empty file", Buffer.alloc(0)],
    ["no zip archive, or one that is cut short", Buffer.from("this is no archive")],
    ["no zip archive, or one that is cut short", whole.subarray(0, -30)],
    ["bytes after the end of the archive, or a damaged end", Buffer.concat([whole, Buffer.alloc(5)])],
    ["a damaged directory of files", zipOf([{ name: "a", content: "a" }], { count: 2 })],
    [
      "it lists more files than it counts",
      zipOf(
        [
          { name: "a", content: "a" },
          { name: "b", content: "b" },
        ],
        { count: 1 },
      ),
    ],
    ["it lists more files than it counts", zipOf([{ name: "a", content: "a" }], { count: 0 })],
  ])("%s", async (reason, bytes) => {
    const path = await put("odd.zip", bytes);
    const opening = openZipTree(path);
    await expect(opening).rejects.toThrow(reason);
    await expect(opening).rejects.toMatchObject({ details: { kind: "data", where: path } });
  });

  test("an archive that is not there", async () => {
    await expect(openZipTree(join(folder, "none.zip"))).rejects.toMatchObject({ details: { kind: "file" } });
  });

  test("no damage gives wrong bytes", async () => {
    const contents = new Map([0, 8].map((method) => [`file${method}`, Buffer.from(`${method} text `.repeat(50))]));
    const archive = zipOf([...contents].map(([name, content]) => ({ name, content, method: Number(name.slice(4)) })));
    await fc.assert(
      fc.asyncProperty(
        fc.nat(archive.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, flip, cut) => {
          const damaged = Buffer.from(archive.subarray(0, cut ? at : archive.length));
          if (!cut) damaged.writeUInt8(damaged.readUInt8(at) ^ flip, at);
          const tree = await openZipTree(damaged).catch(() => undefined);
          for (const path of tree ? pathsOf(tree) : []) {
            const found = await Promise.allSettled([tree?.read(path), tree && streamed(tree, path)]);
            for (const each of found)
              if (each.status === "fulfilled")
                expect(Buffer.from(each.value ?? []).equals(contents.get(path) ?? archive)).toBe(true);
          }
        },
      ),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe("an archive on disk", () => {
  const long = Buffer.from(Array.from({ length: 3_000_000 }, (_, at) => (at * at) % 251));
  test("is closed when nobody reads it, even by readers that stop early", async () => {
    const path = await put("a.zip", zipSync({ long: [long, { level: 1 }], stored: [long, { level: 0 }] }));
    const before = await openFiles();
    const tree = await openZipTree(path);
    for (const name of ["long", "stored"]) {
      for await (const piece of tree.stream(name, 10)) {
        expect(piece[0]).toBe(100);
        break;
      }
      expect(long.equals(await tree.read(name))).toBe(true);
    }
    expect(await openFiles()).toBe(before);
  });

  test("that changes is noticed", async () => {
    const path = await put("a.zip", zipSync({ a: Buffer.from("a") }));
    const tree = await openZipTree(path);
    const before = await tree.fingerprint(["a"]);
    expect(await (await openZipTree(path)).fingerprint(["a"])).toBe(before);
    expect(await tree.fingerprint([])).not.toBe(before);
    await utimes(path, 1, 1);
    expect(await (await openZipTree(path)).fingerprint(["a"])).not.toBe(before);
    await expect(tree.read("a")).rejects.toThrow("the archive has changed since it was opened");
    await rm(path);
    await expect(streamed(tree, "a")).rejects.toThrow("the archive cannot be read (ENOENT)");
    const [one, other] = [zipSync({ a: Buffer.from("1") }), zipSync({ a: Buffer.from("2") })];
    expect(await (await openZipTree(one)).fingerprint(["a"])).not.toBe(
      await (await openZipTree(other)).fingerprint(["a"]),
    );
  });
});
