import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, gradients, input, mean, reshape, square, subtract } from "../graph/index.ts";
import { flattened } from "../models/architecture.ts";
import { type Architecture, architectures, type ImageFormat } from "../models/index.ts";
import { adam, dense, Network } from "../nn/index.ts";
import { Program } from "../runtime/index.ts";
import { gan } from "./gan.ts";
import { buildTrainingStep, normalisedImages, type TrainingStep } from "./training-step.ts";

const format: ImageFormat = { height: 2, width: 2, channels: 1 };
const [batch, latent] = [3, 2];
const rate = 0.01;

/** G(z) = z·W + b and D(x) = x·v + c: small enough for a training loop by hand. */
const linear: Architecture = {
  name: "linear",
  defaultWidth: 1,
  refusal: () => undefined,
  generator: () =>
    new Network("generator", ["batch", latent], (scope, z) =>
      reshape(dense(scope, z, { features: 4 }), [z.shape[0] ?? "batch", 1, 2, 2]),
    ),
  discriminator: () =>
    new Network("discriminator", ["batch", 1, 2, 2], (scope, x) => dense(scope, flattened(x), { features: 1 })),
};

function fedNoise(step: TrainingStep, number: number): Record<string, Float32Array> {
  return Object.fromEntries(
    step.noises.map(({ name, shape }) => [
      name,
      randomStream(5, name, number).normals(shape.reduce<number>((total, size) => total * Number(size), 1)),
    ]),
  );
}

function fedScalars(step: TrainingStep, number: number): Record<string, Float32Array> {
  return Object.fromEntries(step.scalars.map(({ input: { name }, value }) => [name, Float32Array.of(value(number))]));
}

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
  const method = gan({
    architecture: linear,
    format,
    latent,
    width: 1,
    batch,
    learningRate: { generator: rate, discriminator: rate },
    averageHalfLife: 10,
  });

  it("gives, over many steps, the parameters of the same training written as loops", async () => {
    const step = buildTrainingStep(method, format, batch);
    const initial = step.initialState(7);
    const program = await Program.compile({ outputs: step.report, state: step.state }, initial, { device: "cpu" });

    const array = (name: string) => Array.from(initial.get(name) ?? []);
    const generator = [...array("generator/weight"), ...array("generator/bias")];
    const discriminator = [...array("discriminator/weight"), ...array("discriminator/bias")];
    const average = [...generator];
    const updateGenerator = handAdam(generator);
    const updateDiscriminator = handAdam(discriminator);
    const random = randomStream(9, "images");

    for (let number = 0; number < 25; number++) {
      const images = Uint8Array.from({ length: batch * 4 }, () => random.integer(256));
      const noise = fedNoise(step, number);
      await program.run({ images, ...noise, ...fedScalars(step, number) });

      const z = Object.values(noise)[0] ?? new Float32Array();
      const pixel = (n: number, i: number) => ((images[n * 4 + i] ?? 0) * 2) / 255 - 1;
      const made = (n: number, i: number) =>
        (z[n * 2] ?? 0) * (generator[i] ?? 0) + (z[n * 2 + 1] ?? 0) * (generator[4 + i] ?? 0) + (generator[8 + i] ?? 0);
      const judged = (x: (i: number) => number) =>
        [0, 1, 2, 3].reduce((total, i) => total + x(i) * (discriminator[i] ?? 0), discriminator[4] ?? 0);

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

    const state = program.state();
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
    await program.release();
  });

  it("moves a network's statistics by every batch that it sees", async () => {
    const images = { height: 16, width: 16, channels: 1 } as const;
    const options = { architecture: architectures.dcgan, format: images, latent: 4, width: 4, batch: 4 };
    const method16 = gan({ ...options, learningRate: { generator: rate, discriminator: rate }, averageHalfLife: 10 });
    const step = buildTrainingStep(method16, images, 4);
    const mean = async (level: number) => {
      const program = await Program.compile({ outputs: step.report, state: step.state }, step.initialState(1), {
        device: "cpu",
      });
      await program.run({ images: new Uint8Array(4 * 256).fill(level), ...fedNoise(step, 0), ...fedScalars(step, 0) });
      const values = program.state().get("discriminator/down2/mean");
      await program.release();
      return values;
    };
    expect(await mean(0)).not.toEqual(await mean(255));
  });

  it("is computed for a DCGAN by the engine as by the float64 reference", async () => {
    const images = { height: 16, width: 16, channels: 3 } as const;
    const options = { architecture: architectures.dcgan, format: images, latent: 8, width: 16, batch: 4 };
    const dcgan = gan({ ...options, learningRate: { generator: 1e-3, discriminator: 1e-3 }, averageHalfLife: 100 });
    const step = buildTrainingStep(dcgan, images, 4);
    const initial = step.initialState(1);
    const random = randomStream(2, "images");
    const feeds = {
      images: Uint8Array.from({ length: 4 * 3 * 16 * 16 }, () => random.integer(256)),
      ...fedNoise(step, 0),
      ...fedScalars(step, 0),
    };
    const program = await Program.compile({ outputs: step.report, state: step.state }, initial, { device: "cpu" });
    const results = await program.run(feeds);
    const outputs = [...Object.values(step.report), ...step.state.map(({ next }) => next)];
    const expected = evaluate(outputs, { ...feeds, ...Object.fromEntries(initial) });
    const names = [...Object.keys(step.report), ...step.state.map(({ current }) => current.name)];
    // An Adam step is the sign of a gradient near 0, where float32 cannot tell the sign: moments and statistics are
    // compared, not weights.
    const compared = /Moment|^(generator|discriminator)\/.*\/(mean|variance)$/;
    names.forEach((name, index) => {
      const actual = results.get(name)?.floats() ?? (compared.test(name) ? program.state().get(name) : undefined);
      if (actual === undefined) return;
      const wanted = expected[index]?.data ?? new Float64Array();
      const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      wanted.forEach((value, element) => {
        expect(Math.abs((actual[element] ?? Number.NaN) - value), `${name}[${element}]`).toBeLessThan(2e-4 * scale);
      });
    });
    await program.release();
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
    const program = await Program.compile({ outputs: { loss }, state }, initial, { device: "cpu" });
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
