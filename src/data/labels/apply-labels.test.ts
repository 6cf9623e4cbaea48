import { describe, expect, test } from "vitest";
import type { ImageSource } from "../image-source.ts";
import { recordsOf } from "../sources/folder.ts";
import { applyLabels } from "./apply-labels.ts";
import { parseLabelTable } from "./label-table.ts";

const folderOf = (...names: string[]): ImageSource => ({
  name: "data",
  location: "data",
  kind: "folder",
  records: recordsOf(names),
  unusable: [],
  ignored: [],
  remarks: ["an earlier remark"],
  fingerprint: "f",
  images: async function* () {},
});
const apply = (source: ImageSource, lines: readonly string[], base?: string): ImageSource => {
  const table = parseLabelTable(Buffer.from(["file,label", ...lines].join("\n")), "x/labels.csv");
  return applyLabels(source, table, "x/labels.csv", base);
};
const labels = ({ records }: ImageSource): unknown[] => records.map(({ label }) => label);
const news = ({ remarks }: ImageSource): readonly string[] => remarks.slice(1);

describe("labels from a table", () => {
  test("are those of the images that it lists; the others keep theirs", () => {
    const source = folderOf("1.png", "2.png", "3.png", "cat/4.png", "unlabelled/5.png");
    const labelled = apply(source, ["2.png,dog", "3.png,", "unlabelled/5.png,bird", "1.png,cat"]);
    expect(labels(labelled)).toEqual(["cat", "dog", null, "cat", "bird"]);
    expect(labelled).toEqual({ ...source, records: labelled.records });
  });

  test("leave everything else of the images as it is", () => {
    const source = folderOf("train/a/1.png", "test/a/2.png");
    expect(apply(source, ["1.png,b", "2.png,b"]).records).toEqual([
      { name: "train/a/1.png", label: "b", split: "train" },
      { name: "test/a/2.png", label: "b", split: "test" },
    ]);
  });

  test("come from a table in a sub-folder, too", () => {
    expect(labels(apply(folderOf("1.png", "a/1.png"), ["1.png,dog"], "a"))).toEqual([null, "dog"]);
  });

  test("are the folder's where only the composition of letters differs", () => {
    const [composed, apart] = ["é".normalize("NFC"), "é".normalize("NFD")];
    const labelled = apply(folderOf(`${apart}/1.png`, "2.png", "3.png"), [
      `${composed}/1.png,${composed}`,
      `2.png,${composed}`,
      "3.png,ü",
    ]);
    expect([labels(labelled), news(labelled)]).toEqual([[apart, apart, "ü"], []]);
  });

  test("may be none at all", () => {
    expect(labels(apply(folderOf("cat/1.png"), []))).toEqual(["cat"]);
  });
});

test("a second table is taken over the first, and is told apart from it", () => {
  const once = apply(folderOf("a/1.png", "b/2.png"), ["1.png,x"]);
  expect([labels(apply(once, ["1.png,y"], "a")), news(apply(once, ["1.png,y"], "a"))]).toEqual([
    ["y", "b"],
    [
      "a/1.png: the folder says a, labels.csv line 2 says x; x is taken",
      "a/1.png: labelled x so far, a/labels.csv line 2 says y; y is taken",
    ],
  ]);
});

