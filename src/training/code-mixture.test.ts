import { afterAll, describe, expect, it } from "vitest";
import { type Dataset, openSource, type Split } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { OnnxSession } from "../runtime/index.ts";
import { BatchFeed } from "./batch-feed.ts";
import { encodedRows } from "./code-mixture.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";

const side = 16;
const imageBytes = side * side;
const classNames = ["left", "right", "top", "bottom"];
const classes = classNames.length;

/** Where the bright square of each class lies, its first row and column. */
const places = [
  [6, 0],
  [6, 11],
  [0, 6],
  [11, 6],
] as const;

/** Whether a pixel is of the square of a class, moved by a pixel at most. */
function isBright(index: number, place: number, [down, right]: readonly number[]): boolean {
  const [row = 0, column = 0] = places[place] ?? [];
  const [y, x] = [Math.floor(index / side) - row - (down ?? 0), (index % side) - column - (right ?? 0)];
  return Math.min(y, x) >= 0 && Math.max(y, x) < 5;
}

/** Squares of changing brightness on a dark ground. The classes take turns; of each the first `labelled` have a label. */
function squares(count: number, labelled: number, name: string): Split {
  return {
    count,
    imageBytes,
    labels: Int32Array.from({ length: count }, (_, index) => (index < labelled * classes ? index % classes : -1)),
    names: Array.from({ length: count }, (_, index) => `${name} ${index}`),
    copyImage: (index, target, offset) => {
      const random = randomStream(8, name, index);
      const [bright, moved] = [140 + random.integer(116), [random.integer(2), random.integer(2)]];
      for (let at = 0; at < imageBytes; at++) target[offset + at] = isBright(at, index % classes, moved) ? bright : 20;
    },
  };
}

/** The class whose square is brightest in a picture, [pixels]. */
function brightest(picture: ArrayLike<number>): number {
  const lights = places.map((_, place) =>
    Array.from(picture).reduce((sum, value, at) => sum + (isBright(at, place, [0, 0]) ? value : 0), 0),
  );
  return lights.indexOf(Math.max(...lights));
}

const dataset: Dataset = {
  name: "squares",
  format: { height: side, width: side, channels: 1 },
  classNames,
  train: squares(300, 2, "train"),
  heldOut: squares(48, 0, "held out"),
  remarks: [],
  labelDraw: null,
  labelsTable: () => "",
  skipped: [],
  ignored: [],
  content: "",
  reused: false,
  close: () => {},
};

const flowers = await openSource("sample:flowers");

/** An autoencoder that learned squares, two of each class with a label. */
async function learned(given: PartialConfig = {}): Promise<TrainingModel> {
  const settings: PartialConfig = {
    model: "autoencoder",
    size: side,
    channels: 1,
    architecture: "mlp",
    width: 32,
    latent: 6,
    batch: 16,
    steps: 250,
    threads: 1,
    classifier: { batch: 8, pseudoLabels: 1, threshold: 0.9, transforms: ["brightness"] },
    ...given,
  };
  // The flowers have as many classes.
  const { config } = await planTraining(settings, flowers);
  const model = await TrainingModel.compile(config, dataset.train);
  const feed = new BatchFeed(config, dataset, model.asked);
  for (let step = 0; step < config.steps; step++) await model.step(step, feed.images(step), feed.labels(step));
  return model;
}

describe("an autoencoder that learned classes from two labels each", () => {
  const learning = learned();
  const writing = learning.then((model) => model.files({ classNames, step: 250 }));
  afterAll(async () => (await learning).release());

  it("tells the classes of new images", async () => {
    const { classifier } = await writing;
    const session = await OnnxSession.open(classifier ?? new Uint8Array(), { device: "cpu" });
    const { count } = dataset.heldOut;
    const bytes = new Uint8Array(count * imageBytes);
    for (let index = 0; index < count; index++) dataset.heldOut.copyImage(index, bytes, index * imageBytes);
    const images = Float32Array.from(bytes, (value) => value / 127.5 - 1);
    const probabilities = await session.run("images", images, [count, 1, side, side], "probabilities");
    await session.release();
    for (let index = 0; index < count; index++) {
      const own = probabilities.subarray(index * classes, (index + 1) * classes);
      expect(own.indexOf(Math.max(...own))).toBe(index % classes);
    }
  });

  it("makes pictures of the class of each column, and its file the same ones", async () => {
    const model = await learning;
    expect(model.askedClasses).toBe(classes);
    const bytes = await model.samples();
    const count = bytes.length / imageBytes;
    const pictures = Array.from({ length: count }, (_, index) =>
      bytes.subarray(index * imageBytes, (index + 1) * imageBytes),
    );
    const right = pictures.filter((picture, index) => brightest(picture) === index % classes);
    expect(right.length / count).toBeGreaterThan(0.95);

    const size = 6 + 1;
    const vectors = randomStream(0, "samples").normals(64 * size);
    const latent = Float32Array.from({ length: count * size }, (_, at) => {
      return vectors[Math.floor(at / size / classes) * size + (at % size)] ?? 0;
    });
    const asked = Float32Array.from({ length: count * classes }, (_, at) =>
      Number(Math.floor(at / classes) % classes === at % classes),
    );
    const session = await OnnxSession.open((await writing).generator, { device: "cpu" });
    const fed = {
      latent: { values: latent, shape: [count, size] },
      class: { values: asked, shape: [count, classes] },
    };
    const images = await session.runAll(fed, "images");
    await session.release();
    // Bytes of numbers that lie between two may be rounded either way.
    images.forEach((value, at) => expect(Math.abs((value + 1) * 127.5 - (bytes[at] ?? 0))).toBeLessThan(0.51));
  });
});

describe("the images that a mixture is fitted to", () => {
  const order = randomStream(2, "order").permutation(100);
  it("are the first of a random order", () => {
    const labels = new Int32Array(100).fill(-1);
    expect(encodedRows(order, 10, { labels }, 0)).toEqual(order.slice(0, 10).sort());
    labels[order[90] ?? 0] = 1;
    expect(encodedRows(order, 10, { labels }, 0)).toEqual(order.slice(0, 10).sort());
  });

  it("are labelled ones first where classes are asked for", () => {
    const labels = new Int32Array(100).fill(-1);
    const known = [order[3] ?? 0, order[60] ?? 0, order[98] ?? 0];
    for (const [index, row] of known.entries()) labels[row] = index;
    const others = order.filter((row) => !known.includes(row)).subarray(0, 7);
    expect(encodedRows(order, 10, { labels }, 3)).toEqual(Uint32Array.of(...known, ...others).sort());
  });

  it("are of every class, however rare it is among the labels", () => {
    const labels = new Int32Array(100).fill(0);
    const rare = order[98] ?? 0;
    labels[rare] = 1;
    expect(encodedRows(order, 10, { labels }, 2)).toEqual(Uint32Array.of(...order.subarray(0, 10), rare).sort());
  });
});
