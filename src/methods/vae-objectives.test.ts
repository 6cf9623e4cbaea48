import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate } from "../graph/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import {
  inexactWeights,
  linearVae,
  objectiveOf,
  repeatedPicture,
  slopesOf,
  stepInputs,
  valueOf,
} from "./testing/linear-vae.ts";
import { drawnImages, expectClose, format } from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";
import { type VaeOptions, vae } from "./vae.ts";

describe("the importance-weighted bound", () => {
  const draws = 3;
  const options: VaeOptions = { ...linearVae, importanceSamples: draws };

  it("is the logarithm of the mean of the weights", () => {
    const rows = 5;
    const code = randomStream(6, "codes").normals(rows * draws * 2);
    const { loss, losses } = objectiveOf(options, rows);
    const { method, players } = objectiveOf(linearVae, rows * draws);
    const weights = method.logWeight?.(stepInputs(rows * draws), players);
    if (weights === undefined) throw new Error("no weights");
    const all =
      evaluate([weights], { ...inexactWeights, real: repeatedPicture(rows * draws), code })[0]?.data ??
      new Float64Array();
    const bounds = Array.from({ length: rows }, (_, row) => {
      const own = all.slice(row * draws, (row + 1) * draws);
      return Math.log(own.reduce((total, weight) => total + Math.exp(weight), 0) / draws);
    });
    const expected = -bounds.reduce((total, bound) => total + bound, 0) / rows;
    const feeds = { ...inexactWeights, real: repeatedPicture(rows), code };
    expect(valueOf(loss, feeds)).toBeCloseTo(expected, 9);
    expect(valueOf(losses.decoder, feeds)).toBeCloseTo(expected, 9);
  });

  it("has the slopes along the decoder that central differences give", () => {
    const feeds = { ...inexactWeights, real: repeatedPicture(2), code: randomStream(7, "codes").normals(12) };
    const { losses } = objectiveOf(options, 2);
    for (const name of ["decoder/weight", "decoder/bias"]) {
      const numbers = inexactWeights[name] ?? [];
      const expected = numbers.map((_, index) => {
        const at = (step: number) => numbers.map((own, other) => (other === index ? own + step : own));
        const value = (step: number) => valueOf(losses.decoder, { ...feeds, [name]: at(step) });
        return (value(1e-5) - value(-1e-5)) / 2e-5;
      });
      expectClose(slopesOf(options, 2, name, feeds), expected, 1e-6, name);
    }
  });

  it.each([1, 0.4])("moves the encoder by the expected gradient (weight of the divergence %f)", (beta) => {
    const rows = 3000;
    const weighted = { ...options, beta };
    const code = randomStream(8, "codes").normals(rows * draws * 2);
    const feeds = { ...inexactWeights, real: repeatedPicture(rows), code };
    const { losses } = objectiveOf(weighted, rows);
    const bias = inexactWeights["encoder/bias"] ?? [];
    const expected = bias.map((_, index) => {
      const at = (step: number) => bias.map((own, other) => (other === index ? own + step : own));
      const value = (step: number) => valueOf(losses.decoder, { ...feeds, "encoder/bias": at(step) });
      return (value(1e-4) - value(-1e-4)) / 2e-4;
    });
    // The same expectation, estimated in two ways from the same draws.
    expectClose(slopesOf(weighted, rows, "encoder/bias", feeds), expected, 0.05, "encoder/bias");
  });
});

describe("a batch in parts", () => {
  it.each([1, 3])("gives the update of the whole batch, with %i draws for each image", async (importanceSamples) => {
    const options: VaeOptions = { ...linearVae, likelihood: "bernoulli", binarise: true, importanceSamples, warmup: 5 };
    const states = [];
    for (const parts of [1, 4]) {
      const step = buildTrainingStep(vae(options), { format, batch: 8, parts });
      const runner = await StepRunner.compile(step, 5, { device: "cpu" });
      for (let number = 0; number < 10; number++) await runner.run(number, drawnImages(8, format, `step ${number}`));
      states.push(await runner.values());
      await runner.release();
    }
    const [whole, divided] = states;
    expect(whole?.size).toBeGreaterThan(8);
    for (const [name, values] of whole ?? []) expectClose(divided?.get(name) ?? [], values, 1e-4, name);
  });
});
