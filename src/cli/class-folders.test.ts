import { describe, expect, it } from "vitest";
import { folderNames } from "./class-folders.ts";

describe("folders of classes", () => {
  it("are called as the classes, where a folder can be", () => {
    expect([...folderNames(["rose", "red rose", "7", "été"]).values()]).toEqual(["rose", "red rose", "7", "été"]);
  });

  it("are not read as parts of a data set, or as images without a label", () => {
    const named = (...names: readonly string[]) => [...folderNames(names).values()];
    expect(named("Train", "test", "boat", "unlabelled")).toEqual(["Train_", "test_", "boat", "unlabelled_"]);
    expect(named("train", "boat")).toEqual(["train", "boat"]);
    expect(named("train", "val", "train_")).toEqual(["train_", "val_", "train_-2"]);
  });

  it("stay inside, and apart from each other", () => {
    const names = ["../up", "a/b", "a\\b", "a_b", ".", "..", "", "Rose", "rose", "dot.", "x".repeat(300)];
    const folders = [...folderNames(names).values()];
    for (const folder of folders) {
      expect(folder).toMatch(/^[^./\\][^/\\]*$/);
      expect(folder.length).toBeLessThanOrEqual(60);
    }
    expect(new Set(folders.map((folder) => folder.toLowerCase())).size).toBe(names.length);
  });
});
