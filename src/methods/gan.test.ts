import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import {
  evaluate,
  gradients,
  input,
  mean,
  reshape,
  simplify,
  square,
  subtract,
  topologicalOrder,
} from "../graph/index.ts";
import { flattened } from "../models/architecture.ts";
import { type Architecture, architectures, type ImageFormat } from "../models/index.ts";
import { adam, dense, lossIfGenerated, lossIfReal, Network, sgd } from "../nn/index.ts";
import { Program, ProgramState } from "../runtime/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { type GanOptions, gan } from "./gan.ts";
import { normalisedImages } from "./step-builder.ts";
import { buildTrainingStep, type TrainingStep } from "./training-step.ts";

const format: ImageFormat = { height: 2, width: 2, channels: 1 };
const [batch, latent] = [3, 2];
const rate = 0.01;

/** G(z) = z·W + b and D(x) = x·v + c: small enough for a training loop by hand. */
const linear: Architecture = {
  name: "linear",
  defaultWidth: 1,
  discriminatorNorms: ["none"],
  refusal: () => undefined,
  generator: () =>
    new Network("generator", ["batch", latent], (scope, z) =>
      reshape(dense(scope, z, { features: 4 }), [z.shape[0] ?? "batch", 1, 2, 2]),
    ),
  discriminator: () =>
    new Network("discriminator", ["batch", 1, 2, 2], (scope, x) => dense(scope, flattened(x), { features: 1 })),
};

const adamUpdate = { optimizer: adam({ learningRate: rate, beta1: 0.5, beta2: 0.999 }) };
const linearGan: GanOptions = {
  architecture: linear,
  format,
  latent,
  width: 1,
  batch,
  updates: "alternating",
  generator: adamUpdate,
  discriminator: adamUpdate,
  averageHalfLife: 10,
};
/** A small DCGAN whose discriminator judges each picture by itself. */
const images16: ImageFormat = { height: 16, width: 16, channels: 3 };
const dcgan16: GanOptions = {
  ...linearGan,
  architecture: architectures.dcgan,
  format: images16,
  latent: 8,
  width: 4,
  batch: 4,
  discriminatorNorm: "none",
};

function drawnImages(count: number, { height, width, channels }: ImageFormat, name = "images"): Uint8Array {
  const random = randomStream(9, name);
  return Uint8Array.from({ length: count * channels * height * width }, () => random.integer(256));
}

/** What step number `number` of a run with this seed is fed, as a runner draws it. */
function feedsOf(step: TrainingStep, seed: number, number: number) {
  const count = (shape: readonly (number | "batch")[]) => shape.reduce<number>((all, size) => all * Number(size), 1);
  return {
    ...Object.fromEntries(
      step.noises.map(({ name, shape }) => [name, randomStream(seed, name, number).normals(count(shape))]),
    ),
    ...Object.fromEntries(step.scalars.map(({ input: { name }, value }) => [name, Float32Array.of(value(number, 0))])),
  };
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
      await runner.run(number, images);

      const z = randomStream(7, "noise/latent", number).normals(batch * latent);
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

/** Compares numbers by their distance as a share of the largest. */
function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, share: number, name: string) {
  const wanted = Array.from(expected);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(actual.length, name).toBe(expected.length);
  wanted.forEach((value, element) => {
    expect(Math.abs((actual[element] ?? Number.NaN) - value), `${name}[${element}]`).toBeLessThanOrEqual(share * scale);
  });
}

