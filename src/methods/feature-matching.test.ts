import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { featureMatchingLoss, realityLoss } from "./feature-matching/losses.ts";
import { type FeatureMatchingOptions, featureMatching } from "./feature-matching.ts";
import { inferencePlayers } from "./players.ts";
import { drawnImages } from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";

const format: ImageFormat = { height: 8, width: 8, channels: 1 };
const pixels = 64;
const update = { optimizer: adam({ learningRate: 3e-3, beta1: 0.5 }) };
const options: FeatureMatchingOptions = {
  architecture: architectures.mlp,
  format,
  latent: 8,
  width: 16,
  batch: 20,
  classes: 2,
  classifier: { width: 8, batch: 8, pseudoLabels: 0, threshold: 0.95, transforms: ["translation"], alignment: false },
  unlabelledWeight: 1,
  virtualAdversarial: 0,
  virtualAdversarialLength: 2,
  generator: update,
  discriminator: update,
  averageHalfLife: 1000,
};

const clip = (value: number) => Math.round(Math.min(255, Math.max(0, value)));

/** Images of two kinds, a faint pattern or its negative under noise. */
function imagesOf(kinds: readonly number[], name: string): Uint8Array {
  const pattern = randomStream(1, "pattern").normals(pixels);
  const random = randomStream(2, name);
  return Uint8Array.from(
    kinds.flatMap((kind) =>
      Array.from({ length: pixels }, (_, pixel) =>
        clip(128 + 28 * ((kind === 0 ? 0.45 : -0.45) * (pattern[pixel] ?? 0) + random.normal())),
      ),
    ),
  );
}
const mixed = (count: number) => Array.from({ length: count }, (_, index) => index % 2);

/** Two labelled images of each kind, over and over. */
function labelledBatch(count: number) {
  const four = imagesOf(mixed(4), "labelled");
  return {
    images: Uint8Array.from({ length: count * pixels }, (_, index) => four[index % four.length] ?? 0),
    classes: Float32Array.from(mixed(count).flatMap((kind) => (kind === 0 ? [1, 0] : [0, 1]))),
  };
}

interface Training {
  readonly steps: number;
  readonly parts?: number;
  /** Draws the images without labels. */
  readonly unlabelled?: string;
}

/** The state after some steps, the last report, and the averaged classifier's share of wrong answers. */
async function trained(changes: Partial<FeatureMatchingOptions>, { steps, parts = 1, unlabelled = "all" }: Training) {
  const chosen = { ...options, ...changes };
  const method = featureMatching({ ...chosen, batch: chosen.batch / parts });
  const step = buildTrainingStep(method, { format: chosen.format, batch: chosen.batch, parts });
  const runner = await StepRunner.compile(step, 1, { device: "cpu" });
  const labelled = labelledBatch(chosen.classifier.batch * parts);
  let report: Readonly<Record<string, number>> = {};
  for (let number = 0; number < steps; number++) {
    report = await runner.run(number, imagesOf(mixed(chosen.batch), `${unlabelled} ${number}`), { labelled });
  }
  const state = await runner.values();
  await runner.release();
  const tests = 400;
  const averages = new Map(
    method.networks.discriminator.variables.map(({ input: { name }, ...variable }) => [
      name,
      input(`average/${name}`, variable.shape),
    ]),
  );
  const players = inferencePlayers({ discriminator: method.networks.discriminator }, averages);
  const images = input("images", [tests, 1, 8, 8]);
  const logits = method.classes?.classify(images, { ...players, generator: players.discriminator });
  if (logits === undefined) throw new Error("no classes");
  const [found] = evaluate([logits], {
    images: Float64Array.from(imagesOf(mixed(tests), "test"), (byte) => (byte * 2) / 255 - 1),
    ...Object.fromEntries([...state].filter(([name]) => name.startsWith("average/discriminator"))),
  });
  const wrong = mixed(tests).filter((kind, n) => {
    const [zero = 0, one = 0] = found?.data.slice(2 * n, 2 * n + 2) ?? [];
    return (one > zero ? 1 : 0) !== kind;
  });
  return { state, report, error: wrong.length / tests };
}

const lossesOf = (real: readonly number[], generated: readonly number[]) =>
  evaluate([realityLoss(input("real", [2, 3]), input("generated", [2, 3]))], { real, generated })[0]?.data[0];

