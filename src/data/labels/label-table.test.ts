import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AtelierError } from "../../foundation/errors.ts";
import { parseLabelTable } from "./label-table.ts";

const read = (text: string): unknown[] =>
  parseLabelTable(Buffer.from(text), "labels.csv").rows.map(({ file, label, line }) => [line, file, label]);
const fault = (content: string | Uint8Array): string => {
  try {
    parseLabelTable(Buffer.from(content), "labels.csv");
  } catch (error) {
    expect(error).toBeInstanceOf(AtelierError);
    if (error instanceof AtelierError) return error.message;
  }
  return expect.unreachable();
};

describe("a table of labels", () => {
  test("has a file and a label in each line; an empty label is none", () => {
    expect(read("file,label\ncat/1.png,cat\n2.png,\n3.png,big dog\n")).toEqual([
      [2, "cat/1.png", "cat"],
      [3, "2.png", null],
      [4, "3.png", "big dog"],
    ]);
  });

  test("may have no rows", () => {
    expect(read("file,label")).toEqual([]);
  });

  test.each([
    ["file,label"],
    ["Filename,CLASS"],
    [" path , Category "],
    ['"image","label"'],
    ["file_name,label"],
    ["id,label"],
    ["Image ID,class"],
  ])("knows the columns of %s", (header) => {
    expect(read(`${header}\n1.png,cat`)).toEqual([[2, "1.png", "cat"]]);
  });

  test("ignores other columns, wherever they stand", () => {
    expect(read(",width,label,id,file\n0,64,cat,7,1.png\n1,,dog,8,2.png")).toEqual([
      [2, "1.png", "cat"],
      [3, "2.png", "dog"],
    ]);
  });

  test.each([
    [";", "semicolons"],
    ["\t", "tabs"],
  ])("may be separated by %j (%s)", (mark) => {
    expect(read(`n${mark}file${mark}label\n1${mark}a, b.png${mark}cat\n2${mark}c.png${mark}\n`)).toEqual([
      [2, "a, b.png", "cat"],
      [3, "c.png", null],
    ]);
  });

  test.each([["\n"], ["\r\n"], ["\r"]])("may have lines that end in %j, and quoted cells with such in them", (end) => {
    const lines = ["\ufefffile,label", "", '"a,""b"".png","two', 'lines"', "   ", ",", ' c.png , "cat"', "", ""];
    expect(read(lines.join(end))).toEqual([
      [3, 'a,"b".png', `two${end}lines`],
      [7, "c.png", "cat"],
    ]);
  });

  test("may have lines of different ends", () => {
    expect(read('file,label\r\n1.png,cat\n2.png,"dog"\r\n3.png,\r\n')).toEqual([
      [2, "1.png", "cat"],
      [3, "2.png", "dog"],
      [4, "3.png", null],
    ]);
  });

  test("may be UTF-16 with its mark, as Excel writes it", () => {
    const little = Buffer.from("\ufefffile\tlabel\r\nkätzchen.png\t猫\r\n", "utf16le");
    const rows = [{ file: "kätzchen.png", label: "猫", line: 2 }];
    expect(parseLabelTable(little, "labels.csv").rows).toEqual(rows);
    expect(parseLabelTable(Buffer.from(little).swap16(), "labels.csv").rows).toEqual(rows);
  });
});

describe("what is wrong with a table is said with its line", () => {
  test.each([
    ["", /labels.csv line 1: expected a header .* received an empty table\nhelp: .*file,label/],
    ["1.png,cat\n2.png,dog", /labels.csv line 1: expected a header .* received "1.png,cat"\nhelp: .*file,label/],
    ["file,breed\n1.png,cat", /received "file,breed"/],
    ["file|label\n1.png|cat", /received "file\|label"/],
    [
      "file,label\n1.png,cat\n2.png",
      /line 3: expected 2 cells, as in the header, received 1: "2.png"\nhelp: .*and empty/,
    ],
    ["file,label\n\n1,2.png,cat", /line 3: expected 2 cells, .* received 3: "1,2.png,cat"\nhelp: put quotation marks/],
    ["file;label\n1.png,cat", /line 2: expected 2 cells, .* received 1: .*\nhelp: separate cells by ";"/],
    ["file,label\n,cat", /line 2: expected the name of a file, received an empty cell: ",cat"/],
    ['file,label\na.png,b\n5" nail.png,x\n', /line 3: .* one in the middle of a cell\nhelp: .*5"" nail/],
    ['file,label\na.png,b\n"c.png,x\nd.png,y\n', /line 3: .* one that is never closed/],
    [
      Buffer.from("file,label\n1.png,cat\nk\xe4tzchen.png,cat\n", "latin1"),
      /line 3: expected text in UTF-8.*\nhelp: .*CSV UTF-8/,
    ],
    [Buffer.from("\ufefffile,label", "utf16le").subarray(0, -1), /received damaged UTF-16/],
    [Buffer.from("file,label\n1.png,cat", "utf16le"), /help: save the table as "CSV UTF-8"/],
  ])("%j", (content, message) => {
    expect(fault(content)).toMatch(message);
  });

  test("whatever the bytes are: rows or an AtelierError", () => {
    const piece = fc.constantFrom(
      ...'a,;\t"\n\r \0é猫\ufeff'.split(""),
      "file,label\n",
      "file,label\r\n",
      "1.png,cat\n",
    );
    const bytes = fc.oneof(
      fc.array(piece).map((pieces) => Buffer.from(`file,label\n${pieces.join("")}`)),
      fc.array(piece).map((pieces) => Buffer.from(pieces.join(""), "utf16le")),
      fc.uint8Array({ maxLength: 60 }).map((noise) => Buffer.concat([Buffer.from("file,label\n"), noise])),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        try {
          const { rows } = parseLabelTable(content, "labels.csv");
          expect(rows.every(({ file, line }) => file !== "" && line > 1)).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(AtelierError);
        }
      }),
      { numRuns: 500, seed: 4 },
    );
  });
});

test("a table with a column for each of several attributes is refused with advice", () => {
  const parse = (text: string) => () => parseLabelTable(Buffer.from(text), "x.csv");
  expect(parse("image_id,Smiling,Young\n1.jpg,1,-1\n2.jpg,-1,1\n")).toThrow(
    'x.csv: expected one class for each image, in a column called label, received a column of yes and no for each of 2 attributes: "Smiling, Young"\n' +
      "help: call one of these columns label",
  );
  expect(parse("file;Red;Round;Old\n1.jpg;yes;no;\n")).toThrow("for each of 3 attributes");
  // Other columns than of yes and no, or none: nothing more is known than that labels are missing.
  expect(parse("file,age,weight\n1.jpg,31,70.5\n")).toThrow("x.csv line 1: expected a header");
  expect(parse("file,smiling,young\n")).toThrow("x.csv line 1: expected a header");
  expect(parse("name,smiling,young\n1.jpg,0,1\n")).toThrow("x.csv line 1: expected a header");
});
