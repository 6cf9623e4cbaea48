import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, temporaryFolder } from "./command-line.ts";

const folder = await temporaryFolder();
const data = (...words: readonly string[]) => atelier(folder, "data", ...words);

beforeAll(async () => {
  await drawPictures(join(folder, "discs", "round"), 12);
  await drawPictures(join(folder, "discs", "disc"), 3);
  await writeFile(join(folder, "discs", "broken.png"), "");
});

describe("atelier data", () => {
  it("writes a preview and a contact sheet, and over its own sheets again", async () => {
    for (let times = 0; times < 2; times++) {
      const { status, stdout, stderr } = await data(
        "discs",
        "--preview",
        "preview.png",
        "--size",
        "24x16",
        "--mirror",
        "--contact-sheet",
        "sheet.png",
      );
      expect(stderr).toBe("");
      expect(status).toBe(0);
      expect(stdout).toContain("16 found: 15 readable, 1 skipped");
      expect(stdout).toContain("3 equal to others");
    }
    const preview = await sharp(join(folder, "preview.png")).metadata();
    // Four columns: the original, what a network sees of it, and two draws of mirroring; pixels of 8 by 8.
    expect(preview.width).toBe(4 * (8 * 24 + 4) + 4);
    expect((await sharp(join(folder, "sheet.png")).metadata()).width).toBe(12 * (64 + 4) + 4);
  });

  it.each([
    ["--preview", "discs/round/picture-0.png", "expected a place outside the data"],
    ["--contact-sheet", "photo.png", "expected a new file, or a sheet that Atelier wrote"],
    ["--contact-sheet", "photo.jpg", "expected the name of a PNG file"],
    ["--preview", "nowhere/preview.png", "mkdir -p"],
    ["--preview", "discs.png", "expected a file, received a folder"],
    ["--clean", "discs/cleaned", "expected a place outside the data"],
  ])("loses nothing of the user's: %s %s", async (flag, target, message) => {
    await mkdir(join(folder, "discs.png"), { recursive: true });
    const photo = await readFile(join(folder, "discs", "round", "picture-0.png"));
    await writeFile(join(folder, "photo.png"), photo);
    const { status, stdout, stderr } = await data("discs", flag, target);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`${flag} ${target}`);
    expect(stderr).toContain(message);
    for (const file of ["photo.png", join("discs", "round", "picture-0.png")])
      expect((await readFile(join(folder, file))).equals(photo)).toBe(true);
  });

  it("writes a cleaned copy in which every image is kept or named", async () => {
    const { status, stdout } = await data("discs", "--clean", "cleaned", "--near", "--json");
    expect(status).toBe(0);
    const cleaning = JSON.parse(await readFile(join(folder, "cleaned", "cleaning.json"), "utf8"));
    expect(cleaning.kept + cleaning.leftOut.length).toBe(cleaning.found);
    expect(JSON.parse(stdout)).toMatchObject({ found: 16, readable: 15, written: { clean: { folder: "cleaned" } } });
    const again = JSON.parse((await data("cleaned", "--json")).stdout);
    expect(again).toMatchObject({ found: cleaning.kept, readable: cleaning.kept, skipped: [] });
    expect((await readdir(join(folder, "discs"))).sort((a, b) => (a < b ? -1 : 1))).toEqual([
      "broken.png",
      "disc",
      "round",
    ]);
  });
});

describe("atelier cache", () => {
  it("lists what was decoded, and clears it", async () => {
    expect((await atelier(folder, "cache")).status).toBe(0);
    await atelier(folder, "train", "discs", "--size", "16", "--batch", "4", "--steps", "1", "--set", "width=4");
    const listed = await atelier(folder, "cache");
    expect(listed.stdout).toContain("discs");
    expect((await atelier(folder, "cache", "clear", "dsics")).stderr).toContain("did you mean discs");
    expect((await atelier(folder, "cache", "clear", "discs")).status).toBe(0);
    expect(await readdir(join(folder, "cache", "datasets"))).toEqual([]);
  });
});
