import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, gradients, input, mean, square, subtract } from "../graph/index.ts";
import { architectures } from "../models/index.ts";
import { adam, adversarialLossNames } from "../nn/index.ts";
import { Program, ProgramState } from "../runtime/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { type GanOptions, type GanSettings, gan } from "./gan.ts";
import { normalisedImages } from "./step-builder.ts";
import { linearTraining } from "./testing/linear-training.ts";
import { dcgan16, drawnImages, expectClose, feedsOf, format, images16, linearGan } from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";

const whole = 12;

/** Trains the linear GAN by the engine and by loops over numbers, and compares everything that they end with. */
async function expectSame(settings: Partial<GanSettings>, { first = 0, steps = 12, parts = 1 } = {}) {
  const options = { ...linearGan, ...settings, batch: whole / parts, parts };
  const step = buildTrainingStep(gan(options), { format, batch: whole, parts });
  const initial = step.initialState(7);
  const imagesOf = (number: number) => drawnImages(whole, format, `step ${number}`);
  const expected = linearTraining({
    settings: options,
    batch: whole,
    seed: 7,
    first,
    steps,
    initial: (name) => Array.from(initial.get(name) ?? []),
    images: imagesOf,
  });
  const runner = await StepRunner.compile(step, 7, { device: "cpu" });
  for (let number = first; number < first + steps; number++) {
    const report = await runner.run(number, imagesOf(number));
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(["discriminatorLoss", "generatorLoss", "generatedScore"]),
    );
    if (options.loss !== "wasserstein") expect(report["realSign"]).toBeCloseTo(expected.signs[number - first] ?? 9, 6);
  }
  const state = await runner.values();
  await runner.release();
  const trained = (network: string) => [
    ...(state.get(`${network}/weight`) ?? []),
    ...(state.get(`${network}/bias`) ?? []),
  ];
  expect(trained("discriminator").length).toBe(5);
  expectNear(trained("generator"), expected.generator);
  expectNear(trained("discriminator"), expected.discriminator);
  expectNear(trained("average/generator"), expected.average);
  if (options.lecam > 0) {
    expectNear(state.get("memory/lecam/real") ?? [], [expected.lecam.real]);
    expectNear(state.get("memory/lecam/generated") ?? [], [expected.lecam.generated]);
  }
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[]) {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, index) => expect(actual[index]).toBeCloseTo(value, 4));
}

describe("a step of GAN training", () => {
  describe("gives, over many steps, the parameters of the same training written as loops", () => {
    it.each(adversarialLossNames)("with the %s loss", async (loss) => {
      await expectSame({ loss });
    });

    it.each(["nonSaturating", "minimax", "leastSquares"] as const)("with smoothed targets (%s)", async (loss) => {
      await expectSame({ loss, labelSmoothing: 0.2 });
    });

    it("with several steps of a critic under a gradient penalty", async () => {
      await expectSame({ loss: "wasserstein", discriminatorSteps: 3, gradientPenalty: 10 });
    });

    it.each([1, 4])("with an R1 penalty every %i steps, which shares the optimiser", async (r1Every) => {
      await expectSame({ r1: 2, r1Every });
    });

    it("with LeCam, which begins with step 1000", async () => {
      await expectSame({ loss: "hinge", lecam: 0.3 }, { steps: 5 });
      await expectSame({ loss: "hinge", lecam: 3 }, { first: 994 });
    });

    it("with noise on the images that fades", async () => {
      await expectSame({ instanceNoise: 0.5, instanceNoiseSteps: 12 });
    });

    it.each([1, 3])("with all of them together, the batch in %i parts", async (parts) => {
      const all = { labelSmoothing: 0.1, r1: 1, r1Every: 4, gradientPenalty: 0.5, lecam: 0.3, instanceNoise: 0.2 };
      const settings: Partial<GanSettings> = { ...all, loss: "leastSquares", instanceNoiseSteps: 2000 };
      await expectSame({ ...settings, discriminatorSteps: 2 }, { first: 994, parts });
      await expectSame({ ...settings, updates: "one-stage" }, { first: 994, parts });
    });
  });

  it("moves a network's statistics by every batch that it sees", async () => {
    const options: GanOptions = { ...dcgan16, discriminatorNorm: "batch" };
    const statistics = async (level: number) => {
      const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
      const runner = await StepRunner.compile(step, 1, { device: "cpu" });
      await runner.run(0, new Uint8Array(4 * 3 * 256).fill(level));
      const values = (await runner.values()).get("discriminator/down2/mean");
      await runner.release();
      return values;
    };
    expect(await statistics(0)).not.toEqual(await statistics(255));
  });

  it("is computed for a DCGAN by the engine as by the float64 reference", async () => {
    const options: GanOptions = { ...dcgan16, width: 16, discriminatorNorm: "batch" };
    const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
    const images = drawnImages(4, images16);
    const [stage] = step.stages;
    if (stage === undefined || step.stages.length !== 1) throw new Error("one graph was expected");
    const outputs = [...Object.values(stage.report), ...stage.state.map(({ next }) => next)];
    const expected = evaluate(outputs, { images, ...feedsOf(step, 1, 0), ...Object.fromEntries(step.initialState(1)) });

    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    const report = await runner.run(0, images);
    const state = await runner.values();
    await runner.release();
    // An Adam step is the sign of a gradient near 0, where float32 cannot tell the sign: moments and statistics are
    // compared, not weights.
    const compared = /Moment|^(generator|discriminator)\/.*\/(mean|variance)$/;
    const names = [...Object.keys(stage.report), ...stage.state.map(({ current }) => current.name)];
    names.forEach((name, index) => {
      const reported = report[name];
      const actual = reported === undefined ? state.get(name) : [reported];
      if (reported === undefined && !compared.test(name)) return;
      expectClose(actual ?? [], expected[index]?.data ?? new Float64Array(), 2e-4, name);
    });
    expect(names.filter((name) => compared.test(name)).length).toBeGreaterThan(20);
  });
});

