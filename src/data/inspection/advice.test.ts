import { Command } from "commander";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defineData } from "../../cli/commands/data.ts";
import { defineTrain } from "../../cli/commands/train.ts";
import { adviceFor } from "./advice.ts";
import type { DataReport } from "./report.ts";

type Figures = Omit<DataReport, "advice">;

const spread = (value: number) => ({ smallest: value, median: value, largest: value });
const usual: Figures = {
  name: "photos",
  location: "photos",
  kind: "folder",
  found: 500,
  readable: 500,
  skipped: [],
  ignored: [],
  classes: [],
  balance: null,
  unlabelled: 500,
  remarks: [],
  splits: null,
  colours: { colour: 500, grey: 0, colourless: 0 },
  sizes: {
    width: spread(64),
    height: spread(64),
    common: [],
    aspect: spread(1),
    notSquare: 0,
    cutBySquare: { median: 0, most: 0 },
    suggested: 64,
    belowSuggested: 0,
  },
  modes: null,
  duplicates: { exact: [], near: [], acrossParts: [], contradictions: [], bounded: 0 },
  oddities: { blank: [], blankTransparent: [], dark: [], bright: [], outliers: [] },
};
const shared = { likeness: "near", train: ["a"], test: ["b"] } as const;
const everything: Figures = {
  ...usual,
  found: 502,
  balance: 30,
  classes: [
    { name: "cats", count: 120 },
    { name: "owls", count: 4 },
  ],
  remarks: ["x"],
  colours: { colour: 400, grey: 100, colourless: 0 },
  sizes: usual.sizes && {
    ...usual.sizes,
    aspect: spread(1.5),
    notSquare: 500,
    cutBySquare: { median: 1 / 3, most: 1 / 3 },
    belowSuggested: 3,
  },
  modes: { encodings: {}, colourSpaces: { cmyk: 2 }, bits: {}, transparent: 0, animated: 0, rotated: 0, misnamed: [] },
  duplicates: { exact: [["a", "b"]], near: [["c", "d"]], acrossParts: [shared], contradictions: [], bounded: 0 },
  oddities: { blank: ["e"], blankTransparent: ["e"], dark: ["f"], bright: [], outliers: [] },
};
const textOf = (figures: Figures): string =>
  adviceFor(figures)
    .map(({ text }) => text)
    .join("\n");