describe("the losses", () => {
  it("are minus half the logarithms of D = Z / (Z + 1) and 1 - D", () => {
    const real = [0.3, -1, 2, 0.1, 0.2, -3];
    const generated = [1, 0.5, -2, -4, -5, -1];
    const total = (logits: readonly number[], n: number) =>
      logits.slice(3 * n, 3 * n + 3).reduce((sum, logit) => sum + Math.exp(logit), 0);
    const expected = [0, 1].map((n) => {
      const [z, own] = [total(real, n), total(generated, n)];
      return (-Math.log(z / (z + 1)) - Math.log(1 - own / (own + 1))) / 2;
    });
    expect(lossesOf(real, generated)).toBeCloseTo(((expected[0] ?? 0) + (expected[1] ?? 0)) / 2, 12);
  });

  it("stay exact for logits of any size", () => {
    const [large, small] = [
      [400, 0, 0, 400, 0, 0],
      [-400, -400, -400, -400, -400, -400],
    ];
    expect(lossesOf(large, small)).toBe(0);
    // Z = e^400 of generated images, 3 e^-400 of images.
    expect(lossesOf(small, large)).toBeCloseTo((400 - Math.log(3) + 400) / 2, 9);
  });

  it("are the squared distance of mean features for the generator", () => {
    const [loss] = evaluate([featureMatchingLoss(input("real", [2, 2]), input("generated", [3, 2]))], {
      real: [1, 2, 3, 6],
      generated: [0, 0, 3, 0, 3, 3],
    });
    expect(loss?.data[0]).toBeCloseTo(((2 - 2) ** 2 + (4 - 1) ** 2) / 2, 12);
  });
});

describe("a classifier that learns against a generator", () => {
  it("learns two kinds from two labels of each", async () => {
    const { error } = await trained({}, { steps: 300 });
    expect(error).toBeLessThan(0.1);
  });

  it("sees nothing but labelled images where the weight of the others is 0", async () => {
    const differing = async (unlabelledWeight: number) => {
      const [one, other] = await Promise.all(
        ["all", "others"].map((unlabelled) => trained({ unlabelledWeight }, { steps: 4, unlabelled })),
      );
      const names = [...(one?.state ?? [])].flatMap(([name, values]) => {
        const same = Buffer.compare(bytes(values), bytes(other?.state.get(name) ?? new Float32Array())) === 0;
        return same ? [] : [name];
      });
      return {
        discriminator: names.filter((name) => name.includes("discriminator/")).length,
        generator: names.filter((name) => name.includes("generator/")).length,
      };
    };
    const alone = await differing(0);
    expect(alone.discriminator).toBe(0);
    expect(alone.generator).toBeGreaterThan(0);
    expect((await differing(1)).discriminator).toBeGreaterThan(0);
  });

  const everyOption: readonly (readonly [string, Partial<FeatureMatchingOptions>])[] = [
    ["labels alone", { unlabelledWeight: 0 }],
    ["virtual adversarial training", { virtualAdversarial: 1 }],
    ["pseudo-labels", { classifier: { ...options.classifier, pseudoLabels: 1, threshold: 0.2 } }],
    ["fewer labelled images than others", { classifier: { ...options.classifier, batch: 3 } }],
    ["more labelled images than others", { classifier: { ...options.classifier, batch: 47 } }],
  ];
  const cases = everyOption.flatMap(([name, changes]) => [1, 2].map((parts) => [name, parts, changes] as const));

  it.each(cases)("trains with %s, in %i parts", async (_, parts, changes) => {
    const { report, state } = await trained(changes, { steps: 3, parts });
    expect(Object.values(report).every((value) => Number.isFinite(value))).toBe(true);
    expect([...state.values()].every((values) => values.every((value) => Number.isFinite(value)))).toBe(true);
    expect(report).toHaveProperty("classLoss");
  });

  it.each(["dcgan", "resnet"] as const)("has a convolutional classifier beside a %s generator", async (name) => {
    const small = { format: { height: 16, width: 20, channels: 3 }, width: 4, batch: 4 } as const;
    const classifier = { ...options.classifier, batch: 4 };
    const method = featureMatching({ ...options, ...small, classifier, architecture: architectures[name] });
    const step = buildTrainingStep(method, { format: small.format, batch: 4 });
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    const before = await runner.values();
    const images = drawnImages(4, small.format);
    const labelled = { images, classes: Float32Array.of(1, 0, 0, 1, 1, 0, 0, 1) };
    const reports = [];
    for (let number = 0; number < 25; number++) reports.push(await runner.run(number, images, { labelled }));
    const after = await runner.values();
    await runner.release();
    expect(reports.at(-1)?.["classLoss"]).toBeLessThan(reports[0]?.["classLoss"] ?? 0);
    const parameters = Object.values(method.networks).flatMap(({ variables }) =>
      variables.filter(({ role }) => role === "parameter"),
    );
    for (const {
      input: { name: own },
    } of parameters)
      expect(after.get(own), own).not.toEqual(before.get(own));
  });
});

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) => new Uint8Array(buffer, byteOffset, byteLength);
