import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { access, chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openFlatTree, openFolderTree } from "./disk-tree.ts";
import { type FileTree, largestFile } from "./file-tree.ts";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "atelier-tree-"));
});
afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

const put = async (path: string, content = path): Promise<void> => {
  await mkdir(join(root, path, ".."), { recursive: true });
  await writeFile(join(root, path), content);
};
const pathsOf = (tree: FileTree): readonly string[] => tree.files.map(({ path }) => path);
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

describe("names", () => {
  test.each([
    ["a newline", "two\nlines.png"],
    ["an emoji", "🌻🌼.png"],
    ["255 bytes", `${"ü".repeat(125)}x.png`],
    ["spaces around", " a . png "],
    ["two dots inside", "a..b/c../d...png"],
    ["what a shell or a pattern would take for a command", "$(x) * ? [a] 'b' \"c\" \\ #1 %20.png"],
    ["nothing but an extension's letters", "png"],
    ["the decomposed form of a letter", "u\u0308.png"],
    ["writing from right to left", "\u202eתמונה.png"],
    ["a name that objects inherit", "__proto__/constructor"],
  ])("%s", async (_, path) => {
    await put(path);
    const tree = await openFolderTree(root);
    expect(tree.files).toEqual([{ path, size: Buffer.byteLength(path) }]);
    expect(tree.unusable).toEqual([]);
    expect(text(await tree.read(path))).toBe(path);
  });

  test("two names that look the same are two files", async () => {
    await put("\u00fc.png");
    await put("u\u0308.png");
    const tree = await openFolderTree(root);
    // Some systems keep one form alone.
    expect(tree.files.length + tree.unusable.length).toBe((await count(root)).length);
    for (const path of pathsOf(tree)) expect(text(await tree.read(path))).toBe(path);
  });

  test("not valid UTF-8: named with the reason, file and folder, also through a link", async () => {
    const name = Buffer.concat([Buffer.from(`${root}/bad-`), Buffer.from([0xff, 0xfe]), Buffer.from(".png")]);
    try {
      writeFileSync(name, "x");
    } catch {
      // A system that refuses such names cannot hold one.
      expect((await openFolderTree(root)).files).toEqual([]);
      return;
    }
    await put("good.png");
    const tree = await openFolderTree(root);
    expect([pathsOf(tree), tree.unusable]).toEqual([
      ["good.png"],
      [{ file: "bad-\ufffd\ufffd.png", reason: "its name is not valid UTF-8" }],
    ]);
    const flat = await openFlatTree(root);
    expect([flat.files, flat.unusable]).toEqual([tree.files, tree.unusable]);
  });

  test("hidden files and those that systems leave are none", async () => {
    for (const path of [".a.png", ".git/x.png", "Thumbs.db", "__MACOSX/._a.png", "b/.DS_Store", "b/c.png"])
      await put(path);
    const tree = await openFolderTree(root);
    expect([pathsOf(tree), tree.unusable]).toEqual([["b/c.png"], []]);
  });

  test("are sorted by their code units, whatever the system's order", async () => {
    for (const path of ["b.png", "a/z.png", "B.png", "a.png", "10.png", "9.png", "é.png"]) await put(path);
    expect(pathsOf(await openFolderTree(root))).toEqual([
      "10.png",
      "9.png",
      "B.png",
      "a.png",
      "a/z.png",
      "b.png",
      "é.png",
    ]);
  });
});

describe("folders", () => {
  test("one that is called like an image", async () => {
    await put("x.png/y.png");
    expect(pathsOf(await openFolderTree(root))).toEqual(["x.png/y.png"]);
  });

  test("a hundred levels deep", async () => {
    const path = `${Array.from({ length: 100 }, (_, level) => `level-${level}`).join("/")}/a.png`;
    await put(path);
    const tree = await openFolderTree(root);
    expect(pathsOf(tree)).toEqual([path]);
    expect(text(await tree.read(path))).toBe(path);
  });

  test("10,000 files in one", async () => {
    for (let number = 0; number < 10_000; number++) writeFileSync(join(root, `${number}.png`), "");
    const tree = await openFolderTree(root);
    expect(new Set(pathsOf(tree)).size).toBe(10_000);
    expect(pathsOf(tree)).toEqual([...pathsOf(tree)].sort());
  });

  test("one that must not be read: named, or read by those who may read everything", async () => {
    await put("closed/a.png");
    await put("closed.png");
    await put("open.png");
    await chmod(join(root, "closed"), 0);
    await chmod(join(root, "closed.png"), 0);
    const mayRead = await access(join(root, "closed", "a.png")).then(
      () => true,
      () => false,
    );
    const tree = await openFolderTree(root);
    const reason = "no permission to read it";
    expect(tree.unusable).toEqual(mayRead ? [] : [{ file: "closed/", reason }]);
    expect(pathsOf(tree)).toEqual(["closed.png", ...(mayRead ? ["closed/a.png"] : []), "open.png"]);
    const found = await tree.read("closed.png").then(text, (cause: unknown) => String(cause));
    expect(found).toBe(mayRead ? "closed.png" : `Error: ${reason}`);
    await chmod(join(root, "closed"), 0o700);
  });

  test("one that is not there", async () => {
    await expect(openFolderTree(join(root, "nowhere"))).rejects.toThrow("expected a folder that can be read");
    await expect(openFlatTree(join(root, "nowhere"))).rejects.toThrow("expected a folder that can be read");
  });
});

