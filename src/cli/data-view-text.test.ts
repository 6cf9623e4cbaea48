import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { inspectSource, openSource } from "../data/index.ts";
import { zipOf } from "../data/testing/zip.ts";
import { reportText } from "./data-view-text.ts";

test("a list ends after twenty names and says how many there are; names cannot move the cursor", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-view-"));
  try {
    for (let image = 0; image < 25; image++) await writeFile(join(folder, `${String(image).padStart(2, "0")}.png`), "");
    await writeFile(join(folder, "0\n\u001b[2J.png"), "");
    const text = reportText(await inspectSource(await openSource(folder)));
    expect(text).toContain("26 found: 0 readable, 26 skipped");
    expect(text.match(/the file is empty/g)).toHaveLength(20);
    expect(text).toContain("… and 6 more (--json shows all)");
    expect(text).toContain(String.raw`0\n\u001b[2J.png`);
    expect(text).not.toContain("\u001b");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an archive is called one; what is not read has a reason where one is known; one copy is one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "atelier-view-"));
  try {
    const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const names = ["cats/1.png", "cats/2.png", "3.png"];
    const others = ["notes.txt", "logo.SVG", "cleaning.json"].map((name) => ({ name, content: "x" }));
    const images = names.map((name, index) => ({ name, content: Buffer.concat([image, Buffer.alloc(index % 2)]) }));
    await writeFile(join(folder, "pets.zip"), zipOf([...images, ...others]));
    const text = reportText(await inspectSource(await openSource(join(folder, "pets.zip"))));
    expect(text).toContain("pets.zip (folder in a .zip)");
    expect(text).toContain("1 equal to another, 0 that look the same");
    expect(text).toContain("1 class; 1 image without label");
    expect(text).toMatch(
      /Not images that are read\n {2}logo\.SVG +Atelier does not read this kind of image\n {2}notes\.txt\n/,
    );
    expect(text).not.toContain("cleaning.json");
  } finally {
    await rm(folder, { recursive: true });
  }
});
