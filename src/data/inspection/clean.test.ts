import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ImageSource } from "../image-source.ts";
import { openSource } from "../open-source.ts";
import { decodedImages } from "../testing/decoded.ts";
import { asBroken, asDrawing, asFile, asPixels, memorySource } from "../testing/memory-source.ts";
import { cleanCopy } from "./clean.ts";

let folder = "";
let out = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-clean-"));
  out = join(folder, "out");
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const picture = async (background: string): Promise<Buffer> =>
  await sharp({ create: { width: 8, height: 8, channels: 3, background } })
    .png()
    .toBuffer();

const put = async (path: string, bytes: Uint8Array | string): Promise<void> => {
  await mkdir(dirname(join(folder, "data", path)), { recursive: true });
  await writeFile(join(folder, "data", path), bytes);
};

const found = (findings: { exact?: string[][]; near?: string[][]; blank?: string[] } = {}) => ({
  duplicates: { exact: findings.exact ?? [], near: findings.near ?? [] },
  oddities: { blank: findings.blank ?? [] },
});

const filesIn = async (path: string): Promise<readonly string[]> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();
};

/** Labels and splits as a sorted list, without the names. */
const meaning = (source: ImageSource): readonly string[] =>
  source.records.map(({ label, split }) => `${label} ${split}`).sort();

