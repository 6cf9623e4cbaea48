import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openSource, type Split } from "../data/index.ts";
import { Classifier } from "../export/index.ts";
import { randomStream } from "../foundation/random.ts";
import { formatOf } from "../methods/index.ts";
import { predictedClasses } from "../metrics/index.ts";
import { BatchFeed } from "./batch-feed.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-judge-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const flowers = await openSource("sample:flowers");
const classNames = ["daisy", "rose", "sunflower", "tulip"];
const imageBytes = 3 * 16 * 16;

/** A class is bright in a quarter of the image; the first eight images have labels. */
const train: Split = {
  count: 60,
  imageBytes,
  labels: Int32Array.from({ length: 60 }, (_, index) => (index < 8 ? index % 4 : -1)),
  names: Array.from({ length: 60 }, (_, index) => String(index)),
  copyImage: (index, target, offset) => {
    const random = randomStream(8, "image", index);
    for (let at = 0; at < imageBytes; at++) {
      const quarter = 2 * Number(at % 16 > 7) + Number(Math.floor(at / 16) % 16 > 7);
      target[offset + at] = random.integer(100) + (quarter === index % 4 ? 150 : 0);
    }
  },
};

const all = new Uint8Array(train.count * imageBytes);
for (let index = 0; index < train.count; index++) train.copyImage(index, all, index * imageBytes);

const small = { size: 16, channels: 3, architecture: "mlp", width: 8, latent: 4, batch: 8 } as const;

it.each([{ model: "feature-matching", averageHalfLife: 8 }, { averageHalfLife: 8 }] satisfies PartialConfig[])(
  "the averaged classifier in training says what its file says, and learns: %o",
  async (given) => {
    const { config } = await planTraining({ ...small, labelsPerClass: 2, ...given }, flowers);
    const model = await TrainingModel.compile(config, train);
    const feed = new BatchFeed(config, { train, format: formatOf(config) }, model.asked);
    for (let step = 0; step < 40; step++) await model.step(step, feed.images(step), feed.labels(step));
    const before = await model.state();
    const classes = await model.judge?.classify(all);
    expect(await model.state()).toEqual(before);

    const path = join(folder, `${config.model}.onnx`);
    await writeFile(path, (await model.files({ classNames, step: 40 })).classifier ?? "");
    const classifier = await Classifier.load(path);
    expect(classes).toEqual(predictedClasses(await classifier.classify(all), 4));
    const right = classes?.filter((label, index) => label === index % 4).length ?? 0;
    // By chance 15 of 60.
    expect(right).toBeGreaterThan(30);
    await Promise.all([classifier.release(), model.release()]);
  },
);

it("a model that learns no classes has none", async () => {
  const { config } = await planTraining({ ...small, classes: 0 }, flowers);
  const model = await TrainingModel.compile(config, train);
  expect(model.judge).toBeUndefined();
  await model.release();
});
