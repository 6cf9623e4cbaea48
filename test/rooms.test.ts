import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

/** The rooms of the house from the ground up: a file may import from its own room and from lower ones. */
const rooms = [
  "foundation",
  "graph",
  "runtime",
  "data",
  "nn",
  "metrics",
  "features",
  "models",
  "methods",
  "export",
  "evaluation",
  "training",
  "cli",
];

/** Source files, tests and their helpers aside, with the rooms that they import from. */
function imports(): { readonly file: string; readonly room: string; readonly from: readonly string[] }[] {
  const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter(
    (file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.includes("/testing/") && file.includes("/"),
  );
  return files.map((file) => {
    const text = readFileSync(join("src", file), "utf8");
    const from = [...text.matchAll(/(?:from|import\() ?"(\.[^"]+)"/g)].map(([, path = ""]) => join(file, "..", path));
    return { file, room: file.split("/")[0] ?? "", from: from.map((path) => path.split("/")[0] ?? "") };
  });
}

describe("the rooms of src/", () => {
  it("are the ones that are listed", () => {
    expect(new Set(imports().map(({ room }) => room))).toEqual(new Set(rooms));
  });

  it("import downward only", () => {
    const upward = imports().flatMap(({ file, room, from }) =>
      from.filter((other) => rooms.indexOf(other) > rooms.indexOf(room)).map((other) => `${file} imports ${other}`),
    );
    expect(upward).toEqual([]);
  });
});
