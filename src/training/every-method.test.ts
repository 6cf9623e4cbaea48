import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openSource, type Split } from "../data/index.ts";
import { toBytes } from "../export/index.ts";
import { randomStream } from "../foundation/random.ts";
import { askedClasses, buildTrainingStep, formatOf, methodOf, randomSize } from "../methods/index.ts";
import { OnnxSession } from "../runtime/index.ts";
import { BatchFeed } from "./batch-feed.ts";
import { listCheckpoints, loadCheckpoint, saveCheckpoint } from "./checkpoints.ts";
import type { Config, PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";
import { bytesOf, type TensorMap } from "./safetensors.ts";
import { SAMPLES } from "./sampler.ts";

const flowers = await openSource("sample:flowers");
const imageBytes = 3 * 16 * 16;
const small = { size: 16, channels: 3, latent: 4, width: 2, batch: 4, steps: 2000 } as const;
/** LeCam begins in the fourth step from here, adaptive augmentation decides in it. */
const FIRST = 997;

const images = randomStream(8, "images");
const pixels = Uint8Array.from({ length: 40 * imageBytes }, () => images.integer(256));
const train: Split = {
  count: 40,
  imageBytes,
  /** Five of each of the flowers' four classes. */
  labels: Int32Array.from({ length: 40 }, (_, index) => (index < 20 ? index % 4 : -1)),
  names: Array.from({ length: 40 }, (_, index) => String(index)),
  copyImage: (index, target, offset) =>
    target.set(pixels.subarray(index * imageBytes, (index + 1) * imageBytes), offset),
};

/** Every model in every architecture; their settings differ, so that all that has a state of its own is there. */
const withoutLabels: readonly PartialConfig[] = [
  {
    architecture: "mlp",
    microBatches: 2,
    clipNorm: 1,
    optimizer: { name: "adamw" },
    gan: { r1: 1, r1Every: 2, discriminatorSteps: 3, lecam: 0.3, augmentation: "ada", adaTarget: -0.9, mapNoise: true },
  },
  { architecture: "dcgan", gan: { instanceNoise: 0.2, minibatchDeviation: true, dropout: 0.2 } },
  { architecture: "resnet", gan: { updates: "one-stage", r1: 1, r1Every: 2, augmentation: "diffaugment" } },
  { architecture: "fastgan", gan: { r1: 1, r1Every: 2, discriminatorSteps: 2 }, schedule: { shape: "cosine" } },
  {
    model: "autoencoder",
    architecture: "mlp",
    autoencoder: { corruption: "gaussian", sparsity: 0.1 },
    microBatches: 2,
  },
  { model: "autoencoder", architecture: "dcgan", autoencoder: { corruption: "saltAndPepper" } },
  { model: "autoencoder", architecture: "resnet", autoencoder: { reconstruction: "ssim" } },
  { model: "autoencoder", architecture: "fastgan", optimizer: { name: "nesterov" } },
  { model: "vae", architecture: "mlp", vae: { likelihood: "bernoulli", binarise: true, importanceSamples: 3 } },
  { model: "vae", architecture: "dcgan", vae: { sampling: "mixture", components: 3 }, microBatches: 2 },
  { model: "vae", architecture: "resnet", vae: { likelihood: "logistic", warmup: 1000 } },
  { model: "vae", architecture: "fastgan", optimizer: { name: "rmsprop" } },
  { model: "vq-vae", latent: 16, vqVae: { codes: 8, codeSize: 3, priorWidth: 4, priorDepth: 2 } },
];

/** Those that learn from labels, of which images have few. */
const withLabels: readonly PartialConfig[] = [
  { architecture: "mlp", microBatches: 2, gan: { r1: 1, r1Every: 2, augmentation: "ada", adaTarget: -0.9 } },
  { architecture: "dcgan", clipNorm: 1, classifier: { batch: 6, threshold: 0.2 } },
  { architecture: "resnet", gan: { updates: "one-stage", augmentation: "diffaugment" } },
  { model: "feature-matching", architecture: "mlp" },
  { model: "feature-matching", architecture: "dcgan", microBatches: 2 },
  { model: "vae", architecture: "mlp" },
  { model: "vae", architecture: "dcgan", microBatches: 2, vae: { warmup: 1000 } },
  { model: "autoencoder", architecture: "mlp", microBatches: 2 },
  { model: "autoencoder", architecture: "dcgan", autoencoder: { corruption: "gaussian" } },
];

const titleOf = ({ model, architecture }: PartialConfig) => `${model ?? "gan"} ${architecture ?? ""}`.trim();
const titled = [
  ...withoutLabels.map((given) => [titleOf(given), { ...given, classes: 0 }] as const),
  ...withLabels.map((given) => [`${titleOf(given)} with classes`, { ...given, labelsPerClass: 5 }] as const),
];

it.each(titled)("%s goes on as if never stopped, and its file makes the model's pictures", async (_, given) => {
  const { config } = await planTraining({ ...small, ...given }, flowers);
  const folder = await mkdtemp(join(tmpdir(), "atelier-test-"));
  const model = await TrainingModel.compile(config, train);
  const learn = learner(config);
  await learn(model, FIRST, FIRST + 3);
  const checkpoint = { step: FIRST + 3, data: "", forms: model.forms, recoveries: 0, state: await model.state() };
  await saveCheckpoint(folder, checkpoint);
  await learn(model, FIRST + 3, FIRST + 6);

  const [kept] = await listCheckpoints(folder);
  if (kept === undefined) throw new Error("no checkpoint");
  const { forms, state } = await loadCheckpoint(kept);
  const other = await TrainingModel.compile(config, train, { forms });
  other.restore(kept.path, state);
  await learn(other, FIRST + 3, FIRST + 6);
  expect(differing(await other.state(), await model.state())).toEqual([]);
  expect(differing(await other.state(), state).length).toBeGreaterThan(10);

  other.restore(kept.path, vivid(await other.state()));
  await expectSamePictures(other, config);
  await Promise.all([model.release(), other.release(), rm(folder, { recursive: true })]);
});

it("a network that draws real images again moves at the full rate and to the end of its schedule beside a lazy penalty", async () => {
  const sizes = async (r1: number, network: string) => {
    const gan = { r1, r1Every: 4, discriminatorNorm: "none" } as const;
    const schedule = { shape: "cosine" } as const;
    const { config } = await planTraining({ ...small, steps: 40, architecture: "fastgan", gan, schedule }, flowers);
    const { scalars } = buildTrainingStep(methodOf(config), { format: formatOf(config), batch: config.batch });
    const size = scalars.find(({ input: { name } }) => name.startsWith(network) && name.endsWith("/stepSize"));
    return [0, 20, 39].map((step) => size?.value(step, 0));
  };
  expect(await sizes(1, "redrawer")).toEqual(await sizes(0, "redrawer"));
  expect(await sizes(1, "discriminator")).not.toEqual(await sizes(0, "discriminator"));
});

/** What makes steps, with images and labels as a run would feed them. */
function learner(config: Config) {
  return async (model: TrainingModel, from: number, to: number) => {
    const feed = new BatchFeed(config, { train, format: formatOf(config) }, model.asked);
    for (let step = from; step < to; step++) await model.step(step, feed.images(step), feed.labels(step));
  };
}

/** Names of the pieces that are not the same, bit by bit. */
function differing(left: TensorMap, right: TensorMap): readonly string[] {
  expect([...left.keys()]).toEqual([...right.keys()]);
  return [...left].flatMap(([name, { data }]) => {
    const other = right.get(name);
    return other !== undefined && Buffer.compare(bytesOf(data), bytesOf(other.data)) === 0 ? [] : [name];
  });
}

/** A state with other averaged weights: pictures of networks that have hardly learned are grey, and all alike. */
function vivid(state: TensorMap): TensorMap {
  return new Map(
    [...state].map(([name, { shape, data }]) => {
      if (!name.startsWith("average/")) return [name, { shape, data }] as const;
      const random = randomStream(5, name);
      const inputs = shape.length === 4 ? data.length / (shape[0] ?? 1) : (shape[0] ?? 1);
      const deviation = shape.length > 1 ? Math.sqrt(3 / inputs) : 0.3;
      const moved = data.map((value) => value + deviation * random.normal());
      return [name, { shape, data: /variance|sizes/.test(name) ? moved.map((value) => Math.abs(value) + 0.1) : moved }];
    }),
  );
}

async function expectSamePictures(model: TrainingModel, config: Config) {
  const classNames = ["a", "b", "c", "d"].slice(0, config.classes);
  const { generator, classifier } = await model.files({ classNames, step: 1 });
  expect(classifier === undefined).toBe(config.classes === 0);
  const own = await model.samples();
  const method = methodOf(config);
  const [size, classes] = [randomSize(method), askedClasses(method)];
  const vectors = randomStream(config.seed, "samples").normals(SAMPLES * size);
  // A picture of each class from the same vector.
  const taking = Math.max(1, classes);
  const latent = vectors.map((_, at) => vectors[Math.floor(at / (taking * size)) * size + (at % size)] ?? 0);
  const asked = Float32Array.from({ length: SAMPLES * classes }, (_, at) =>
    Math.floor(at / classes) % taking === at % classes ? 1 : 0,
  );
  const inputs = {
    latent: { values: latent, shape: [SAMPLES, size] },
    ...(classes > 0 && { class: { values: asked, shape: [SAMPLES, classes] } }),
  };
  const session = await OnnxSession.open(generator, { device: "cpu" });
  const made = await session.runAll(inputs, "images");
  await session.release();
  // Only bytes are known of the model's own: each is one that a value within 1e-4 of the file's is rounded to.
  const [least, most] = [toBytes(made.map((value) => value - 1e-4)), toBytes(made.map((value) => value + 1e-4))];
  const apart = own.filter((byte, index) => byte < (least[index] ?? 0) || byte > (most[index] ?? 0));
  expect(apart.length).toBe(0);
  expect(new Set(own).size).toBeGreaterThan(50);
}
