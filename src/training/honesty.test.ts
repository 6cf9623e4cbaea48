import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSource, packDataset } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import { formatOf } from "../methods/index.ts";
import { BatchFeed } from "./batch-feed.ts";
import { identityOf } from "./checkpoints.ts";
import type { PartialConfig } from "./config.ts";
import { fitToData, planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";
import { fittingOf } from "./preparation.ts";
import { bytesOf } from "./safetensors.ts";

// What training does with labels that are hidden from it: nothing. Three runs, from opening the data on, of the same images:
// of all labels `labelsPerClass` draws two of each class; then these are the only labels that anybody knows; then all others
// are wrong, and the table of the drawn labels, as a run's folder keeps it, takes them out again.

const names = Array.from({ length: 30 }, (_, index) => `${index}.png`);
const kinds = ["ant", "bee", "owl"] as const;
const right = (index: number) => kinds[index % 3] ?? "";
/** Another class than the right one, or none, or one that nobody else has. */
const wrong = (index: number) => [kinds[(index + 1) % 3], "", kinds[(index + 2) % 3], "wasp"][index % 4] ?? "";
const tableOf = (labelOf: (index: number) => string) =>
  `file,label\n${names.map((name, index) => `${name},${labelOf(index)}\n`).join("")}`;

let folder = "";
const inside = (...path: readonly string[]) => join(folder, ...path);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atelier-honesty-"));
  for (const place of ["right", "wrong", "bare"]) {
    await mkdir(inside(place));
    for (const [index, name] of names.entries()) {
      const random = randomStream(7, "image", index);
      const raw = { width: 16, height: 16, channels: 1 } as const;
      const pixels = Uint8Array.from({ length: 256 }, () => random.integer(256));
      await sharp(pixels, { raw }).png().toFile(inside(place, name));
    }
  }
  await writeFile(inside("right", "labels.csv"), tableOf(right));
  await writeFile(inside("wrong", "labels.csv"), tableOf(wrong));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// Which scores there are depends on whether held-out images have labels: these are not hidden, and nothing learns from them.
const evaluation: PartialConfig["evaluation"] = { every: 0, metrics: ["kid"], best: "kid" };
const small = { size: 16, channels: 1, latent: 3, width: 2, batch: 6, steps: 40 } as const;

/** Everything that a run has become after some steps, and what it was told of the data. */
async function trained(data: string, options: PartialConfig) {
  const given: PartialConfig = { ...small, evaluation, ...options };
  const source = await openSource(inside(data), { labels: given.labels });
  const plan = await planTraining(given, source);
  const { seed, heldOut: heldOutFraction, labelsPerClass, labels: _, data: __, ...decided } = plan.config;
  const packing = { format: formatOf(plan.config), fitting: fittingOf(plan.config), seed, heldOutFraction };
  const dataset = await packDataset(source, { ...packing, labelsPerClass, cacheFolder: inside("cache") });
  const { train, classNames, skipped } = dataset;
  const readable = { images: train.count, classes: classNames.length, broken: skipped.length };
  const { config, reasons } = fitToData(plan, readable);
  const model = await TrainingModel.compile(config, train);
  const feed = new BatchFeed(config, dataset, model.asked);
  const reports = [];
  for (let step = 0; step < 4; step++) reports.push(await model.step(step, feed.images(step), feed.labels(step)));
  const { generator, classifier } = await model.files({ classNames, step: 4 });
  const result = {
    config: { ...decided, seed, heldOutFraction },
    // What is said of the labels of held-out images depends on these: they are not hidden.
    reasons: { ...reasons, classes: reasons["classes"]?.split(";")[0] },
    told: { names: train.names, labels: [...train.labels], classNames, identity: identityOf(dataset) },
    reports,
    state: hexOf([...(await model.state())].map(([name, { data: numbers }]) => [name, bytesOf(numbers)])),
    samples: Buffer.from(await model.samples()).toString("hex"),
    files: [generator, classifier].map((file) => Buffer.from(file ?? []).toString("hex")),
  };
  const table = dataset.labelsTable();
  await model.release();
  dataset.close();
  return { result, table };
}
const hexOf = (pieces: readonly (readonly [string, Uint8Array])[]) =>
  Object.fromEntries(pieces.map(([name, bytes]) => [name, Buffer.from(bytes).toString("hex")]));

describe.each([
  { architecture: "mlp" },
  { architecture: "dcgan" },
  { model: "feature-matching", architecture: "mlp" },
  { model: "vae", architecture: "mlp" },
  { model: "autoencoder", architecture: "mlp" },
] satisfies PartialConfig[])("%o with two labels of each class", (given) => {
  it("learns the same, bit by bit, where the hidden labels are deleted or wrong, and not where one that it sees is", async () => {
    const drawn = await trained("right", { ...given, labelsPerClass: 2 });
    const { told, reasons } = drawn.result;
    expect([told.classNames, told.labels.filter((label) => label >= 0)]).toEqual([[...kinds], expect.any(Array)]);
    expect(told.labels.filter((label) => label >= 0)).toHaveLength(6);
    expect(reasons["classes"]).toContain("6 of 27 training images have a label, 2 of each class");

    await writeFile(inside("drawn.csv"), drawn.table);
    const labels = inside("drawn.csv");
    expect((await trained("bare", { ...given, labels })).result).toEqual(drawn.result);
    expect((await trained("wrong", { ...given, labels })).result).toEqual(drawn.result);

    await writeFile(inside("changed.csv"), drawn.table.replace(/,ant$/m, ",bee"));
    const changed = await trained("bare", { ...given, labels: inside("changed.csv") });
    expect(changed.result.told.identity).not.toBe(told.identity);
    expect(changed.result.state).not.toEqual(drawn.result.state);
  });
});
