import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSource } from "./open-source.ts";
import { suggestFormat } from "./suggest-format.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-format-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function put(name: string, width: number, height: number, grey = false): Promise<void> {
  const flat = sharp({ create: { width, height, channels: 3, background: "#a06020" } });
  await writeFile(
    join(folder, name),
    await flat
      .toColourspace(grey ? "b-w" : "srgb")
      .png()
      .toBuffer(),
  );
}

describe("suggestFormat", () => {
  test.each([
    [28, 28, 28],
    [32, 50, 32],
    [33, 50, 36],
    [100, 200, 64],
    [5, 9, 16],
  ])("images of %i by %i px are trained at %i px", async (width, height, size) => {
    await put("1.png", width, height);
    const { format, reasons } = await suggestFormat(await openSource(folder));
    expect(format).toEqual({ height: size, width: size, channels: 3 });
    expect(reasons.size).toContain(`${width} px`);
  });

  test("grey images give one channel; a single colour image gives three; broken ones do not count", async () => {
    await put("1.png", 20, 20, true);
    await writeFile(join(folder, "2.png"), "");
    expect(await suggestFormat(await openSource(folder))).toMatchObject({
      format: { channels: 1 },
      reasons: { channels: "all of 1 measured images are grey" },
    });
    await put("3.png", 20, 20);
    expect(await suggestFormat(await openSource(folder))).toMatchObject({
      format: { channels: 3 },
      reasons: { channels: "1 of 2 measured images are in colour" },
    });
  });
});
