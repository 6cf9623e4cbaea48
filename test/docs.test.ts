import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { configKeys } from "../src/training/index.ts";

const docs = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".md"));
const pages = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", ...docs.map((file) => join("docs", file))];

describe("the documentation", () => {
  it("lists every configuration key, and no other", () => {
    const rows = readFileSync("docs/configuration.md", "utf8").matchAll(/^\| `([^`]+)` +\|/gm);
    expect(new Set([...rows].map(([, key]) => key))).toEqual(new Set(configKeys()));
  });

  it.each(pages)("%s points only at files that are there", (page) => {
    const links = [...readFileSync(page, "utf8").matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
    const missing = links.filter((link) => !link.startsWith("https:") && !existsSync(join(dirname(page), link)));
    expect(missing).toEqual([]);
  });

  it.each(pages)("%s names only source files that are there", (page) => {
    const files = [...readFileSync(page, "utf8").matchAll(/`((?:src|bench|docs)\/[\w./-]+)`/g)].map(
      ([, file = ""]) => file,
    );
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});
