import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input, type Tensor } from "../graph/index.ts";
import { evidenceBound, importanceWeightedBound } from "../metrics/index.ts";
import {
  decoderBias,
  decoderRows,
  difference,
  dot,
  exactLogLikelihood,
  exactPosterior,
  type Feeds,
  inexact,
  inexactWeights,
  linearVae,
  linearWeights,
  objectiveOf,
  picture,
  repeatedPicture,
  sigma,
  slopesOf,
  stepInputs,
  valueOf,
} from "./testing/linear-vae.ts";
import { expectClose } from "./testing/small-gans.ts";
import type { VaeOptions } from "./vae.ts";
import { divergences, logRatio } from "./vae-objectives.ts";

/** Log weights of so many draws for the picture. */
function logWeights(weights: Feeds, draws: number): Float64Array {
  const { method, players } = objectiveOf(linearVae, draws);
  const result = method.logWeight?.(stepInputs(draws), players);
  const feeds = { ...weights, real: repeatedPicture(draws), code: randomStream(4, "codes").normals(2 * draws) };
  return result === undefined ? new Float64Array() : (evaluate([result], feeds)[0]?.data ?? new Float64Array());
}

/** E log p(x | z) of the linear model, and the divergence, where q(z | x) = N(centre, variances). */
function closedForm(centre: readonly number[], variances: readonly number[]) {
  const noise = sigma ** 2;
  const made = decoderBias.map(
    (bias, pixel) =>
      bias +
      dot(
        centre,
        decoderRows.map((row) => row[pixel] ?? 0),
      ),
  );
  const residual = difference(picture, made);
  const spread = decoderRows.reduce((total, row, number) => total + dot(row, row) * (variances[number] ?? 0), 0);
  const reconstruction =
    (dot(residual, residual) + spread) / (2 * noise) + 2 * Math.log(2 * Math.PI * noise) - 4 * Math.log(2 / 255);
  const ofEachNumber = centre.map((m, number) => {
    const variance = variances[number] ?? Number.NaN;
    return (m * m + variance - Math.log(variance) - 1) / 2;
  });
  return { residual, reconstruction, ofEachNumber, divergence: ofEachNumber.reduce((all, own) => all + own, 0) };
}

const codeOf = (rows: readonly (readonly number[])[], bias: readonly number[]) =>
  rows.map((row, number) => dot(row, picture) + (bias[number] ?? 0));

describe("the divergence from the prior", () => {
  it("is the mean of log q(z | x) - log p(z) over draws", () => {
    const draws = 20_000;
    const [centre, logVariance] = [0.8, -1.2];
    const random = randomStream(1, "draws");
    const z = Float64Array.from({ length: draws }, () => centre + Math.exp(logVariance / 2) * random.normal());
    const filled = (value: number) => new Float64Array(draws).fill(value);
    const posterior = { mean: input("mean", [draws, 1]), logVariance: input("logVariance", [draws, 1]) };
    const [ratios, exact] = evaluate([logRatio(input("z", [draws, 1]), posterior), divergences(posterior)], {
      z,
      mean: filled(centre),
      logVariance: filled(logVariance),
    });
    const sampled = -(ratios?.data.reduce((all, own) => all + own, 0) ?? Number.NaN) / draws;
    expect(Math.abs(sampled - (exact?.data[0] ?? Number.NaN))).toBeLessThan(0.03);
  });
});

describe("log weights", () => {
  it("are log p(x) of every draw where q(z | x) is p(z | x)", () => {
    const { rows, bias, variances } = exactPosterior();
    const expected = exactLogLikelihood();
    for (const weight of logWeights(linearWeights(rows, bias, variances), 20)) expect(weight).toBeCloseTo(expected, 8);
  });

  it("have the evidence bound as mean, and log p(x) as the limit of the importance-weighted bound", () => {
    const exact = exactLogLikelihood();
    const weights = logWeights(inexactWeights, 20_000);
    const { reconstruction, divergence } = closedForm(codeOf(inexact.rows, inexact.bias), inexact.variances);
    expect(evidenceBound(weights, weights.length)[0]).toBeCloseTo(-reconstruction - divergence, 1);
    expect(exact).toBeGreaterThan(-reconstruction - divergence + 0.5);
    const errors = [10, 1000, 20_000].map((draws) => {
      // The mean over all groups of so many draws, which is what the bound expects.
      const groups = weights.length / draws;
      const bounds = importanceWeightedBound(weights, draws);
      return exact - bounds.reduce((total, bound) => total + bound, 0) / groups;
    });
    const [few = 0, some = 0, many = 0] = errors;
    expect(few).toBeGreaterThan(some);
    expect(some).toBeGreaterThan(-0.02);
    expect(Math.abs(many)).toBeLessThan(0.02);
  });
});