describe("what does not agree is told by name", () => {
  test("the folder says one thing and the table another: the table is taken", () => {
    const labelled = apply(folderOf("cat/1.png", "cat/2.png", "cat/3.png"), [
      "cat/3.png,",
      "cat/2.png,cat",
      "cat/1.png,dog",
    ]);
    expect([labels(labelled), labelled.remarks]).toEqual([
      ["dog", "cat", null],
      [
        "an earlier remark",
        "cat/1.png: the folder says cat, labels.csv line 4 says dog; dog is taken",
        "cat/3.png: the folder says cat, labels.csv line 2 says no label; no label is taken",
      ],
    ]);
  });

  test("a row without an image, and what it may have meant", () => {
    expect(news(apply(folderOf("a/1.png", "a/tulip.png"), ["a/1.png,a", "b.png,y", "a/tulpi.png,z"]))).toEqual([
      "labels.csv line 4: there is no image a/tulpi.png; did you mean a/tulip.png?",
      "labels.csv line 3: there is no image b.png",
    ]);
  });

  test("an image that is listed twice, under whatever name", () => {
    const labelled = apply(folderOf("a/1.png", "a/2.png", "a/3.png"), [
      "1.png,x",
      "a/1.png,x",
      "2.png,x",
      "a/2,y",
      "2.png,x",
      "3.png,x",
      "3.png,",
    ]);
    expect([labels(labelled), news(labelled)]).toEqual([
      ["x", null, null],
      [
        "a/1.png: the folder says a, labels.csv line 2 says x; x is taken",
        "a/2.png: labels.csv says x in line 4 and y in line 5; neither is taken",
        "a/3.png: labels.csv says x in line 7 and no label in line 8; neither is taken",
        "a/1.png: listed 2 times in labels.csv with the same label (lines 2, 3)",
      ],
    ]);
  });

  test("a row that fits several images is not used", () => {
    const labelled = apply(folderOf("a/1.png", "b/1.png", "c/2.png"), ["1.png,x", "2.png,c"]);
    expect([labels(labelled), news(labelled)]).toEqual([
      ["a", "b", "c"],
      ["labels.csv line 2: 1.png fits 2 images, a/1.png and others; it is not used"],
    ]);
  });

  test("a class of which no label is left", () => {
    const source = folderOf("cat/1.png", "cat/2.png", "dog/3.png", "owl/4.png", "owl/5.png");
    // dog has become cat, and cat is still there; only the owls have none of any kind any more.
    expect(news(apply(source, ["1.png,", "3.png,cat", "4.png,", "5.png,"])).at(-1)).toBe(
      "no image is labelled owl any more: labels.csv takes that label from all 2",
    );
    expect(news(apply(source, ["4.png,", "5.png,cat"])).join()).not.toContain("any more");
  });

  test("20 of a kind by name, in order, and the number of the others", () => {
    const numbers = Array.from({ length: 30 }, (_, n) => String(n + 10));
    const rows = [...numbers].reverse().flatMap((n) => [`cat/${n}.png,dog`, `${n}.jpg,dog`]);
    const remarks = news(apply(folderOf(...numbers.map((n) => `cat/${n}.png`)), rows));
    expect(remarks.length).toBe(42);
    expect(remarks[0]).toMatch(/^cat\/10.png: /);
    expect(remarks[19]).toMatch(/^cat\/29.png: /);
    expect(remarks[20]).toBe("… and 10 more that were labelled otherwise (labels.csv)");
    expect(remarks[21]).toMatch(/there is no image 10.jpg; did you mean cat\/10.png\?$/);
    expect(remarks[41]).toBe("… and 10 more of its lines without an image (labels.csv)");
  });

  test("a table of other images is refused, with an example of both", () => {
    const source = folderOf("images/1.png", "images/2.png");
    expect(() => apply(source, ["photos/1.png,cat", "photos/3.png,dog"])).toThrow(
      "x/labels.csv: expected names of images in data, such as images/1.png, " +
        "received 2 rows, none of which fits one image: photos/1.png (line 2)\n" +
        "help: write file names as they are seen from that folder: images/1.png instead of photos/1.png",
    );
    expect(() => apply(folderOf("a/1.png", "b/1.png"), ["1.png,cat"])).toThrow(
      "received 1 row, none of which fits one image: 1.png (line 2)",
    );
  });
});

test("30,000 images with 30,000 rows, right and wrong ones", () => {
  const names = Array.from({ length: 30_000 }, (_, n) => `class${n % 10}/deep/er/${n}.png`);
  const rows = names.map((name, n) => (n % 3 === 0 ? `${name},x` : n % 3 === 1 ? `${n},y` : `missing/${name},z`));
  const labelled = apply(folderOf(...names), rows);
  expect(labels(labelled).slice(0, 4)).toEqual(["x", "y", "class2", "x"]);
  expect(news(labelled).length).toBe(42);
});
