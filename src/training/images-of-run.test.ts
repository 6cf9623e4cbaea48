import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openOtherImages } from "./images-of-run.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-other-images-"));
  const photo = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .jpeg()
    .toBuffer();
  for (const name of ["photo.jpg", "another.jpg", "notes.txt"]) await writeFile(join(folder, name), photo);
  await mkdir(join(folder, "empty"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("images for a trained model", () => {
  it("may be one file, alone", async () => {
    const { records, ignored, unusable } = await openOtherImages(join(folder, "photo.jpg"));
    expect(records.map(({ name }) => name)).toEqual(["photo.jpg"]);
    expect([...ignored, ...unusable]).toEqual([]);
    expect((await openOtherImages(folder)).records.length).toBe(2);
  });

  it.each(["nowhere", "nowhere.jpg", "notes.txt", "empty", ""])(
    "%j is refused without a word of the data to train with",
    async (name) => {
      const refusal = openOtherImages(name === "" ? "" : join(folder, name));
      await expect(refusal).rejects.toThrow("help: check the path");
      await expect(refusal).rejects.not.toThrow(/DATA|sample:/);
    },
  );

  it("names the argument where there is nothing", async () => {
    await expect(openOtherImages("nowhere")).rejects.toThrow(/^images: expected an image, .*nowhere, which does not/);
    await expect(openOtherImages("sample:flower")).rejects.toThrow("did you mean sample:flowers?");
  });
});
