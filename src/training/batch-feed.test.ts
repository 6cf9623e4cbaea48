import { describe, expect, it } from "vitest";
import { BatchOrder, mirrorImage, openSource, type Split } from "../data/index.ts";
import { input } from "../graph/index.ts";
import { type Asked, BatchFeed } from "./batch-feed.ts";
import type { Config } from "./config.ts";
import { planTraining } from "./defaults.ts";

const side = 16;
const format = { width: side, height: side, channels: 1 } as const;
const imageBytes = side * side;
const given = { size: side, channels: 1, batch: 6, classes: 0, steps: 20 } as const;
const { config } = await planTraining(given, await openSource("sample:flowers"));

/** Image n is of the grey n on its left half and black on its right one. */
const pixelsOf = (index: number) =>
  Uint8Array.from({ length: imageBytes }, (_, at) => (at % side < side / 2 ? index : 0));
const labels = Int32Array.from({ length: 40 }, (_, index) => (index < 9 ? 0 : index < 11 ? 1 : index === 11 ? 2 : -1));
const train: Split = {
  count: 40,
  imageBytes,
  labels,
  names: Array.from(labels, (_, index) => `${index}.png`),
  copyImage: (index, target, offset) => target.set(pixelsOf(index), offset),
};
const dataset = { train, format };

/** A step that asks for so many labelled images a part, and for what is known of each image. */
const asking = (count: number, parts = 1): Asked => ({
  parts,
  known: input("known", [6 / parts, 3]),
  labelled: {
    images: input("labelled/images", [count, 1, side, side], "uint8"),
    classes: input("labelled/classes", [count, 3]),
  },
});
const feedOf = (asked?: Asked, changes: Partial<Pick<Config, "mirror" | "seed">> = {}) =>
  new BatchFeed({ ...config, ...changes }, dataset, asked);

/** Which images a batch has, and which of them are mirrored. */
function shown(images: Uint8Array): { readonly index: number; readonly isMirrored: boolean }[] {
  return Array.from({ length: images.length / imageBytes }, (_, position) => {
    const image = images.subarray(position * imageBytes, (position + 1) * imageBytes);
    const index = Math.max(...image);
    const isMirrored = index > 0 && image[0] === 0;
    const expected = pixelsOf(index);
    if (isMirrored) mirrorImage(expected, format);
    expect(image).toEqual(expected);
    return { index, isMirrored };
  });
}
const rowsOf = (values: Float32Array | undefined) => {
  const rows = Array.from({ length: (values?.length ?? 0) / 3 }, (_, row) =>
    Array.from(values?.subarray(3 * row, 3 * row + 3) ?? []),
  );
  return rows;
};
const oneHot = (label: number) => [0, 1, 2].map((each) => (each === label ? 1 : 0));

describe("what a step is told of classes", () => {
  it("is nothing where it asks for nothing", () => {
    expect(feedOf().labels(0)).toEqual({ known: undefined });
  });

  it("is 1 at the class of each image of the batch, and 0 throughout for one without label", () => {
    const feed = feedOf(asking(4));
    for (let step = 0; step < 12; step++) {
      const images = shown(feed.images(step));
      expect(rowsOf(feed.labels(step).known)).toEqual(images.map(({ index }) => oneHot(labels[index] ?? -1)));
    }
  });

  it("is the same whatever steps were fed before", () => {
    const copy = ({ known, labelled }: ReturnType<BatchFeed["labels"]>) =>
      [known, labelled?.images, labelled?.classes].map((values) => values?.slice());
    const feed = feedOf(asking(4), { mirror: true });
    const early = copy(feed.labels(3));
    feed.labels(9);
    expect(copy(feed.labels(3))).toEqual(early);
    expect(copy(feedOf(asking(4), { mirror: true }).labels(3))).toEqual(early);
    expect(copy(feed.labels(4))).not.toEqual(early);
    expect(copy(feedOf(asking(4), { mirror: true, seed: 1 }).labels(3))).not.toEqual(early);
  });
});

describe("the labelled batch", () => {
  it("has labelled images alone, with their classes, and every class as often as any other", () => {
    const feed = feedOf(asking(4));
    const times = new Map<number, number>();
    // 18 steps of 4 images: 24 of each class.
    for (let step = 0; step < 18; step++) {
      const { labelled } = feed.labels(step);
      const images = shown(labelled?.images ?? new Uint8Array());
      expect(images).toHaveLength(4);
      for (const { index } of images) times.set(index, (times.get(index) ?? 0) + 1);
      expect(rowsOf(labelled?.classes)).toEqual(images.map(({ index }) => oneHot(labels[index] ?? -1)));
    }
    const ofClass = (label: number) => [...times].flatMap(([index, count]) => (labels[index] === label ? [count] : []));
    expect([...times.keys()].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
    expect(ofClass(1)).toEqual([12, 12]);
    expect(ofClass(2)).toEqual([24]);
    // 24 draws of 9 images: each two or three times.
    expect(new Set(ofClass(0))).toEqual(new Set([2, 3]));
  });

  it("is as large as all parts of the batch ask for together", () => {
    const { known, labelled } = feedOf(asking(2, 3)).labels(0);
    expect([known?.length, labelled?.images.length, labelled?.classes.length]).toEqual([18, 6 * imageBytes, 18]);
    expect(labelled).toEqual(feedOf(asking(6)).labels(0).labelled);
  });

  it("is mirrored by draws of its own, which leave the other batch as it is", () => {
    const [mirrored, plain] = [feedOf(asking(6), { mirror: true }), feedOf(asking(6))];
    const alone = feedOf(undefined, { mirror: true });
    let same = 0;
    let turned = 0;
    for (let step = 0; step < 40; step++) {
      const own = shown(mirrored.labels(step).labelled?.images ?? new Uint8Array());
      const others = shown(mirrored.images(step));
      expect(mirrored.images(step)).toEqual(alone.images(step));
      expect(own.map(({ index }) => index)).toEqual(
        shown(plain.labels(step).labelled?.images ?? new Uint8Array()).map(({ index }) => index),
      );
      // Image 0 is black: mirrored or not, it looks the same.
      turned += own.filter(({ isMirrored }) => isMirrored).length;
      same += own.filter(({ isMirrored }, at) => isMirrored === others[at]?.isMirrored).length;
    }
    // Of 240 images: half of them, give or take four deviations.
    expect(Math.abs(turned - 120)).toBeLessThan(40);
    expect(Math.abs(same - 120)).toBeLessThan(40);
  });
});

it("feeds images in the order of the data, whether they have labels or not", () => {
  const order = new BatchOrder(40, 6, config.seed);
  const feed = feedOf(asking(4));
  for (const step of [0, 5, 9])
    expect(shown(feed.images(step)).map(({ index }) => index)).toEqual([...order.indices(step)]);
});