describe("cleanCopy of a folder", () => {
  test("keeps paths and bytes, leaves out what is broken, blank or there twice, and says so", async () => {
    const [red, blue, white] = [await picture("#d02020"), await picture("#2020d0"), await picture("#ffffff")];
    await put("cats/1.png", red);
    await put("cats/deep/ü \u{1f600}.png", blue);
    await put("dogs/again.png", white);
    await put("unlabelled/copy of 1.png", red);
    await put("dogs/cut.png", blue.subarray(0, -9));
    await put("notes.txt", "about");
    await symlink(join(folder, "nowhere"), join(folder, "data", "lost.png"));
    const before = await filesIn(join(folder, "data"));
    const source = await openSource(join(folder, "data"));
    const progress: string[] = [];
    const report = await cleanCopy(
      source,
      found({ exact: [["cats/1.png", "unlabelled/copy of 1.png"]], blank: ["dogs/again.png"] }),
      out,
      { onProgress: (done, total) => progress.push(`${done} of ${total}`) },
    );
    expect(report).toMatchObject({ found: 6, kept: 2, labelsTable: false, ignored: ["notes.txt"] });
    expect(report.leftOut).toEqual([
      { file: "lost.png", reason: "a link that leads nowhere" },
      { file: "dogs/again.png", reason: "blank" },
      { file: "dogs/cut.png", reason: expect.stringContaining("early") },
      { file: "unlabelled/copy of 1.png", reason: "equal to cats/1.png" },
    ]);
    expect(progress.at(-1)).toBe("5 of 5");
    expect(await filesIn(out)).toEqual(["cats/1.png", "cats/deep/ü \u{1f600}.png", "cleaning.json"]);
    expect(JSON.parse(await readFile(join(out, "cleaning.json"), "utf8"))).toEqual(report);
    expect(await readFile(join(out, "cats/1.png"))).toEqual(red);
    expect(await filesIn(join(folder, "data"))).toEqual(before);
    expect((await openSource(out)).records.map(({ label }) => label)).toEqual(["cats", "cats"]);
  });

  test("of copies one with a label is kept, and rather the test image than the training image", async () => {
    const image = await picture("#d02020");
    const names = ["test/a/1.png", "test/a/2.png", "train/a/1.png", "train/a/2.png", "train/unlabelled/1.png"];
    for (const name of names) await put(name, image);
    const report = await cleanCopy(
      await openSource(join(folder, "data")),
      found({
        exact: [
          ["test/a/1.png", "train/a/1.png"],
          ["train/unlabelled/1.png", "train/a/2.png"],
        ],
      }),
      out,
    );
    expect(report.leftOut).toEqual([
      { file: "train/a/1.png", reason: "equal to test/a/1.png, a test image" },
      { file: "train/unlabelled/1.png", reason: "equal to train/a/2.png" },
    ]);
    expect(meaning(await openSource(out))).toEqual(["a test", "a test", "a train"]);
  });

  test("copies whose labels contradict each other are all left out", async () => {
    for (const name of ["cat/1.png", "dog/1.png", "dog/2.png"]) await put(name, await picture("#d02020"));
    const report = await cleanCopy(
      await openSource(join(folder, "data")),
      found({ exact: [["cat/1.png", "dog/1.png"]] }),
      out,
    );
    expect(report.leftOut).toEqual([
      { file: "cat/1.png", reason: "equal to dog/1.png, and their labels contradict each other: cat, dog" },
      { file: "dog/1.png", reason: "equal to cat/1.png, and their labels contradict each other: cat, dog" },
    ]);
  });

  test("no name in the copy is one that Windows keeps for devices", async () => {
    const image = await picture("#d02020");
    for (const name of ["CON.png", "aux.old.png", "nul/1.png", "com1/2.png", "constant.png"]) await put(name, image);
    await put("labels.csv", "file,label\nCON.png,LPT1\n");
    const source = await openSource(join(folder, "data"));
    expect(await cleanCopy(source, found(), out)).toMatchObject({ found: 5, kept: 5, labelsTable: true });
    const device = /^(con|aux|nul|com1|lpt1)(\.|$)/i;
    expect((await filesIn(out)).filter((path) => path.split("/").some((part) => device.test(part)))).toEqual([]);
    expect(meaning(await openSource(out))).toEqual(meaning(source));
  });

  test("images that look the same stay unless they are to go", async () => {
    for (const name of ["1.png", "2.png", "3.png", "4.png"]) await put(name, await picture("#d02020"));
    const source = await openSource(join(folder, "data"));
    // 2 is what is kept of the equal 1 and 2 here, though the group of near ones names 1.
    const findings = found({ exact: [["1.png", "2.png"]], near: [["3.png", "1.png"]] });
    expect(await cleanCopy(source, findings, out)).toMatchObject({ kept: 3 });
    expect(await cleanCopy(source, findings, join(folder, "strict"), { near: true })).toMatchObject({
      kept: 2,
      leftOut: [
        { file: "1.png", reason: "nearly equal to 3.png" },
        { file: "2.png", reason: "equal to 1.png" },
      ],
    });
  });

  test("a copy that would change the data, or mix with other files, is refused before anything is written", async () => {
    await put("1.png", await picture("#d02020"));
    const source = await openSource(join(folder, "data"));
    const write = async (path: string): Promise<unknown> => await cleanCopy(source, found(), path);
    await writeFile(join(folder, "file"), "");
    await symlink(join(folder, "data"), join(folder, "link"));
    await expect(write(join(folder, "data", "clean"))).rejects.toThrow("a place outside the data");
    await expect(write(join(folder, "link", "clean"))).rejects.toThrow("a place outside the data");
    await expect(write(folder)).rejects.toThrow("a folder around");
    await expect(write(join(folder, "file"))).rejects.toThrow("received a file");
    await expect(write("")).rejects.toThrow("received no name");
    await mkdir(join(folder, "full", "x"), { recursive: true });
    await expect(write(join(folder, "full"))).rejects.toThrow("a folder with files in it");
    expect(await readdir(join(folder, "data"))).toEqual(["1.png"]);
  });

  test("an empty folder is filled; a copy that is broken off leaves nothing", async () => {
    await put("1.png", await picture("#d02020"));
    const source = await openSource(join(folder, "data"));
    await mkdir(out);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(cleanCopy(source, found(), out, { signal })).rejects.toThrow("enough");
    await expect(cleanCopy(source, found({ blank: ["1.png"] }), out)).rejects.toThrow("images that can be kept");
    expect(await readdir(folder)).toEqual(["data", "out"]);
    expect(await readdir(out)).toEqual([]);
    await cleanCopy(source, found(), out);
    expect(await readdir(out)).toEqual(["1.png", "cleaning.json"]);
  });
});

