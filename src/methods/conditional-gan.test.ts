import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { type StepLabels, StepRunner } from "../training/step-runner.ts";
import { type ConditionalGanOptions, conditionalGan } from "./conditional-gan.ts";
import type { GanSettings } from "./gan.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import { inferencePlayers } from "./players.ts";
import {
  adamUpdate,
  batch,
  dcgan16,
  drawnImages,
  expectClose,
  feedsOf,
  format,
  images16,
  latent,
  linearGan,
} from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";

const classes = 3;
const classifier: ClassifierSettings = {
  width: 8,
  batch,
  pseudoLabels: 1,
  threshold: 0.3,
  transforms: ["brightness"],
  alignment: true,
};
const linear: ConditionalGanOptions = { ...linearGan, classes, classifier, teacher: adamUpdate };

/** Rows of 1 at the class, or of 0 where it is below 0. */
function oneHot(labels: readonly number[], count = classes): Float32Array {
  return Float32Array.from(labels.flatMap((label) => Array.from({ length: count }, (_, k) => Number(k === label))));
}

function labelledBatch(count: number, of: ImageFormat, number: number): StepLabels["labelled"] {
  return {
    images: drawnImages(count, of, `labelled ${number}`),
    classes: oneHot(Array.from({ length: count }, (_, index) => index % classes)),
  };
}

describe("D(x, y)", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  /** Mean probabilities of "real" in the first step, and the same by plain arithmetic. */
  async function scores(conditioning: "projection" | "auxiliary", labels: readonly number[]) {
    const step = buildTrainingStep(conditionalGan({ ...linear, conditioning }), { format, batch });
    const images = drawnImages(batch, format);
    const runner = await StepRunner.compile(step, 7, { device: "cpu" });
    const given = { known: oneHot(labels), labelled: labelledBatch(batch, format, 0) };
    const report = await runner.run(0, images, given);
    await runner.release();

    const state = step.initialState(7);
    const layer = (network: string, row: readonly number[], outputs: number) =>
      Array.from({ length: outputs }, (_, unit) =>
        row.reduce((sum, x, index) => sum + x * (state.get(`${network}/weight`)?.[index * outputs + unit] ?? 0), 0),
      );
    const feeds = feedsOf(step, 7, 0);
    const rows = (values: ArrayLike<number>, size: number) =>
      Array.from({ length: batch }, (_, index) => Array.from(values).slice(index * size, (index + 1) * size));
    const logit = (row: readonly number[], label: number) => {
      const verdicts = layer("discriminator", row, 1 + classes);
      return (verdicts[0] ?? 0) + (conditioning === "projection" ? (verdicts[1 + label] ?? 0) : 0);
    };
    const likeliest = (row: readonly number[]) => {
      const logits = layer("classifier", row, classes);
      return logits.indexOf(Math.max(...logits));
    };
    const real = rows(images, 4).map((row, index) => {
      const pixels = row.map((value) => (value * 2) / 255 - 1);
      const known = labels[index] ?? -1;
      return logit(pixels, known < 0 ? likeliest(pixels) : known);
    });
    const drawn = Array.from(feeds["uniform/class"] ?? [], (draw) => Math.floor(draw * classes));
    const generated = rows(feeds["noise/latent"] ?? [], latent).map((vector, index) => {
      const asked = Array.from({ length: classes }, (_, k) => Number(k === drawn[index]));
      return logit(layer("generator", [...vector, ...asked], 4), drawn[index] ?? 0);
    });
    expect(report["realScore"]).toBeCloseTo(mean(real.map(sigmoid)), 5);
    expect(report["generatedScore"]).toBeCloseTo(mean(generated.map(sigmoid)), 5);
  }

  it("is a verdict on the image and the class that is known of it", () => scores("projection", [2, 0, 1]));
  it("goes by what the classifier says where no class is known", () => scores("projection", [-1, 1, -1]));
  it("is the verdict on the image alone with an auxiliary classifier", () => scores("auxiliary", [2, -1, 1]));
});