describe("a DCGAN generator", () => {
  it("can be fitted to 8 images", async () => {
    const images = { height: 16, width: 16, channels: 1 } as const;
    const generator = architectures.dcgan.generator({ format: images, latent: 8, width: 16 });
    const target = input("images", [8, 1, 16, 16], "uint8");
    const made = generator.apply(input("latent", [8, 8]), generator.bindings(), "training");
    const loss = mean(square(subtract(made.output, normalisedImages(target))));
    const parameters = generator.variables.filter(({ role }) => role === "parameter");
    const slopes = gradients(
      loss,
      parameters.map((parameter) => parameter.input),
    );
    const optimizer = adam({ learningRate: 0.01 });
    const scalars = { stepSize: input("stepSize", []), epsilon: input("epsilon", []) };
    const state = parameters.flatMap((parameter, index) => {
      const { name, shape } = parameter.input;
      const slots = { firstMoment: input(`m/${name}`, shape), secondMoment: input(`v/${name}`, shape) };
      const updated = optimizer.step(parameter.input, slopes[index] ?? loss, slots, scalars);
      return [
        { current: parameter.input, next: updated.parameter },
        { current: slots.firstMoment, next: updated.slots["firstMoment"] ?? loss },
        { current: slots.secondMoment, next: updated.slots["secondMoment"] ?? loss },
      ];
    });
    const initial = new Map(
      state.map(({ current: { name, shape } }) => {
        const own = parameters.find((parameter) => parameter.input.name === name);
        const sizes = shape.map(Number);
        const zeros = new Float32Array(sizes.reduce((product, size) => product * size, 1));
        return [name, own?.initializer(sizes, randomStream(0, name)) ?? zeros];
      }),
    );
    const trained = ProgramState.of(
      state.map(({ current }) => current),
      initial,
    );
    const program = await Program.compile({ outputs: { loss }, state }, trained, { device: "cpu" });
    const latent = randomStream(1, "latent").normals(64);
    const pictures = Uint8Array.from({ length: 8 * 256 }, (_, index) => ((index * 7919) % 512 < 256 ? 230 : 20));
    const losses: number[] = [];
    for (let update = 1; update <= 300; update++) {
      const fed = Object.fromEntries(
        Object.entries(optimizer.scalars(update)).map(([name, value]) => [name, Float32Array.of(value)]),
      );
      const results = await program.run({ images: pictures, latent, ...fed });
      losses.push(results.get("loss")?.floats()[0] ?? Number.NaN);
    }
    expect(losses[0]).toBeGreaterThan(0.5);
    expect(losses.at(-1)).toBeLessThan(0.005);
    await program.release();
  });
});