describe("the evidence bound", () => {
  // Draws of mean 0 and covariance 1, as the expectation of a quadratic form needs.
  const code = [Math.SQRT2, 0, -Math.SQRT2, 0, 0, Math.SQRT2, 0, -Math.SQRT2];
  const feeds = { ...inexactWeights, real: repeatedPicture(4), code };
  const centre = codeOf(inexact.rows, inexact.bias);
  const { residual, reconstruction, divergence, ofEachNumber } = closedForm(centre, inexact.variances);

  it("is that of a linear model in closed form", () => {
    const objective = objectiveOf(linearVae, 4);
    expect(valueOf(objective.reconstruction, feeds)).toBeCloseTo(reconstruction, 9);
    expect(valueOf(objective.divergence, feeds)).toBeCloseTo(divergence, 9);
    for (const loss of [objective.losses.encoder, objective.losses.decoder, objective.loss])
      expect(valueOf(loss, feeds)).toBeCloseTo(reconstruction + divergence, 9);
  });

  it("has the closed form's gradients", () => {
    const noise = sigma ** 2;
    const slopes = (name: string) => slopesOf(linearVae, 4, name, feeds);
    const ofBias = residual.map((own) => -own / noise);
    expectClose(slopes("decoder/bias").slice(0, 4), ofBias, 1e-9, "decoder/bias");
    const weight = slopes("decoder/weight");
    decoderRows.forEach((row, number) => {
      const [m = 0, variance = 0] = [centre[number], inexact.variances[number]];
      const expected = row.map((own, pixel) => (variance * own - m * (residual[pixel] ?? 0)) / noise);
      expectClose(weight.slice(8 * number, 8 * number + 4), expected, 1e-9, `decoder/weight ${number}`);
    });
    const ofMeans = centre.map((m, number) => m - dot(decoderRows[number] ?? [], residual) / noise);
    const ofLogVariances = inexact.variances.map((variance, number) => {
      const row = decoderRows[number] ?? [];
      return (variance * dot(row, row)) / (2 * noise) + (variance - 1) / 2;
    });
    expectClose(slopes("encoder/bias"), [...ofMeans, ...ofLogVariances], 1e-9, "encoder/bias");
  });

  it("weighs the divergence by beta, which grows over the warm-up, and reports the bound itself", () => {
    const options: VaeOptions = { ...linearVae, beta: 3, warmup: 10 };
    for (const [step, weight] of [
      [0, 0],
      [5, 1.5],
      [10, 3],
      [400, 3],
    ] as const) {
      const { losses, loss } = objectiveOf(options, 4, step);
      expect(valueOf(losses.encoder, feeds)).toBeCloseTo(reconstruction + weight * divergence, 9);
      expect(valueOf(loss, feeds)).toBeCloseTo(reconstruction + divergence, 9);
    }
  });

  it("lets each number of the code have its free bits, and pushes none below", () => {
    const [small = 0, large = 0] = ofEachNumber.toSorted((one, other) => one - other);
    const freeBits = (small + large) / 2;
    const { losses, loss } = objectiveOf({ ...linearVae, freeBits }, 4);
    expect(valueOf(losses.encoder, feeds)).toBeCloseTo(reconstruction + freeBits + large, 9);
    expect(valueOf(loss, feeds)).toBeCloseTo(reconstruction + small + large, 9);
    const free = slopesOf({ ...linearVae, freeBits: 100 }, 4, "encoder/bias", feeds);
    // Nothing but the reconstruction's slope is left.
    const ofMeans = centre.map((_, number) => -dot(decoderRows[number] ?? [], residual) / sigma ** 2);
    expectClose(free.slice(0, 2), ofMeans, 1e-9, "encoder/bias");
  });
});

describe("binarised images", () => {
  it("have the mean of the images, are 0 or 1, and are what is encoded and judged", () => {
    const rows = 4000;
    const options: VaeOptions = { ...linearVae, likelihood: "bernoulli", binarise: true };
    const { method, players } = objectiveOf(options, rows);
    let encoded: Tensor | undefined;
    const watching = Object.assign((x: Tensor) => ((encoded = x), players.encoder(x)), players.encoder);
    method.logWeight?.(stepInputs(rows), { ...players, encoder: watching });
    if (encoded === undefined) throw new Error("nothing was encoded");
    const uniform = randomStream(3, "uniform").fillUniforms(new Float32Array(4 * rows));
    const seen =
      evaluate([encoded], { real: repeatedPicture(rows), binarisation: uniform })[0]?.data ?? new Float64Array();
    expect(new Set(seen)).toEqual(new Set([-1, 1]));
    picture.forEach((brightness, pixel) => {
      const own = seen.filter((_, index) => index % 4 === pixel);
      expect(own.reduce((total, value) => total + value, 0) / rows).toBeCloseTo(brightness, 1);
    });
  });

  it("are never lit where the image is black, and always where it is white", () => {
    const { method, players } = objectiveOf({ ...linearVae, likelihood: "bernoulli", binarise: true }, 2);
    const weight = method.logWeight?.(stepInputs(2), players);
    if (weight === undefined) throw new Error("no weight");
    const feeds = {
      ...linearWeights(
        [
          [0, 0, 0, 0],
          [0, 0, 0, 0],
        ],
        [0, 0],
        [1, 1],
      ),
      code: [0, 0, 0, 0],
    };
    const blackAndWhite = { ...feeds, real: [-1, -1, 1, 1, 1, -1, 1, -1], "decoder/bias": [-9, -9, 9, 9] };
    const certain = {
      ...blackAndWhite,
      "decoder/weight": [0, 0, 0, 0, 0, 0, 0, 0],
      binarisation: [0, 0.5, 0.999999, 0.3, 0.999999, 0, 0.5, 0],
    };
    const [right, wrong] = evaluate([weight], certain)[0]?.data ?? [];
    expect(right).toBeCloseTo(-4 * Math.log1p(Math.exp(-9)), 9);
    expect(wrong).toBeCloseTo(-2 * Math.log1p(Math.exp(-9)) - 2 * Math.log1p(Math.exp(9)), 9);
  });
});

describe("a VAE's sampling", () => {
  it("is from the prior, or asks for a mixture", () => {
    expect(objectiveOf(linearVae, 1).method.coding?.mixture).toBeUndefined();
    expect(objectiveOf({ ...linearVae, sampling: "mixture" }, 1).method.coding?.mixture).toBe(linearVae.components);
  });
});
