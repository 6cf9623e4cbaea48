import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { constant, evaluate, type Tensor } from "../graph/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import type { Method, Players } from "./method.ts";
import { inferencePlayers } from "./players.ts";
import { type SemiSupervisedVaeOptions, semiSupervisedVae } from "./semi-supervised-vae.ts";
import { linearVae } from "./testing/linear-vae.ts";
import { buildTrainingStep, type TrainingStep } from "./training-step.ts";

const format: ImageFormat = { height: 4, width: 4, channels: 1 };
const [pixels, classes, batch] = [16, 2, 16];
const update = { optimizer: adam({ learningRate: 3e-3, beta1: 0.9, beta2: 0.999 }) };
const options: SemiSupervisedVaeOptions = {
  ...linearVae,
  likelihood: "bernoulli",
  architecture: architectures.mlp,
  format,
  latent: 2,
  width: 16,
  batch,
  encoder: update,
  decoder: update,
  teacher: update,
  averageHalfLife: 200,
  classes,
  classifier: {
    width: 8,
    batch: 4,
    pseudoLabels: 1,
    threshold: 0.95,
    transforms: ["brightness", "contrast"],
    alignment: true,
  },
  classModel: "m2",
  classWeight: 20,
  classWarmup: 30,
};
const both = ["m2", "m1+m2"] as const;

/** Class 0 is bright on the left, class 1 above; how bright is the style. Noise lies over both. */
function images(count: number, name: string) {
  const random = randomStream(2, name);
  const labels = Array.from({ length: count }, (_, index) => index % classes);
  const bytes = labels.flatMap((label) => {
    const brightness = 110 + 130 * random.uniform();
    return Array.from({ length: pixels }, (_, pixel) => {
      const isBright = label === 0 ? pixel % 4 < 2 : pixel < 8;
      return Math.round(Math.min(255, Math.max(0, (isBright ? brightness : 15) + 12 * random.normal())));
    });
  });
  return { labels, bytes: Uint8Array.from(bytes) };
}

const oneHot = (labels: readonly number[]) =>
  Float32Array.from(labels.flatMap((label) => [0, 1].map((y) => Number(y === label))));
/** Two images of each class have a label. */
const few = images(4, "labelled");

/** The state after so many steps, and what the last one reports. */
async function trained(method: Method, steps: number, parts = 1) {
  const step = buildTrainingStep(method, { format, batch, parts });
  const runner = await StepRunner.compile(step, 5, { device: "cpu", threads: 1 });
  let report: Readonly<Record<string, number>> = {};
  const labelled = {
    images: Uint8Array.from(Array.from({ length: parts }, () => [...few.bytes]).flat()),
    classes: oneHot(Array.from({ length: parts }, () => few.labels).flat()),
  };
  for (let number = 0; number < steps; number++) {
    const { bytes } = images(batch, `step ${number}`);
    report = await runner.run(number, bytes, { known: new Float32Array(batch * classes), labelled });
  }
  const values = await runner.values();
  await runner.release();
  return { step, values, report };
}

function playersOf(method: Method, step: TrainingStep, values: ReadonlyMap<string, Float32Array>): Players<string> {
  const averages = Object.values(method.networks).flatMap(({ variables }) =>
    variables.map((variable) => {
      const numbers = values.get(step.averageOf(variable)) ?? new Float32Array();
      return [variable.input.name, constant(Float64Array.from(numbers), variable.shape)] as const;
    }),
  );
  return inferencePlayers(method.networks, new Map(averages));
}

const numbersOf = (tensor: Tensor | undefined) =>
  tensor === undefined ? [] : Array.from(evaluate([tensor], {})[0]?.data ?? []);
const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;
const seen = (bytes: Uint8Array) =>
  constant(
    Float64Array.from(bytes, (byte) => (byte * 2) / 255 - 1),
    [bytes.length / pixels, 1, 4, 4],
  );

