import { describe, expect, test } from "vitest";
import { recordsOf } from "./folder.ts";

const read = (...paths: string[]) => recordsOf(paths).map(({ label, split }) => [label, split]);

describe("labels and splits of a folder", () => {
  test("the first folder is the label, whatever lies deeper", () => {
    expect(read("cats/1.png", "cats/old/2.png", "dogs/3.png", "4.png")).toEqual([
      ["cats", null],
      ["cats", null],
      ["dogs", null],
      [null, null],
    ]);
  });

  test("images in `unlabelled` have no label", () => {
    expect(read("Unlabelled/1.png", "unlabeled/deep/2.png", "a/3.png").map(([label]) => label)).toEqual([
      null,
      null,
      "a",
    ]);
  });

  test("train, test and validation are kept apart, with labels below them", () => {
    expect(
      read("train/a/1.png", "train/unlabelled/2.png", "train/3.png", "Test/a/4.png", "val/b/5.png", "unlabelled/6.png"),
    ).toEqual([
      ["a", "train"],
      [null, "train"],
      [null, "train"],
      ["a", "test"],
      ["b", "test"],
      [null, null],
    ]);
  });

  test("`train` alone means the images to train on", () => {
    expect(read("train/a/1.png", "train/b/2.png")).toEqual([
      ["a", "train"],
      ["b", "train"],
    ]);
  });

  test("`train` among other classes is a class: pictures of trains", () => {
    expect(read("boat/1.png", "train/2.png")).toEqual([
      ["boat", null],
      ["train", null],
    ]);
  });
});
