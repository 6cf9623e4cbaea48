import { evaluate, gradients, input, scalar, type Tensor } from "../../graph/index.ts";
import type { StepInputs } from "../method.ts";
import { initialPlayers } from "../players.ts";
import { type VaeOptions, vae } from "../vae.ts";
import { adamUpdate, format, latent, linear } from "./small-gans.ts";

// Test support: a VAE of linear networks and a Gaussian likelihood. What it learns, and how probable it finds an image, is known
// in closed form: x = W^T z + b + sigma e is probabilistic principal component analysis.

export type Feeds = Readonly<Record<string, ArrayLike<number>>>;

export const linearVae: VaeOptions = {
  likelihood: "gaussian",
  binarise: false,
  beta: 1,
  warmup: 0,
  freeBits: 0,
  importanceSamples: 1,
  sampling: "prior",
  components: 3,
  architecture: linear,
  format,
  latent,
  width: 1,
  encoder: adamUpdate,
  decoder: adamUpdate,
  averageHalfLife: 10,
};

/** The distance between two levels in [-1, 1]: the Gaussian likelihood counts in levels, and sigma is at least one. */
export const STEP = 2 / 255;
export const sigma = 0.3;
/** W [latent, pixels], of rows that are orthogonal, and b [pixels]. */
export const decoderRows = [
  [0.4, 0.4, 0.4, 0.4],
  [0.15, -0.15, 0.15, -0.15],
] as const;
export const decoderBias = [0.1, -0.2, 0.3, 0] as const;
export const picture = [0.5, -0.4, 0.7, 0.2] as const;

export const dot = (left: readonly number[], right: readonly number[]): number =>
  left.reduce((total, value, index) => total + value * (right[index] ?? Number.NaN), 0);
export const difference = (left: readonly number[], right: readonly number[]): number[] =>
  left.map((value, index) => value - (right[index] ?? Number.NaN));

/**
 * Weights of the networks.
 * @param encoderRows of each number of the code, over the pixels.
 * @param encoderBias of each number of the code.
 * @param variances of q(z | x), the same for every image.
 */
export function linearWeights(
  encoderRows: readonly (readonly number[])[],
  encoderBias: readonly number[],
  variances: readonly number[],
): Record<string, readonly number[]> {
  const spread = Math.log(STEP) + Math.log(Math.exp(Math.log(sigma / STEP)) - 1);
  return {
    "decoder/weight": decoderRows.flatMap((row) => [...row, 0, 0, 0, 0]),
    "decoder/bias": [...decoderBias, spread, spread, spread, spread],
    "encoder/weight": [0, 1, 2, 3].flatMap((pixel) => [...encoderRows.map((row) => row[pixel] ?? Number.NaN), 0, 0]),
    "encoder/bias": [...encoderBias, ...variances.map(Math.log)],
  };
}

/** What the networks must be for q(z | x) to be p(z | x). */
export function exactPosterior() {
  const noise = sigma ** 2;
  const rows = decoderRows.map((row) => row.map((weight) => weight / (dot(row, row) + noise)));
  return {
    rows,
    bias: rows.map((row) => -dot(row, decoderBias)),
    variances: decoderRows.map((row) => noise / (dot(row, row) + noise)),
  };
}

/** Some other encoder. */
export const inexact = {
  rows: [
    [0.6, 0.2, 0.5, 0.5],
    [0.3, -0.6, 0.4, -0.2],
  ],
  bias: [0.1, -0.05],
  variances: [0.3, 0.6],
};
export const inexactWeights = linearWeights(inexact.rows, inexact.bias, inexact.variances);

/** log p(x) of the picture: along each row x has the variance |row|^2 + sigma^2, elsewhere sigma^2. */
export function exactLogLikelihood(): number {
  const centred = difference(picture, decoderBias);
  const noise = sigma ** 2;
  const along = decoderRows.map((row) => ({ off: dot(row, centred) ** 2 / dot(row, row), own: dot(row, row) + noise }));
  const rest = dot(centred, centred) - along.reduce((total, { off }) => total + off, 0);
  const variances = [...along.map(({ own }) => own), noise, noise];
  const quadratic = along.reduce((total, { off, own }) => total + off / own, rest / noise);
  const determinant = variances.reduce((total, variance) => total + Math.log(2 * Math.PI * variance), 0);
  return -(quadratic + determinant) / 2 + 4 * Math.log(STEP);
}

/** Inputs of a step on `rows` images: `real`, and draws under their own names. Scalars are those of step number `step`. */
export function stepInputs(rows: number, step = 0): StepInputs {
  const draws = (name: string, shape: readonly number[]): Tensor => input(name, shape);
  return {
    real: input("real", [rows, 1, 2, 2]),
    noise: draws,
    uniform: draws,
    scalar: (_, value) => scalar(value(step)),
    memory: draws,
    known: (classes) => input("known", [rows, classes]),
    labelled: (count, classes) => ({
      images: input("labelled/images", [count, 1, 2, 2]),
      classes: input("labelled/classes", [count, classes]),
    }),
  };
}

/** A VAE, and what its only phase computes on `rows` images. */
export function objectiveOf(options: VaeOptions, rows: number, step = 0) {
  const method = vae(options);
  const { encoder, decoder } = initialPlayers(method);
  const [phase] = method.phases;
  if (phase === undefined || encoder === undefined || decoder === undefined) throw new Error("no VAE");
  const { losses, report } = phase.losses(stepInputs(rows, step), { encoder, decoder });
  const { loss, reconstruction, divergence } = report;
  if (!losses.encoder || !losses.decoder || !loss || !reconstruction || !divergence)
    throw new Error("a loss is missing");
  const players = { encoder, decoder };
  return {
    method,
    players,
    losses: { encoder: losses.encoder, decoder: losses.decoder },
    loss,
    reconstruction,
    divergence,
  };
}

/** Slopes of a network's loss along one of its variables, such as `decoder/bias`. */
export function slopesOf(options: VaeOptions, rows: number, name: string, feeds: Feeds): readonly number[] {
  const { method, losses } = objectiveOf(options, rows);
  const network = name.startsWith("encoder/") ? "encoder" : "decoder";
  const variable = method.networks[network].variables.find(({ input: own }) => own.name === name)?.input;
  if (variable === undefined) throw new Error(`no ${name}`);
  return Array.from(evaluate(gradients(losses[network], [variable]), feeds)[0]?.data ?? []);
}

/** The number of a tensor of one number. */
export function valueOf(tensor: Tensor, feeds: Feeds): number {
  return evaluate([tensor], feeds)[0]?.data[0] ?? Number.NaN;
}

/** The same picture in each of `rows` rows. */
export function repeatedPicture(rows: number): number[] {
  return Array.from({ length: rows }, () => [...picture]).flat();
}
