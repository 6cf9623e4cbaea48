import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, gradients, input, mean, square, subtract } from "../graph/index.ts";
import { architectures } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { Program, ProgramState } from "../runtime/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { type GanOptions, gan } from "./gan.ts";
import { normalisedImages } from "./step-builder.ts";
import {
  batch,
  dcgan16,
  drawnImages,
  expectClose,
  feedsOf,
  format,
  images16,
  latent,
  linearGan,
  rate,
} from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Adam as in algorithm 1 of the paper, on one array. */
function handAdam(parameters: number[]) {
  const m = parameters.map(() => 0);
  const v = parameters.map(() => 0);
  let t = 0;
  return (slopes: readonly number[]) => {
    t++;
    slopes.forEach((g, i) => {
      m[i] = 0.5 * (m[i] ?? 0) + 0.5 * g;
      v[i] = 0.999 * (v[i] ?? 0) + 0.001 * g * g;
      const mHat = (m[i] ?? 0) / (1 - 0.5 ** t);
      const vHat = (v[i] ?? 0) / (1 - 0.999 ** t);
      parameters[i] = (parameters[i] ?? 0) - (rate * mHat) / (Math.sqrt(vHat) + 1e-8);
    });
  };
}

describe("a step of GAN training", () => {
  it("gives, over many steps, the parameters of the same training written as loops", async () => {
    const step = buildTrainingStep(gan(linearGan), { format, batch });
    const initial = step.initialState(7);
    const runner = await StepRunner.compile(step, 7, { device: "cpu" });

    const array = (name: string) => Array.from(initial.get(name) ?? []);
    const generator = [...array("generator/weight"), ...array("generator/bias")];
    const discriminator = [...array("discriminator/weight"), ...array("discriminator/bias")];
    const average = [...generator];
    const updateGenerator = handAdam(generator);
    const updateDiscriminator = handAdam(discriminator);
    const random = randomStream(9, "images");

    for (let number = 0; number < 25; number++) {
      const images = Uint8Array.from({ length: batch * 4 }, () => random.integer(256));
      const report = await runner.run(number, images);

      const z = randomStream(7, "noise/latent", number).normals(batch * latent);
      const pixel = (n: number, i: number) => ((images[n * 4 + i] ?? 0) * 2) / 255 - 1;
      const made = (n: number, i: number) =>
        (z[n * 2] ?? 0) * (generator[i] ?? 0) + (z[n * 2 + 1] ?? 0) * (generator[4 + i] ?? 0) + (generator[8 + i] ?? 0);
      const judged = (x: (i: number) => number) =>
        [0, 1, 2, 3].reduce((total, i) => total + x(i) * (discriminator[i] ?? 0), discriminator[4] ?? 0);

      const signs = Array.from({ length: batch }, (_, n) => Math.sign(judged((i) => pixel(n, i))));
      expect(report["realSign"]).toBeCloseTo(signs.reduce((total, sign) => total + sign, 0) / batch, 6);

      const slopesD = [0, 0, 0, 0, 0];
      for (let n = 0; n < batch; n++) {
        const real = (sigmoid(judged((i) => pixel(n, i))) - 1) / batch;
        const generated = sigmoid(judged((i) => made(n, i))) / batch;
        for (let i = 0; i < 4; i++) slopesD[i] = (slopesD[i] ?? 0) + real * pixel(n, i) + generated * made(n, i);
        slopesD[4] = (slopesD[4] ?? 0) + real + generated;
      }
      updateDiscriminator(slopesD);

      const slopesG = generator.map(() => 0);
      for (let n = 0; n < batch; n++) {
        const slope = (sigmoid(judged((i) => made(n, i))) - 1) / batch;
        for (let i = 0; i < 4; i++) {
          const toPixel = slope * (discriminator[i] ?? 0);
          slopesG[i] = (slopesG[i] ?? 0) + toPixel * (z[n * 2] ?? 0);
          slopesG[4 + i] = (slopesG[4 + i] ?? 0) + toPixel * (z[n * 2 + 1] ?? 0);
          slopesG[8 + i] = (slopesG[8 + i] ?? 0) + toPixel;
        }
      }
      updateGenerator(slopesG);
      const decay = 0.5 ** (batch / Math.min(10, 0.05 * (number + 1) * batch));
      average.forEach((value, i) => {
        average[i] = decay * value + (1 - decay) * (generator[i] ?? 0);
      });
    }

    const state = await runner.values();
    const trained = (prefix: string, network: string) => [
      ...(state.get(`${prefix}${network}/weight`) ?? []),
      ...(state.get(`${prefix}${network}/bias`) ?? []),
    ];
    for (const [actual, expected] of [
      [trained("", "generator"), generator],
      [trained("", "discriminator"), discriminator],
      [trained("average/", "generator"), average],
    ] as const) {
      expect(actual.length).toBe(expected.length);
      actual.forEach((value, index) => expect(value).toBeCloseTo(expected[index] ?? Number.NaN, 4));
    }
    await runner.release();
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
