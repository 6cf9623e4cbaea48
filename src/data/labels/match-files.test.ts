import { describe, expect, test } from "vitest";
import { matchFiles } from "./match-files.ts";

const names = ["1.jpg", "cat/1.jpg", "cat/2.jpg", "dog/2.jpg", "dog/old/3.jpg", "dog/old/3.png", "sub/café.png"];
/** The images that a file of a table fits: a name, several, or none. */
const match = (file: string, base?: string): string => {
  const [found] = matchFiles([file], names, base);
  if (found === undefined) return "none";
  return found.count === 1 ? (names[found.first] ?? "") : `${found.count} from ${names[found.first]}`;
};

describe("a file name of a table fits", () => {
  test.each([
    ["cat/1.jpg", "cat/1.jpg"],
    ["./cat/1.jpg", "cat/1.jpg"],
    [".\\cat\\1.jpg", "cat/1.jpg"],
    ["cat//1.jpg", "cat/1.jpg"],
    ["sub/café.png".normalize("NFD"), "sub/café.png"],
  ])("an image's path: %s", (file, image) => {
    expect(match(file)).toBe(image);
  });

  test("a path in the root rather than the end of another", () => {
    expect(match("1.jpg")).toBe("1.jpg");
  });

  test.each([
    ["café.png", "sub/café.png"],
    ["old/3.jpg", "dog/old/3.jpg"],
    ["3.png", "dog/old/3.png"],
    ["2.jpg", "2 from cat/2.jpg"],
    ["t/1.jpg", "none"],
  ])("the end of one image's path, at a folder's border: %s", (file, image) => {
    expect(match(file)).toBe(image);
  });

  test.each([
    ["cat/2", "cat/2.jpg"],
    ["1", "1.jpg"],
    ["café", "sub/café.png"],
    ["3", "2 from dog/old/3.jpg"],
    ["2", "2 from cat/2.jpg"],
    ["3.gif", "none"],
    ["", "none"],
  ])("an image without its extension: %j", (file, image) => {
    expect(match(file)).toBe(image);
  });

  test.each([
    ["3.jpg", "dog/old", "dog/old/3.jpg"],
    ["1.jpg", "cat", "cat/1.jpg"],
    ["dog/2.jpg", "cat", "dog/2.jpg"],
    ["../cat/2.jpg", "dog", "cat/2.jpg"],
    ["2", "dog", "dog/2.jpg"],
    ["2.jpg", "dog", "dog/2.jpg"],
    ["3.png", "dog", "dog/old/3.png"],
    ["3.png", "cat", "none"],
    ["3.png", "tables", "dog/old/3.png"],
    ["3.png", ".", "dog/old/3.png"],
  ])("what lies beside the table: %s in %s", (file, base, image) => {
    expect(match(file, base)).toBe(image);
  });

  test("two images whose names differ in the composition of letters only: both", () => {
    const twins = ["é.png".normalize("NFC"), "é.png".normalize("NFD")];
    expect(matchFiles(twins, twins)).toEqual([
      { first: 0, count: 2 },
      { first: 0, count: 2 },
    ]);
  });
});