describe("links and other things", () => {
  test("links to files and folders outside are followed", async () => {
    const outside = await mkdtemp(join(tmpdir(), "atelier-outside-"));
    try {
      await writeFile(join(outside, "a.png"), "outside");
      await symlink(join(outside, "a.png"), join(root, "file.png"));
      await symlink(outside, join(root, "folder"));
      const tree = await openFolderTree(root);
      expect(pathsOf(tree)).toEqual(["file.png", "folder/a.png"]);
      for (const path of pathsOf(tree)) expect(text(await tree.read(path))).toBe("outside");
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  test("many folders that all link to each other are each listed once", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `folder-${index}`);
    for (const name of names) await put(`${name}/1.png`);
    for (const from of names) for (const to of names) await symlink(join(root, to), join(root, from, `to-${to}`));
    const tree = await openFolderTree(root);
    expect(pathsOf(tree)).toEqual(names.map((name) => `${name}/1.png`).sort());
    expect(tree.unusable.length).toBe(12 * 12);
  });

  test("links in circles, to themselves and to nothing are named", async () => {
    await put("a/1.png");
    await symlink(root, join(root, "a", "up"));
    await symlink(join(root, "b"), join(root, "a", "to-b"));
    await mkdir(join(root, "b"));
    await symlink(join(root, "a"), join(root, "b", "to-a"));
    await symlink("self.png", join(root, "self.png"));
    await symlink("nothing.png", join(root, "dangling.png"));
    const tree = await openFolderTree(root);
    expect(pathsOf(tree)).toEqual(["a/1.png"]);
    const again = "a link to a folder that is listed already";
    expect(Object.fromEntries(tree.unusable.map(({ file, reason }) => [file, reason]))).toEqual({
      "a/to-b/": again,
      "a/up/": again,
      "b/to-a/": again,
      "dangling.png": "a link that leads nowhere",
      "self.png": "a link that leads to itself",
    });
  });

  test("a pipe is named and not waited for", async () => {
    execFileSync("mkfifo", [join(root, "pipe.png")]);
    await symlink("pipe.png", join(root, "link.png"));
    for (const tree of [await openFolderTree(root), await openFlatTree(root)]) {
      expect(tree.files).toEqual([]);
      const reason = "neither a file nor a folder";
      expect(tree.unusable).toEqual(["link.png", "pipe.png"].map((file) => ({ file, reason })));
    }
  });

  test("a file that vanishes after it was listed, and one that is too large to be read whole", async () => {
    await put("a.png");
    execFileSync("truncate", ["-s", String(largestFile + 1), join(root, "b.png")]);
    const tree = await openFolderTree(root);
    await rm(join(root, "a.png"));
    await expect(tree.read("a.png")).rejects.toThrow("the file is gone");
    await expect(tree.read("b.png")).rejects.toThrow("larger than 512 MB");
    await expect(tree.stream("a.png")[Symbol.asyncIterator]().next()).rejects.toThrow("the file is gone");
  });
});

test("a fingerprint changes with a file's content, name and place", async () => {
  await put("a.png");
  await put("b.png");
  const print = async (...paths: string[]): Promise<string> => await (await openFolderTree(root)).fingerprint(paths);
  const before = await print("a.png");
  expect(await print("a.png")).toBe(before);
  expect(await print("b.png")).not.toBe(before);
  expect(await print("a.png", "b.png")).not.toBe(before);
  await put("a.png", "other");
  expect(await print("a.png")).not.toBe(before);
});

/** What the system itself lists. */
async function count(folder: string): Promise<readonly string[]> {
  return execFileSync("ls", ["-1", folder], { encoding: "utf8" }).trim().split("\n");
}
