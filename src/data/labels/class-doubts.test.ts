import { describe, expect, test } from "vitest";
import { classDoubt } from "./class-doubts.ts";

/** What is found in labels of so many images each, among images without a label. */
const found = (counts: Readonly<Record<string, number>>, unlabelled = 0): string | undefined => {
  const classes = Object.entries(counts).map(([name, images]) => ({ name, images }));
  const labelled = classes.reduce((total, { images }) => total + images, 0);
  return classDoubt({ images: labelled + unlabelled, labelled, classes, heldOut: 0, unlearned: [], withheld: 0 })
    ?.found;
};
const counted = (count: number, nameOf: (index: number) => string, images = 1) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [nameOf(index), images]));

describe("labels that are certainly no classes", () => {
  test("measured values", () => {
    expect(found({ "0.13": 1, "0.57": 1, "0.91": 1 })).toBe(
      "3 different numbers, such as 0.13 and 0.57: measured values",
    );
    expect(found(counted(30, (index) => `-${index}.25`, 4))).toContain("30 different numbers");
    expect(
      found(
        counted(400, (index) => String(index / 7)),
        10_000,
      ),
    ).toContain("400 different numbers");
  });

  test("several labels in a cell", () => {
    expect(found({ "red;round": 9, "red;square": 8, blue: 3 })).toBe(
      "several labels in one cell, such as red;round and red;square",
    );
    expect(found({ "red|round": 9, "blue | round": 8 })).toContain("several labels");
    expect(found({ "red,round": 9, "blue,round": 8 })).toContain("several labels");
  });

  test("texts that belong to one image each", () => {
    expect(
      found(
        counted(60, (index) => `a photograph of scene ${index}`),
        20,
      ),
    ).toBe(
      "60 labels of one image each among 80 training images, such as a photograph of scene 0 and a photograph of scene 1",
    );
  });
});

describe("labels that may be classes", () => {
  test.each([
    ["names", { cat: 1, dog: 2 }],
    ["numbers", counted(50, String, 2)],
    ["whole numbers that went through a spreadsheet", counted(30, (index) => `${index}.0`, 3)],
    ["a few levels", { "0.5": 40, "1.5": 30, "2.5": 50 }],
    ["two levels of one image", { "0.5": 1, "1.5": 1 }],
    ["places with a comma", { "Paris, France": 4, "Lyon, France": 4 }],
    ["names with a mark that share nothing", { "c;t": 4, "d;g": 4 }],
    ["a mark in a few names", { cat: 1, dog: 1, owl: 1, "cat;dog": 1, "cat;owl": 1, ant: 1 }],
  ])("%s", (_, counts) => {
    expect(found(counts)).toBeUndefined();
  });

  test("one image of each, among many others", () => {
    expect(
      found(
        counted(100, (index) => `class ${index}`),
        101,
      ),
    ).toBeUndefined();
    expect(found(counted(10, (index) => `class ${index}`))).toBeUndefined();
  });
});
