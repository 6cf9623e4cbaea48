import { beforeAll, describe, expect, it } from "vitest";
import { encodeGenerator } from "../export/index.ts";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input, type Tensor } from "../graph/index.ts";
import { adam } from "../nn/index.ts";
import { OnnxSession, Program } from "../runtime/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { inferencePlayers } from "./players.ts";
import { drawnImages, expectClose, feedsOf } from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";
import { type VqVaeOptions, vqVae } from "./vq-vae.ts";

const update = { optimizer: adam({ learningRate: 3e-3, beta1: 0.9, beta2: 0.999 }) };
const options: VqVaeOptions = {
  format: { height: 8, width: 8, channels: 3 },
  codes: 6,
  codeSize: 4,
  commitment: 0.25,
  decay: 0.9,
  priorWidth: 5,
  priorDepth: 2,
  width: 4,
  batch: 4,
  encoder: update,
  decoder: update,
  prior: update,
  averageHalfLife: 500,
};

describe("a step of the vector-quantised autoencoder", () => {
  it("is computed by the engine as by the float64 reference", async () => {
    const step = buildTrainingStep(vqVae(options), { format: options.format, batch: 4 });
    const [stage] = step.stages;
    if (stage === undefined || step.stages.length !== 1) throw new Error("one graph was expected");
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    // After a few steps, when the codebook has found the data.
    for (let number = 0; number < 4; number++)
      await runner.run(number, drawnImages(4, options.format, `step ${number}`));
    const state = new Map(await runner.values());
    const images = drawnImages(4, options.format);
    const outputs = [...Object.values(stage.report), ...stage.state.map(({ next }) => next)];
    const expected = evaluate(outputs, { images, ...feedsOf(step, 1, 4), ...Object.fromEntries(state) });
    const report = await runner.run(4, images);
    const after = await runner.values();
    await runner.release();
    const names = [...Object.keys(stage.report), ...stage.state.map(({ current }) => current.name)];
    // Weights move by about the sign of gradients near 0, which float32 cannot tell: see the test of the GAN.
    const compared = /Moment|^codebook\//;
    let count = 0;
    names.forEach((name, index) => {
      const reported = report[name];
      if (reported === undefined && !compared.test(name)) return;
      const actual = reported === undefined ? (after.get(name) ?? []) : [reported];
      expectClose(actual, expected[index]?.data ?? new Float64Array(), 2e-4, name);
      count++;
    });
    expect(Object.keys(report)).toEqual(["reconstructionLoss", "commitmentLoss", "codePerplexity", "priorNats"]);
    expect(count).toBeGreaterThan(30);
  });
});

/** Bright rectangles of a few sizes on a dark ground, at places of a coarse grid. */
function rectangles(count: number, name: string): Uint8Array {
  const random = randomStream(6, name);
  const images = new Uint8Array(count * 256).fill(20);
  for (let image = 0; image < count; image++) {
    const [top, left] = [2 * random.integer(4), 2 * random.integer(4)];
    const [height, width] = [random.integer(2) === 0 ? 4 : 8, random.integer(2) === 0 ? 4 : 8];
    for (let y = top; y < top + height; y++) {
      images.fill(235, image * 256 + 16 * y + left, image * 256 + 16 * y + left + width);
    }
  }
  return images;
}

describe("a vector-quantised autoencoder that has learned", () => {
  const format = { height: 16, width: 16, channels: 1 } as const;
  const [codes, batch, steps] = [24, 16, 300];
  const method = vqVae({ ...options, format, codes, codeSize: 8, priorWidth: 24, width: 16, batch, decay: 0.95 });
  const heldOut = 64;
  const real = Float32Array.from(rectangles(heldOut, "held out"), (byte) => (byte * 2) / 255 - 1);
  const last: Record<string, number> = {};
  const averages = new Map<string, Float32Array>();
  let results: ReadonlyMap<string, Float32Array> = new Map();
  const draws = randomStream(7, "draws").normals(heldOut * method.latent);

  beforeAll(async () => {
    const step = buildTrainingStep(method, { format, batch });
    const runner = await StepRunner.compile(step, 2, { device: "cpu" });
    for (let number = 0; number < steps; number++) {
      const report = await runner.run(number, rectangles(batch, `step ${number}`));
      for (const [name, value] of Object.entries(report))
        if (number >= steps - 20) last[name] = (last[name] ?? 0) + value / 20;
    }
    const state = await runner.values();
    const variables = Object.values(method.networks).flatMap((network) => network.variables);
    for (const variable of variables)
      averages.set(variable.input.name, Float32Array.from(state.get(step.averageOf(variable)) ?? []));
    const bound = new Map(variables.map((own) => [own.input.name, input(step.averageOf(own), own.shape)]));
    const players = inferencePlayers(method.networks, bound);
    const images = input("images", ["batch", 1, 16, 16]);
    const encoded = method.coding?.encode(images, players);
    if (encoded === undefined) throw new Error("a code was expected");
    const outputs: Record<string, Tensor> = {
      encoded,
      reconstructed: method.coding?.decode(encoded, players) ?? encoded,
      samples: method.sample(input("draws", ["batch", method.latent]), players),
    };
    const program = await Program.compile({ outputs, state: [] }, runner.state, { device: "cpu" });
    const held = await program.run({ images: real, draws }, heldOut);
    results = new Map([...held].map(([name, value]) => [name, Float32Array.from(value.floats())]));
    await program.release();
    await runner.release();
  });

  const squaredError = (of: (index: number) => number) =>
    real.reduce((total, value, index) => total + (value - of(index)) ** 2, 0) / real.length;

  it("draws held-out images again far better than their mean does", () => {
    const mean = Array.from({ length: 256 }, (_, pixel) =>
      real.reduce((total, value, index) => total + (index % 256 === pixel ? value / heldOut : 0), 0),
    );
    const byMean = squaredError((index) => mean[index % 256] ?? Number.NaN);
    expect(squaredError((index) => results.get("reconstructed")?.[index] ?? Number.NaN)).toBeLessThan(0.3 * byMean);
  });

  it("uses many codes, and knows more of them than how many are used", () => {
    const encoded = results.get("encoded") ?? new Float32Array();
    expect(encoded.length).toBe(heldOut * 16);
    expect(encoded.every((code) => Number.isInteger(code) && code >= 0 && code < codes)).toBe(true);
    expect(last["codePerplexity"]).toBeGreaterThan(6);
    expect(last["priorNats"]).toBeLessThan(0.8 * Math.log(last["codePerplexity"] ?? 0));
  });

  it("makes new pictures of bright and dark pixels, as often bright as the images", () => {
    const samples = results.get("samples") ?? new Float32Array();
    expect(samples.every((value) => value >= -1 && value <= 1)).toBe(true);
    const bright = (values: Float32Array) => values.filter((value) => value > 0).length / values.length;
    expect(bright(samples)).toBeGreaterThan(0.6 * bright(real));
    expect(bright(samples)).toBeLessThan(1.6 * bright(real));
    expect(samples.filter((value) => Math.abs(value) > 0.5).length / samples.length).toBeGreaterThan(0.8);
  });

  it("is a generator file that makes the same pictures", async () => {
    const metadata = { latent: method.latent, format, classNames: [], classShares: [], step: steps };
    const session = await OnnxSession.open(encodeGenerator(method, averages, metadata), { device: "cpu" });
    const images = await session.run("latent", draws, [heldOut, method.latent], "images");
    await session.release();
    expectClose(images, results.get("samples") ?? [], 1e-4, "images");
  });
});
