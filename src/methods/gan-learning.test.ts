import { describe, expect, it } from "vitest";
import { randomStream } from "../foundation/random.ts";
import { evaluate, input } from "../graph/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam, adversarialLossNames } from "../nn/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import { type GanOptions, gan, plainGan } from "./gan.ts";
import { inferencePlayers } from "./players.ts";
import { buildTrainingStep } from "./training-step.ts";

const format: ImageFormat = { height: 8, width: 8, channels: 1 };
const [batch, latent, steps] = [32, 4, 150];
const update = { optimizer: adam({ learningRate: 2e-3, beta1: 0.5 }) };

/** One half of the picture is bright: the left, the right, the upper or the lower one. Their mean is far from each, at 1. */
const halves = Array.from({ length: 4 }, (_, kind) =>
  Array.from({ length: 64 }, (__, pixel) => {
    const place = kind < 2 ? pixel % 8 : Math.floor(pixel / 8);
    return (kind % 2 === 0) === place < 4 ? 1 : -1;
  }),
);

/** Pictures that are looked at. */
const COUNT = 48;

/** Root of the mean squared difference to each of the halves. */
function distances(picture: readonly number[]): readonly number[] {
  return halves.map((half) => Math.sqrt(picture.reduce((total, x, i) => total + (x - (half[i] ?? 0)) ** 2, 0) / 64));
}

/** What the averaged generator draws after training. */
async function pictures(options: GanOptions): Promise<readonly (readonly number[])[]> {
  const method = gan(options);
  const step = buildTrainingStep(method, { format, batch });
  const runner = await StepRunner.compile(step, 1, { device: "cpu" });
  const images = (number: number) => {
    const random = randomStream(2, "halves", number);
    return Uint8Array.from(Array.from({ length: batch }, () => halves[random.integer(4)] ?? []).flat(), (value) =>
      value > 0 ? 255 : 0,
    );
  };
  const averages = new Map(
    method.networks.generator.variables.map((variable) => [
      variable.input.name,
      input(step.averageOf(variable), variable.shape),
    ]),
  );
  const made = method.sample(input("latent", [COUNT, latent]), inferencePlayers(method.networks, averages));
  for (let number = 0; number < steps; number++) await runner.run(number, images(number));
  const state = await runner.values();
  await runner.release();
  const [result] = evaluate([made], {
    latent: randomStream(3, "latent").normals(COUNT * latent),
    ...Object.fromEntries([...state].filter(([name]) => name.startsWith("average/"))),
  });
  return Array.from({ length: COUNT }, (_, n) => Array.from(result?.data.slice(n * 64, n * 64 + 64) ?? []));
}

describe("a small GAN learns to draw", () => {
  it.each(adversarialLossNames)("with the %s loss", async (loss) => {
    const isWasserstein = loss === "wasserstein";
    const made = await pictures({
      ...plainGan,
      loss,
      gradientPenalty: isWasserstein ? 10 : 0,
      discriminatorNorm: isWasserstein ? "none" : "spectral",
      architecture: architectures.mlp,
      format,
      latent,
      width: 32,
      batch,
      generator: update,
      discriminator: update,
      averageHalfLife: 500,
    });
    const nearest = made.map((picture) => Math.min(...distances(picture)));
    const kinds = new Set(made.map((picture, n) => distances(picture).indexOf(nearest[n] ?? 0)));
    expect(nearest.reduce((total, one) => total + one, 0) / COUNT).toBeLessThan(0.3);
    expect(kinds.size).toBe(4);
  });
});
