import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AtelierError } from "../foundation/errors.ts";
import { openSource } from "./open-source.ts";
import { digestsOf } from "./testing/decoded.ts";

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
    expect(source.unusable).toEqual(["linked", "real/circle"].map((file) => ({ file, reason })));
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

describe("what cannot be opened", () => {
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