describe.each(both)("%s, from two labels of each class", (classModel) => {
  const method = semiSupervisedVae({ ...options, classModel });
  const learned = trained(method, 240);

  it("tells the classes of new images", async () => {
    const { step, values } = await learned;
    const { labels, bytes } = images(200, "new");
    const logits = numbersOf(method.classes?.classify(seen(bytes), playersOf(method, step, values)));
    const right = labels.filter((label, index) => {
      const [zero = 0, one = 0] = logits.slice(2 * index);
      return label === Number(one > zero);
    });
    expect(right.length).toBeGreaterThan(190);
  });

  it("draws the class that is asked for", async () => {
    const { step, values } = await learned;
    const players = playersOf(method, step, values);
    const count = 40;
    const draws = constant(Float64Array.from(randomStream(4, "draws").normals(count * method.latent)), [
      count,
      method.latent,
    ]);
    for (const asked of [0, 1]) {
      const rows = constant(Float64Array.from(oneHot(Array.from({ length: count }, () => asked))), [count, classes]);
      const drawn = numbersOf(method.sample(draws, players, rows));
      const right = Array.from({ length: count }, (_, index) => {
        const own = drawn.slice(index * pixels, (index + 1) * pixels);
        // Below on the left, and above on the right: bright in one class only.
        return mean([8, 9, 12, 13].map((pixel) => own[pixel] ?? 0)) >
          mean([2, 3, 6, 7].map((pixel) => own[pixel] ?? 0)) ===
          (asked === 0)
          ? 1
          : 0;
      });
      expect(mean(right)).toBeGreaterThan(0.8);
    }
  });

  it("reconstructs an image from its code", async () => {
    const { step, values } = await learned;
    const players = playersOf(method, step, values);
    const { bytes } = images(20, "new");
    const codes = method.coding?.encode(seen(bytes), players);
    const made = codes && numbersOf(method.coding?.decode(codes, players));
    const wanted = numbersOf(seen(bytes));
    expect(mean(wanted.map((value, index) => (value - (made?.[index] ?? Number.NaN)) ** 2))).toBeLessThan(0.1);
  });
});

it.each(both)("%s gives all images together the probability 1", (classModel) => {
  const [every, draws] = [16, 20];
  const method = semiSupervisedVae({ ...options, classModel, format: { ...format, height: 2, width: 2 } });
  // Less than the first weights: q(z | x) is then not too far from p(z) for so few draws.
  const values = Object.values(method.networks).flatMap(({ variables }) =>
    variables.map(({ input: { name }, shape, initializer }) => {
      const numbers = initializer(shape, randomStream(1, name)).map((value) => 0.4 * value);
      return [name, constant(Float64Array.from(numbers), shape)] as const;
    }),
  );
  const players = inferencePlayers(method.networks, new Map(values));
  const rows = Array.from({ length: every * draws }, (_, row) =>
    [1, 2, 4, 8].map((bit) => ((row % every) & bit ? 1 : -1)),
  );
  const drawn = (name: string, shape: readonly number[]) => {
    const count = shape.reduce((total, size) => total * size, 1);
    return constant(Float64Array.from(randomStream(6, name).normals(count)), shape);
  };
  const real = constant(Float64Array.from(rows.flat()), [rows.length, 1, 2, 2]);
  const weights = numbersOf(method.logWeight?.({ real, noise: drawn, uniform: drawn }, players));
  const total = weights.reduce((all, weight) => all + Math.exp(weight), 0) / draws;
  expect(weights.length).toBe(rows.length);
  expect(total).toBeGreaterThan(0.9);
  expect(total).toBeLessThan(1.1);
});

it.each(both)("%s learns from a batch in parts", async (classModel) => {
  // The classifier's batch is that of a part.
  const method = semiSupervisedVae({ ...options, classModel, batch: batch / 2 });
  const { report } = await trained(method, 30, 2);
  expect(report["classLoss"]).toBeLessThan(0.6);
  expect(Object.values(report).every(Number.isFinite)).toBe(true);
});

it.each([
  { likelihood: "gaussian" },
  { likelihood: "logistic", warmup: 5 },
  { binarise: true, freeBits: 0.2, classWarmup: 0 },
  { classifier: { ...options.classifier, pseudoLabels: 0 }, beta: 2 },
] satisfies readonly Partial<SemiSupervisedVaeOptions>[])("every number stays finite: %j", async (change) => {
  for (const classModel of both) {
    const { values, report } = await trained(semiSupervisedVae({ ...options, ...change, classModel }), 4);
    expect(Object.values(report).every(Number.isFinite)).toBe(true);
    for (const [name, numbers] of values) expect(numbers.every(Number.isFinite), name).toBe(true);
  }
});
