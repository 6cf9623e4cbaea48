import { describe, expect, it } from "vitest";
import { type ImageSet, openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { buildTrainingStep, formatOf, initialPlayers, methodOf, normalisedImages } from "../methods/index.ts";
import { importanceWeightedBound } from "../metrics/index.ts";
import type { StateValues } from "../runtime/index.ts";
import type { Config, PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { likelihoodOf } from "./likelihood.ts";
import { StepRunner } from "./step-runner.ts";

const flowers = await openSource("sample:flowers");
const format = { height: 16, width: 16, channels: 1 } as const;
const imageBytes = 256;

/** Bright discs of changing place and size on black. */
function disc(index: number, target: Uint8Array): void {
  const random = randomStream(8, "disc", index);
  const [x, y, radius] = [4 + random.integer(8), 4 + random.integer(8), 2 + random.integer(3)];
  for (let at = 0; at < imageBytes; at++) {
    target[at] = Math.hypot((at % 16) - x, Math.floor(at / 16) - y) < radius ? 230 : 0;
  }
}

/** Discs from number `first` on. */
function discs(first: number, count: number): ImageSet {
  const read = (from: number, wanted: number) => {
    const bytes = new Uint8Array(wanted * imageBytes);
    for (let index = 0; index < wanted; index++) {
      disc(first + from + index, bytes.subarray(index * imageBytes, (index + 1) * imageBytes));
    }
    return Promise.resolve(bytes);
  };
  return { format, count, read };
}

async function configOf(given: PartialConfig): Promise<Config> {
  const small = {
    model: "vae",
    classes: 0,
    size: 16,
    channels: 1,
    architecture: "mlp",
    width: 32,
    latent: 6,
    batch: 32,
  } as const;
  const rates = { encoder: 3e-3, decoder: 3e-3 };
  return (await planTraining({ ...small, steps: 200, learningRate: rates, ...given }, flowers)).config;
}

/** The averaged values of the networks' variables after so many steps on discs. */
async function trained(config: Config, steps: number): Promise<StateValues> {
  const method = methodOf(config);
  const step = buildTrainingStep(method, { format: formatOf(config), batch: config.batch });
  const runner = await StepRunner.compile(step, 1, { device: "cpu" });
  for (let number = 0; number < steps; number++) {
    await runner.run(number, await discs(1000 + number * config.batch, config.batch).read(0, config.batch));
  }
  const state = await runner.values();
  await runner.release();
  const variables = Object.values(method.networks).flatMap((network) => network.variables);
  return new Map(
    variables.map((variable) => [variable.input.name, state.get(step.averageOf(variable)) ?? new Float32Array()]),
  );
}

describe("the likelihood of held-out images", () => {
  it.each([
    { likelihood: "bernoulli", binarise: true },
    { likelihood: "bernoulli", binarise: true, importanceSamples: 4 },
    { likelihood: "gaussian" },
    { likelihood: "logistic", warmup: 50, freeBits: 0.1 },
  ] as const)("is found to rise far by training: %o", async (vae) => {
    const config = await configOf({ vae });
    const options = { draws: 20, seed: 1 };
    const before = await likelihoodOf(config, {}, await trained(config, 0), discs(0, 40), options);
    const after = await likelihoodOf(config, {}, await trained(config, config.steps), discs(0, 40), options);
    expect(after).toMatchObject({ images: 40, draws: 20, of: vae.likelihood === "bernoulli" ? "binary" : "levels" });
    expect(after.importanceWeighted).toBeLessThan(after.bound);
    expect(after.bound).toBeLessThan(before.bound / 2);
    expect(after.importanceWeighted).toBeGreaterThan(0);
    expect(after.bitsPerDimension).toBeCloseTo(after.importanceWeighted / Math.LN2 / imageBytes, 9);
  });

  it("is the same for the same seed, about the same for another, and better with more draws", async () => {
    const config = await configOf({ vae: { likelihood: "bernoulli", binarise: true } });
    const values = await trained(config, 60);
    const found = (seed: number, draws: number) => likelihoodOf(config, {}, values, discs(0, 130), { seed, draws });
    const first = await found(1, 25);
    expect(await found(1, 25)).toEqual(first);
    const other = await found(2, 25);
    expect(other).not.toEqual(first);
    expect(Math.abs(other.bound - first.bound)).toBeLessThan(5 * first.standardError);
    expect((await found(1, 200)).importanceWeighted).toBeLessThan(first.importanceWeighted);
    expect((await found(1, 1)).importanceWeighted).toBeCloseTo((await found(1, 1)).bound, 9);
  });

  it("is that of the float64 reference: each image is binarised once, each draw has noise of its own", async () => {
    const config = await configOf({ vae: { likelihood: "bernoulli", binarise: true } });
    const values = await trained(config, 20);
    const [count, draws, seed] = [3, 12, 3];
    const method = methodOf(config);
    const weights = method.logWeight?.(
      {
        real: normalisedImages(input("images", [draws, 1, 16, 16], "uint8")),
        noise: (name, shape) => input(name, shape),
        uniform: (name, shape) => input(name, shape),
      },
      initialPlayers(method),
    );
    if (weights === undefined) throw new Error("no weights");
    const bounds = [];
    for (let image = 0; image < count; image++) {
      const stream = (name: string) => randomStream(seed, "likelihood", name, image);
      const uniform = stream("uniform/binarisation").fillUniforms(new Float32Array(imageBytes));
      const repeated = (row: ArrayLike<number>) => Array.from({ length: draws }, () => Array.from(row)).flat();
      const feeds = {
        ...Object.fromEntries(values),
        images: repeated(await discs(image, 1).read(0, 1)),
        binarisation: repeated(uniform),
        code: stream("noise/code").normals(draws * config.latent),
      };
      bounds.push(importanceWeightedBound(evaluate([weights], feeds)[0]?.data ?? new Float64Array(), draws)[0] ?? 0);
    }
    const expected = -bounds.reduce((total, bound) => total + bound, 0) / count;
    const found = await likelihoodOf(config, {}, values, discs(0, count), { draws, seed });
    expect(found.importanceWeighted).toBeCloseTo(expected, 3);
  });

  it("can be stopped, and tells how far it is", async () => {
    const config = await configOf({});
    const values = await trained(config, 0);
    const told: number[] = [];
    const progress = (done: number) => void told.push(done);
    await likelihoodOf(config, {}, values, discs(0, 230), { seed: 1, draws: 3, progress });
    expect(told).toEqual([100, 200, 230]);
    const signal = AbortSignal.abort();
    await expect(likelihoodOf(config, {}, values, discs(0, 3), { seed: 1, draws: 3, signal })).rejects.toThrow(
      /abort/i,
    );
  });

  it("is refused for a model without one, and where the networks diverged", async () => {
    const gan = await configOf({ model: "gan", learningRate: {} });
    const options = { seed: 1, draws: 2 };
    await expect(likelihoodOf(gan, {}, new Map(), discs(0, 2), options)).rejects.toThrow(AtelierError);
    const config = await configOf({});
    const values = new Map([...(await trained(config, 0))].map(([name, own]) => [name, own.map(() => Number.NaN)]));
    await expect(likelihoodOf(config, {}, values, discs(0, 2), options)).rejects.toThrow(/a finite probability/);
  });

  it("is refused where a few draws only have no finite weight", async () => {
    const config = await configOf({ vae: { likelihood: "logistic" } });
    // Some codes are drawn so far away that the spread of their picture is no float32.
    const wide = [0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5];
    const values = new Map(
      [...(await trained(config, 0))].map(([name, own]) => [
        name,
        name === "encoder/judge/bias" ? Float32Array.from(wide) : own,
      ]),
    );
    const grey: ImageSet = {
      format,
      count: 2,
      read: (_, count) => Promise.resolve(new Uint8Array(count * 256).fill(128)),
    };
    const likelihood = likelihoodOf(config, {}, values, grey, { seed: 1, draws: 50 });
    await expect(likelihood).rejects.toThrow(/a finite probability .*received -Infinity/);
  });
});

describe("settings of a VAE that do not go together", () => {
  it.each([
    [{ likelihood: "gaussian", binarise: true }, /vae.likelihood: expected bernoulli/],
    [{ freeBits: 0.5, importanceSamples: 5 }, /vae.freeBits: expected 0/],
    [{ warmup: 200 }, /vae.warmup: expected fewer than the 200 steps/],
  ] as const)("are refused: %o", async (vae, message) => {
    await expect(configOf({ vae })).rejects.toThrow(message);
  });
});