describe("adviceFor", () => {
  test("names only flags that exist", () => {
    const program = new Command();
    defineData(program);
    defineTrain(program);
    const known = new Set(program.commands.flatMap(({ options }) => options.map(({ long }) => long)));
    const named = [...textOf(everything).matchAll(/--[a-z-]+/g)].map(([flag]) => flag);
    expect(new Set(named)).toEqual(
      new Set(["--clean", "--near", "--mirror", "--fit", "--pad", "--size", "--preview", "--channels", "--labels"]),
    );
    for (const flag of named) expect(known).toContain(flag);
  });

  test("has nothing but the number of images to say of a sound set", () => {
    expect(adviceFor(usual).map(({ about }) => about)).toEqual(["count"]);
  });

  test("says how few labels there are", () => {
    const classes = [
      { name: "a", count: 20 },
      { name: "b", count: 20 },
    ];
    expect(textOf({ ...usual, classes, balance: 1, unlabelled: 460 })).toContain("Only 40 of 500 images have a label");
    expect(textOf({ ...usual, classes, balance: 1, unlabelled: 0 })).not.toContain("Only");
  });

  test("advises labels where these are few, and images where these are few", () => {
    const classes = [
      { name: "a", count: 4 },
      { name: "b", count: 5 },
    ];
    const few = textOf({ ...usual, classes, balance: 1.25, unlabelled: 491 });
    expect(few).toContain("2 of 2 classes have fewer than 10 labels: a (4), b (5). Further labels help most");
    expect(few).toContain("label-next");
    expect(few).not.toContain("Add images or join classes");
    const all = textOf({ ...usual, readable: 9, found: 9, classes, balance: 1.25, unlabelled: 0 });
    expect(all).toContain("fewer than 10 images: a (4), b (5). Add images or join classes.");
  });

  test("doubts labels as training does, and then promises no classifier", () => {
    const classes = Array.from({ length: 34 }, (_, index) => ({ name: `0.${index + 10}`, count: 1 }));
    const text = textOf({ ...usual, classes, balance: 1, unlabelled: 466 });
    expect(text).toContain("34 different numbers, such as 0.10 and 0.11: measured values. Training asks for");
    expect(text).toContain("--set classes=0");
    expect(text).not.toMatch(/classifier|fewer than 10/);
  });

  test("says of classes that differ in case only that they do", () => {
    const named = (...names: readonly string[]): string =>
      textOf({ ...usual, unlabelled: 0, classes: names.map((name) => ({ name, count: 100 })) });
    expect(named("three", "Three", "two")).toContain("three and Three (they differ in case only). If they are one,");
    expect(named("red rose", "red-rose")).toContain("red rose and red-rose. If they are one,");
    expect(named("three", "two")).not.toContain("differ");
  });

  test("begins with what makes scores untrustworthy", () => {
    expect(adviceFor(everything)[0]).toMatchObject({ about: "leak" });
  });

  test("says something of its own for each order of magnitude", () => {
    const texts = [37, 412, 3000, 60_000].map((readable) => textOf({ ...usual, found: readable, readable }));
    expect(new Set(texts.map((text) => text.replace(/^[\d,]+ images/, ""))).size).toBe(4);
    expect(texts[1]).toMatch(/^412 images\. /);
  });

  test("suggests one channel where all images are grey, however they are stored", () => {
    expect(textOf({ ...usual, colours: { colour: 500, grey: 0, colourless: 500 } })).toContain("--channels 1");
    expect(textOf({ ...usual, colours: { colour: 0, grey: 500, colourless: 0 } })).not.toContain("--channels");
  });

  test("suggests the images' own shape where they share one that can be trained", () => {
    expect(textOf(everything)).toContain("--size 96x64");
    const longer = everything.sizes && { ...everything.sizes, aspect: spread(4.5) };
    expect(textOf({ ...everything, sizes: longer })).not.toContain("gives pictures of their own shape");
    const sizes = everything.sizes && { ...everything.sizes, aspect: { smallest: 0.5, median: 1.5, largest: 2 } };
    expect(textOf({ ...everything, sizes })).not.toContain("--size 96x64");
  });

  test("suggests a smaller size only where there is one", () => {
    expect(textOf(everything)).toContain("A smaller --size avoids that.");
    const sizes = everything.sizes && { ...everything.sizes, suggested: 16 };
    expect(textOf({ ...everything, sizes })).not.toContain("A smaller --size");
  });

  test("promises no cleaned copy of images whose labels contradict", () => {
    expect(textOf(everything)).not.toContain("contradict");
    const images = [
      { name: "a", label: "cats" },
      { name: "b", label: "owls" },
    ];
    const contradictions = [{ likeness: "exact", images }] as const;
    const texts = adviceFor({ ...everything, duplicates: { ...everything.duplicates, contradictions } });
    for (const about of ["leak", "duplicates"])
      expect(texts.find((each) => each.about === about)?.text).toContain("except those whose labels contradict");
  });

  test("tells of the folder above where folders of classes were given one by one", () => {
    const places = (...location: readonly string[]): string => textOf({ ...usual, kind: "joined", location });
    expect(places("photos/cats", "photos/dogs/")).toContain("give the folder above them");
    expect(places("photos/cats", "pictures/dogs")).not.toContain("above");
    expect(places("cats", "sample:flowers")).not.toContain("above");
    expect(places("cats.zip", "dogs.zip")).not.toContain("above");
    expect(textOf({ ...everything, kind: "joined", location: ["a", "b"] })).not.toContain("above");
  });

  test("is made of plain sentences whatever the counts", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3), fc.integer({ min: 1, max: 30_000 }), (broken, grey, readable) => {
        const figures = {
          ...everything,
          readable,
          found: readable + broken,
          colours: { colour: readable, grey, colourless: 0 },
        };
        for (const { text } of adviceFor(figures)) expect(text).toMatch(/^[A-Z\d-].*[.)]$/);
        expect(textOf(figures)).not.toMatch(/NaN|undefined|Infinity|\b1 images/);
      }),
      { numRuns: 50, seed: 1 },
    );
  });
});
