import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { inspectSource } from "./inspect.ts";
import { openSource } from "./open-source.ts";
import { suggestFormat } from "./suggest-format.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-inspect-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const picture = async (width: number, height: number, grey = false): Promise<Buffer> =>
  await sharp({ create: { width, height, channels: 3, background: "#a06020" } })
    .toColourspace(grey ? "b-w" : "srgb")
    .png()
    .toBuffer();
const put = async (path: string, bytes: Uint8Array): Promise<void> => {
  await mkdir(join(folder, path, ".."), { recursive: true });
  await writeFile(join(folder, path), bytes);
};

describe("inspectSource", () => {
  test("counts images, classes, sizes, colours, copies and broken files", async () => {
    const [wide, small] = [await picture(60, 40), await picture(20, 20, true)];
    for (const name of ["train/a/1.png", "train/b/2.png", "train/b/3.png", "test/a/4.png"]) await put(name, wide);
    await put("train/unlabelled/5.png", small);
    await put("train/a/cut.png", wide.subarray(0, -20));
    await put("notes.txt", Buffer.from("x"));
    const source = await openSource(folder);
    let last = "";
    const report = await inspectSource(source, { onProgress: (done, total) => (last = `${done} of ${total}`) });
    expect(last).toBe("6 of 6");
    expect(report).toMatchObject({
      kind: "folder",
      readable: 5,
      ignored: ["notes.txt"],
      classes: [
        { name: "a", count: 2 },
        { name: "b", count: 2 },
      ],
      unlabelled: 1,
      splits: { train: 4, test: 1, unnamed: 0 },
      colours: { colour: 4, grey: 1 },
      sizes: {
        width: { smallest: 20, median: 60, largest: 60 },
        height: { smallest: 20, median: 40, largest: 40 },
        common: [
          { width: 60, height: 40, count: 4 },
          { width: 20, height: 20, count: 1 },
        ],
      },
      duplicates: [["test/a/4.png", "train/a/1.png", "train/b/2.png", "train/b/3.png"]],
    });
    expect(report.broken.map(({ file }) => file)).toEqual(["train/a/cut.png"]);
    expect(await inspectSource(source, { skipped: report.broken })).toEqual(report);
  });

  test("a folder of nothing but broken images is still a report", async () => {
    await put("1.png", Buffer.alloc(0));
    expect(await inspectSource(await openSource(folder))).toMatchObject({
      readable: 0,
      sizes: null,
      duplicates: [],
      splits: null,
    });
  });
});

describe("suggestFormat", () => {
  test.each([
    [28, 28, 32],
    [32, 50, 32],
    [33, 50, 40],
    [100, 200, 64],
    [5, 9, 16],
  ])("images of %i by %i px are trained at %i px", async (width, height, size) => {
    await put("1.png", await picture(width, height));
    const { format, reasons } = await suggestFormat(await openSource(folder));
    expect(format).toEqual({ height: size, width: size, channels: 3 });
    expect(reasons.size).toContain(`${width} px`);
  });

  test("grey images give one channel; a single colour image gives three; broken ones do not count", async () => {
    await put("1.png", await picture(20, 20, true));
    await put("2.png", Buffer.alloc(0));
    expect(await suggestFormat(await openSource(folder))).toMatchObject({
      format: { channels: 1 },
      reasons: { channels: "all of 1 measured images are grey" },
    });
    await put("3.png", await picture(20, 20));
    expect(await suggestFormat(await openSource(folder))).toMatchObject({
      format: { channels: 3 },
      reasons: { channels: "1 of 2 measured images are in colour" },
    });
  });
});
