import { describe, expect, it } from "vitest";
import type { Dataset, ImageSet, Split } from "../data/index.ts";
import { drawnFrom, imagesOfBoth } from "./drawn-images.ts";

const format = { height: 1, width: 1, channels: 1 } as const;

/** Images of one pixel, sorted by class: the pixel and the label are the class. */
function sorted(count: number, classes: number, name: string): Split {
  const labels = Int32Array.from({ length: count }, (_, row) => Math.floor((row * classes) / count));
  return {
    count,
    imageBytes: 1,
    labels,
    names: Array.from(labels, (_, row) => `${name} ${row}`),
    copyImage: (index, target, offset) => {
      target[offset] = labels[index] ?? 99;
    },
  };
}

const train = sorted(300, 10, "train");
const heldOut = sorted(100, 10, "test");
const dataset: Dataset = {
  name: "sorted",
  format,
  classNames: [],
  train,
  heldOut,
  remarks: [],
  labelDraw: null,
  labelsTable: () => "",
  skipped: [],
  ignored: [],
  content: "",
  reused: false,
  close: () => undefined,
};

const classesIn = async (set: ImageSet) => new Set(await set.read(0, set.count)).size;

describe("images that are drawn from more", () => {
  it("are of all classes and of both parts, and as many as were asked for, with their own labels", async () => {
    const drawn = imagesOfBoth(dataset, format, 101, 3);
    expect(drawn.count).toBe(101);
    expect(await classesIn(drawn)).toBe(10);
    expect([...(await drawn.read(0, 101))]).toEqual([...(drawn.labels ?? [])]);
    expect(drawn.names?.filter((name) => name.startsWith("test")).length).toBe(25);
    expect(imagesOfBoth(dataset, format, 101, 3).names).toEqual(drawn.names);
    expect(imagesOfBoth(dataset, format, 10_000, 3).count).toBe(400);
  });

  it("are known by their numbers", async () => {
    const all = imagesOfBoth(dataset, format, 10_000, 0);
    const { images, numbers } = drawnFrom(all, 60, 1);
    expect(images.count).toBe(60);
    expect(await classesIn(images)).toBe(10);
    expect([...(await images.read(0, 60))]).toEqual(Array.from(numbers, (row) => all.labels?.[row]));
    expect([...drawnFrom(all, 1000, 1).numbers]).toEqual([...(all.labels?.keys() ?? [])]);
  });
});