describe("a one-stage step", () => {
  const descent = { optimizer: sgd({ learningRate: 1 }) };
  const options: GanOptions = { ...dcgan16, updates: "one-stage", generator: descent, discriminator: descent };
  const { networks } = gan(options);
  const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
  const images = drawnImages(4, images16);
  const feeds = { images, ...feedsOf(step, 3, 0) };

  /** The gradients of each player's loss by themselves, each from a backward pass of its own. */
  function separateGradients() {
    const play = (name: keyof typeof networks) => (x: Parameters<Network["apply"]>[0]) =>
      networks[name].apply(x, networks[name].bindings(), "training").output;
    const generated = play("generator")(input("noise/latent", [4, 8]));
    const onReal = play("discriminator")(normalisedImages(input("images", [4, 3, 16, 16], "uint8")));
    const onGenerated = play("discriminator")(generated);
    const lossOfD = [lossIfReal(onReal), lossIfGenerated(onGenerated)];
    const parametersOf = (name: keyof typeof networks) =>
      networks[name].variables.filter(({ role }) => role === "parameter").map((variable) => variable.input);
    return [
      ...lossOfD.map((loss) => ({ parameters: parametersOf("discriminator"), loss })),
      { parameters: parametersOf("generator"), loss: lossIfReal(onGenerated) },
    ].flatMap(({ parameters, loss }) => {
      const slopes = gradients(loss, parameters);
      return parameters.map(({ name }, index) => ({ name, slope: slopes[index] ?? loss }));
    });
  }

  it("moves both players by the two separate gradients at the same point", () => {
    // Seeds decide the point: at both, each player is far from its optimum, on different sides of real and generated.
    for (const seed of [3, 4]) {
      const initial = step.initialState(seed);
      const numbers = { ...feeds, ...Object.fromEntries(initial) };
      const separate = separateGradients();
      const slopes = evaluate(
        separate.map(({ slope }) => slope),
        numbers,
      );
      const expected = new Map<string, Float64Array>();
      separate.forEach(({ name }, index) => {
        const slope = slopes[index]?.data ?? new Float64Array();
        const before = expected.get(name) ?? Float64Array.from(initial.get(name) ?? []);
        expected.set(
          name,
          before.map((value, element) => value - (slope[element] ?? Number.NaN)),
        );
      });
      const state = step.stages.flatMap((stage) => stage.state).filter(({ current }) => expected.has(current.name));
      const moved = evaluate(
        state.map(({ next }) => next),
        numbers,
      );
      expect(state.length).toBe(expected.size);
      state.forEach(({ current: { name } }, index) => {
        expectClose(moved[index]?.data ?? [], expected.get(name) ?? new Float64Array(), 1e-12, name);
      });
    }
  });

  it("passes every picture through the discriminator once, forward and back", () => {
    const alternating = buildTrainingStep(gan({ ...options, updates: "alternating" }), { format: images16, batch: 4 });
    // Convolutions of the discriminator's second layer: of pictures, and back to them.
    const passes = (built: TrainingStep) => {
      const next = built.stages.flatMap(({ state }) => state.map((update) => update.next));
      const names = topologicalOrder(simplify(next)).flatMap((tensor) =>
        tensor.kind === "computed" && tensor.scope === "discriminator/down2" ? [tensor.operation.name] : [],
      );
      return ["conv2d", "convTranspose2d"].map((wanted) => names.filter((name) => name === wanted).length);
    };
    // Real and generated pictures; the alternating generator has its pictures judged again.
    expect(passes(step)).toEqual([2, 2]);
    expect(passes(alternating)).toEqual([3, 3]);
  });
});

describe("a batch in parts", () => {
  it.each(["alternating", "one-stage"] as const)("gives the update of the whole batch (%s)", async (updates) => {
    // Not a DCGAN, whose generator takes statistics over the batch.
    const clipped = { ...adamUpdate, clipNorm: 0.2 };
    const options: GanOptions = { ...linearGan, updates, batch: 8, generator: clipped, discriminator: clipped };
    const whole = buildTrainingStep(gan(options), { format, batch: 8 });
    const divided = buildTrainingStep(gan({ ...options, batch: 2 }), { format, batch: 8, parts: 4 });
    const results = [];
    for (const step of [whole, divided]) {
      const runner = await StepRunner.compile(step, 5, { device: "cpu" });
      const reports = [];
      for (let number = 0; number < 10; number++)
        reports.push(await runner.run(number, drawnImages(8, format, `step ${number}`)));
      results.push({ reports, state: await runner.values() });
      await runner.release();
    }
    const [first, second] = results;
    expect([...(second?.state.keys() ?? [])]).toEqual([...(first?.state.keys() ?? [])]);
    for (const [name, values] of first?.state ?? []) expectClose(second?.state.get(name) ?? [], values, 1e-4, name);
    first?.reports.forEach((report, number) => {
      for (const [name, value] of Object.entries(report))
        expect(second?.reports[number]?.[name], name).toBeCloseTo(value, 5);
    });
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