describe("cleanCopy of other sources", () => {
  const grey = { height: 2, width: 3, channels: 1 } as const;
  const colour = { height: 2, width: 3, channels: 3 } as const;
  const pixelsFrom = (first: number, count: number): Uint8Array =>
    Uint8Array.from({ length: count }, (_, n) => first + n);

  test("pixels become PNG files with the same labels, splits and pixels", async () => {
    const source = memorySource([
      { name: "x.npz#0", label: "7", split: "train", deliver: asPixels(grey, pixelsFrom(0, 6)) },
      { name: "x.npz#1", label: null, split: "train", deliver: asPixels(grey, pixelsFrom(10, 6)) },
      { name: "y.npz#0", label: "7", split: "test", deliver: asPixels(colour, pixelsFrom(100, 18)) },
    ]);
    const report = await cleanCopy(source, found(), out);
    expect(report.labelsTable).toBe(false);
    expect(await filesIn(out)).toEqual([
      "cleaning.json",
      "test/7/y.npz-0.png",
      "train/7/x.npz-0.png",
      "train/unlabelled/x.npz-1.png",
    ]);
    const copy = await openSource(out);
    expect(meaning(copy)).toEqual(meaning(source));
    const [test7, train7, unlabelled] = await decodedImages(copy, colour);
    expect(test7).toEqual(pixelsFrom(100, 18));
    expect(train7).toEqual(Uint8Array.from([0, 1, 2].flatMap(() => [...pixelsFrom(0, 6)])));
    expect(unlabelled).toEqual(Uint8Array.from([0, 1, 2].flatMap(() => [...pixelsFrom(10, 6)])));
  });

  test("drawings are drawn at the size that they state", async () => {
    const format = { height: 12, width: 12, channels: 3 } as const;
    await cleanCopy(memorySource([{ name: "rose", label: "r", format, deliver: asDrawing("#204060") }]), found(), out);
    const copy = await openSource(out);
    expect(await decodedImages(copy, { height: 1, width: 1, channels: 3 })).toEqual([Uint8Array.of(32, 64, 96)]);
    expect(await sharp(join(out, "r/rose.png")).metadata()).toMatchObject({ width: 12, height: 12 });
  });

  test("labels that are no folder names stand in a table", async () => {
    const deliver = asPixels(grey, pixelsFrom(0, 6));
    const labels = ["a/b", "train", 'say "x", twice', "plain", null];
    const source = memorySource(labels.map((label, index) => ({ name: `#${index}`, label, deliver })));
    expect(await cleanCopy(source, found(), out)).toMatchObject({ kept: 5, labelsTable: true });
    expect(await readFile(join(out, "labels.csv"), "utf8")).toBe(
      'file,label\n0.png,a/b\n1.png,train\n2.png,"say ""x"", twice"\nplain/3.png,plain\nunlabelled/4.png,\n',
    );
    const copy = await openSource(out);
    expect(copy.records.map(({ label }) => label)).toEqual(labels);
    expect([copy.remarks, copy.ignored]).toEqual([[], ["cleaning.json"]]);
  });

  test("a range that cannot be had counts with all its images", async () => {
    const source = memorySource([
      { name: "a#0", deliver: () => ({ kind: "broken", first: 0, count: 3, reason: "cut" }) },
      { name: "a#1", deliver: asBroken("cut") },
      { name: "a#2", deliver: asBroken("cut") },
      { name: "b#0", deliver: asPixels(grey, pixelsFrom(0, 6)) },
    ]);
    const once: ImageSource = {
      ...source,
      images: (wanted) => source.images(wanted?.filter((index) => index === 0 || index === 3)),
    };
    expect(await cleanCopy(once, found(), out)).toMatchObject({
      found: 4,
      kept: 1,
      leftOut: [{ file: "a#0 to a#2", reason: "cut", images: 3 }],
    });
  });

  test("whatever the names and labels, every image is in the copy once, with its label, and nothing is outside it", async () => {
    const image = await picture("#d02020");
    const parts = ["..", ".", "", "a", "A", "a.png", "a\\b", "c:", "\n", "é".repeat(200)];
    const part = fc.oneof(fc.constantFrom(...parts), fc.string());
    const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((each) => `${each.join("/")}.png`);
    const label = fc.option(fc.constantFrom("..", "../..", "test", "é", "x/y", "a ", "a.png", "a\nb", '"', "7"));
    const images = fc.uniqueArray(fc.record({ name, label }), {
      maxLength: 8,
      minLength: 1,
      selector: (each) => each.name,
    });
    await fc.assert(
      fc.asyncProperty(images, fc.constantFrom("folder", "parquet"), async (records, kind) => {
        const deep = join(folder, "deep", "deeper");
        const source = memorySource(
          records.map((record) => ({ ...record, deliver: asFile(image) })),
          { kind },
        );
        const report = await cleanCopy(source, found(), join(deep, "out"));
        const files = await filesIn(join(folder, "deep"));
        expect(files.filter((file) => !file.startsWith("deeper/out/"))).toEqual([]);
        expect(files.filter((file) => file.endsWith(".png")).length).toBe(records.length);
        expect(report).toMatchObject({ found: records.length, kept: records.length });
        const labelsOf = ({ records: all }: ImageSource): readonly string[] =>
          all.map((each) => `${each.label}`).sort();
        expect(labelsOf(await openSource(join(deep, "out")))).toEqual(labelsOf(source));
        await rm(deep, { recursive: true });
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});