describe("a conditional GAN", () => {
  const cases: readonly (readonly [string, Partial<GanSettings>])[] = [
    ["projection", { conditioning: "projection" }],
    ["an auxiliary classifier", { conditioning: "auxiliary" }],
    ["turned pictures", { rotation: 1, loss: "hinge" }],
    [
      "both, in one stage",
      { conditioning: "auxiliary", rotation: 1, updates: "one-stage", discriminatorNorm: "spectral", r1: 1 },
    ],
    ["every penalty", { r1: 1, r1Every: 2, gradientPenalty: 1, lecam: 0.3, augmentation: "ada", rotation: 0.5 }],
    ["a critic of several steps", { loss: "wasserstein", gradientPenalty: 10, discriminatorSteps: 2 }],
  ];

  it.each(cases)("trains all of its networks with %s", async (_, settings) => {
    const plain = { ...dcgan16, batch: 4, classes, classifier: { ...classifier, batch: 3 }, teacher: adamUpdate };
    const step = buildTrainingStep(conditionalGan({ ...plain, ...settings }), { format: images16, batch: 4 });
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    for (let number = 0; number < 4; number++) {
      const labels = { known: oneHot([0, -1, -1, 2]), labelled: labelledBatch(3, images16, number) };
      const report = await runner.run(number, drawnImages(4, images16, `${number}`), labels);
      for (const [name, value] of Object.entries(report)) expect(Number.isFinite(value), name).toBe(true);
      expect(report).toHaveProperty("classLoss");
    }
    const state = await runner.values();
    await runner.release();
    const first = step.initialState(1);
    const still = [...state].filter(([name, values]) => {
      const begun = first.get(name);
      return /^(generator|discriminator|classifier)\/.*weight$/.test(name) && values.every((v, i) => v === begun?.[i]);
    });
    expect(still).toEqual([]);
    for (const [name, values] of state) expect(values.every(Number.isFinite), name).toBe(true);
  });

  it("has D draw real images again where the architecture does", () => {
    const settings = { architecture: architectures.fastgan, discriminatorNorm: "spectral" } as const;
    const method = conditionalGan({ ...dcgan16, ...settings, classes, classifier, teacher: adamUpdate });
    const { stages } = buildTrainingStep(method, { format: images16, batch: 4 });
    expect(stages.flatMap(({ report }) => Object.keys(report))).toContain("redrawerLoss");
  });

  it.each(["projection", "auxiliary"] as const)("gives the update of the whole batch in parts (%s)", async (way) => {
    const options = { ...linear, conditioning: way };
    const whole = conditionalGan({ ...options, batch: 8, classifier: { ...classifier, batch: 8 } });
    const part = conditionalGan({ ...options, batch: 2, parts: 4, classifier: { ...classifier, batch: 2 } });
    const states = [];
    for (const step of [
      buildTrainingStep(whole, { format, batch: 8 }),
      buildTrainingStep(part, { format, batch: 8, parts: 4 }),
    ]) {
      const runner = await StepRunner.compile(step, 5, { device: "cpu" });
      for (let number = 0; number < 5; number++) {
        const labels = { known: oneHot([0, -1, 2, -1, 1, 1, -1, 0]), labelled: labelledBatch(8, format, number) };
        await runner.run(number, drawnImages(8, format, `step ${number}`), labels);
      }
      states.push(await runner.values());
      await runner.release();
    }
    for (const [name, values] of states[0] ?? []) expectClose(states[1]?.get(name) ?? [], values, 1e-4, name);
  });
});

describe("from two labelled pictures of each of two classes a small conditional GAN", () => {
  const halves: ImageFormat = { height: 8, width: 8, channels: 1 };
  const [count, looked, steps] = [32, 48, 250];
  const update = { optimizer: adam({ learningRate: 2e-3, beta1: 0.5 }) };

  /** A picture whose left or upper half is bright, more or less. */
  const isBright = (kind: number, pixel: number) => (kind === 0 ? pixel % 8 : Math.floor(pixel / 8)) < 4;
  const pictureOf = (kind: number, shade: number) =>
    Array.from({ length: 64 }, (_, pixel) => (isBright(kind, pixel) ? 255 - shade : shade));
  const picturesOf = (kinds: readonly number[], name: string) => {
    const random = randomStream(2, name);
    return Uint8Array.from(kinds.flatMap((kind) => pictureOf(kind, random.integer(60))));
  };

  it.each(["projection", "auxiliary"] as const)("learns to draw and to tell apart both (%s)", async (conditioning) => {
    const method = conditionalGan({
      ...linearGan,
      conditioning,
      discriminatorNorm: "spectral",
      architecture: architectures.mlp,
      format: halves,
      latent: 4,
      width: 32,
      batch: count,
      classes: 2,
      classifier: { width: 8, batch: 4, pseudoLabels: 1, threshold: 0.9, transforms: ["brightness"], alignment: true },
      generator: update,
      discriminator: update,
      teacher: update,
      averageHalfLife: 500,
    });
    const step = buildTrainingStep(method, { format: halves, batch: count });
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    const few = { images: picturesOf([0, 1, 0, 1], "labelled"), classes: oneHot([0, 1, 0, 1], 2) };
    const known = new Float32Array(count * 2);
    for (let number = 0; number < steps; number++) {
      const random = randomStream(3, number);
      const kinds = Array.from({ length: count }, () => random.integer(2));
      await runner.run(number, picturesOf(kinds, `step ${number}`), { known, labelled: few });
    }
    const state = await runner.values();
    await runner.release();

    const averages = new Map(
      Object.values(method.networks).flatMap(({ variables }) =>
        variables.map((variable) => [variable.input.name, input(step.averageOf(variable), variable.shape)] as const),
      ),
    );
    const players = inferencePlayers(method.networks, averages);
    const wanted = Array.from({ length: looked }, (_, index) => index % 2);
    const made = method.sample(input("latent", [looked, 4]), players, input("class", [looked, 2]));
    const said = method.classes?.classify(input("images", [looked, 1, 8, 8]), players);
    if (said === undefined) throw new Error("no classifier");
    const seen = Float32Array.from(picturesOf(wanted, "others"), (value) => (value * 2) / 255 - 1);
    const [pictures, logits] = evaluate([made, said], {
      latent: randomStream(4, "latent").normals(looked * 4),
      class: oneHot(wanted, 2),
      images: seen,
      ...Object.fromEntries([...state].filter(([name]) => name.startsWith("average/"))),
    }).map(({ data }) => Array.from(data));
    const contrastOf = (kind: number, picture: readonly number[]) =>
      picture.reduce((sum, value, pixel) => sum + (isBright(kind, pixel) ? value : -value), 0) / 64;
    const rightlyDrawn = wanted.filter((kind, index) => {
      const picture = pictures?.slice(index * 64, (index + 1) * 64) ?? [];
      return contrastOf(kind, picture) > contrastOf(1 - kind, picture);
    });
    const rightlySaid = wanted.filter((kind, index) => {
      const [left = 0, right = 0] = logits?.slice(index * 2, index * 2 + 2) ?? [];
      return (kind === 0 ? left - right : right - left) > 0;
    });
    // By chance half of them are.
    expect(rightlyDrawn.length / looked).toBeGreaterThan(0.8);
    expect(rightlySaid.length).toBe(looked);
  });
});
