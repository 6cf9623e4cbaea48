import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inspectSource, openSource } from "../data/index.ts";
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
