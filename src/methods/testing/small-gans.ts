import { expect } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { reshape } from "../../graph/index.ts";
import { flattened } from "../../models/architecture.ts";
import { type Architecture, architectures, type ImageFormat } from "../../models/index.ts";
import { adam, dense, Network } from "../../nn/index.ts";
import { type GanOptions, plainGan } from "../gan.ts";
import type { TrainingStep } from "../training-step.ts";

// Test support: GANs that are small enough to be computed again in another way.

export const format: ImageFormat = { height: 2, width: 2, channels: 1 };
export const [batch, latent] = [3, 2];
export const rate = 0.01;

/** G(z) = z·W + b and D(x) = x·V + c: small enough for a training loop by hand. */
export const linear: Architecture = {
  name: "linear",
  defaultWidth: 1,
  discriminatorNorms: ["none"],
  refusal: () => undefined,
  generator: ({ classes = 0 }) =>
    new Network("generator", ["batch", latent + classes], (scope, z) =>
      reshape(dense(scope, z, { features: 4 }), [z.shape[0] ?? "batch", 1, 2, 2]),
    ),
  decoder: ({ outputs }) =>
    new Network("decoder", ["batch", latent], (scope, z) =>
      reshape(dense(scope, z, { features: 4 * outputs }), [z.shape[0] ?? "batch", outputs, 2, 2]),
    ),
  discriminator: ({ verdicts = 1 }) =>
    new Network("discriminator", ["batch", 1, 2, 2], (scope, x) => dense(scope, flattened(x), { features: verdicts })),
  encoder: ({ features }) =>
    new Network("encoder", ["batch", 1, 2, 2], (scope, x) => dense(scope, flattened(x), { features })),
  classifier: ({ classes: features }) =>
    new Network("classifier", ["batch", 1, 2, 2], (scope, x) => dense(scope, flattened(x), { features })),
  choices: { kernel: [1], depth: [1], activation: ["relu"], norm: ["none"] },
};

export const adamUpdate = { optimizer: adam({ learningRate: rate, beta1: 0.5, beta2: 0.999 }) };
export const linearGan: GanOptions = {
  ...plainGan,
  discriminatorNorm: "none",
  architecture: linear,
  format,
  latent,
  width: 1,
  batch,
  generator: adamUpdate,
  discriminator: adamUpdate,
  averageHalfLife: 10,
};
/** A small DCGAN whose discriminator judges each picture by itself. */
export const images16: ImageFormat = { height: 16, width: 16, channels: 3 };
export const dcgan16: GanOptions = {
  ...linearGan,
  architecture: architectures.dcgan,
  format: images16,
  latent: 8,
  width: 4,
  batch: 4,
  discriminatorNorm: "none",
};

export function drawnImages(count: number, { height, width, channels }: ImageFormat, name = "images"): Uint8Array {
  const random = randomStream(9, name);
  return Uint8Array.from({ length: count * channels * height * width }, () => random.integer(256));
}

/** What step number `number` of a run with this seed is fed, as a runner draws it. */
export function feedsOf(step: TrainingStep, seed: number, number: number) {
  const count = (shape: readonly (number | "batch")[]) => shape.reduce<number>((all, size) => all * Number(size), 1);
  return {
    ...Object.fromEntries(
      step.noises.map(({ name, shape }) => [name, randomStream(seed, name, number).normals(count(shape))]),
    ),
    ...Object.fromEntries(
      step.uniforms.map(({ name, shape }) => {
        const values = new Float32Array(count(shape));
        randomStream(seed, name, number).fillUniforms(values);
        return [name, values];
      }),
    ),
    ...Object.fromEntries(step.scalars.map(({ input: { name }, value }) => [name, Float32Array.of(value(number, 0))])),
  };
}

/** Compares numbers by their distance as a share of the largest. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, share: number, name: string) {
  const wanted = Array.from(expected);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  expect(actual.length, name).toBe(expected.length);
  wanted.forEach((value, element) => {
    expect(Math.abs((actual[element] ?? Number.NaN) - value), `${name}[${element}]`).toBeLessThanOrEqual(share * scale);
  });
}
