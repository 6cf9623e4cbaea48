import { describe, expect, it } from "vitest";
import { randomStream } from "../../foundation/random.ts";
import { evaluate, input, type Tensor } from "../../graph/index.ts";
import { StepRunner } from "../../training/step-runner.ts";
import { type GanOptions, gan } from "../gan.ts";
import { drawnImages, format, linearGan } from "../testing/small-gans.ts";
import { buildTrainingStep } from "../training-step.ts";
import { adaptiveAugmentation } from "./adaptive-augmentation.ts";

/** The probability in each batch, from the mean sign of the verdicts in each, as section 3 of the paper says it. */
function plainLoop(signs: readonly number[], target: number, images: number): readonly number[] {
  let probability = 0;
  return signs.map((_, batch) => {
    if (batch > 0 && batch % 4 === 0) {
      const mean = signs.slice(batch - 4, batch).reduce((total, sign) => total + sign, 0) / 4;
      probability += (Math.sign(mean - target) * 4 * images) / 500_000;
      probability = Math.min(Math.max(probability, 0), 1 - 2 ** -24);
    }
    return probability;
  });
}

describe("the probability of adaptive augmentation", () => {
  /** The probabilities for verdicts on the images of each batch. */
  function controlled(verdicts: readonly (readonly number[])[], target: number, images: number): readonly number[] {
    const scalars = new Map<string, (step: number) => number>();
    const controller = adaptiveAugmentation(
      { adaTarget: target, images },
      {
        memory: (name, shape) => input(name, shape),
        scalar: (name, value) => {
          scalars.set(name, value);
          return input(name, []);
        },
      },
    );
    const next: readonly (readonly [string, Tensor])[] = Object.entries(
      controller.memory(input("verdicts", [verdicts[0]?.length ?? 0, 1])),
    );
    const state: Record<string, number> = Object.fromEntries(next.map(([name]) => [name, 0]));
    return verdicts.map((numbers, step) => {
      const fed = Object.fromEntries([...scalars].map(([name, value]) => [name, [value(step)]]));
      const held = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, [value]]));
      const results = evaluate([controller.probability, ...next.map(([, value]) => value)], {
        verdicts: numbers,
        ...fed,
        ...held,
      }).map(({ data }) => data[0] ?? Number.NaN);
      for (const [index, [name]] of next.entries()) state[name] = results[index + 1] ?? Number.NaN;
      return results[0] ?? Number.NaN;
    });
  }

  it("follows a plain loop over the signs, from 0 and never below", () => {
    const random = randomStream(3, "verdicts");
    // The discriminator begins unsure, becomes certain, and unsure again.
    const verdicts = Array.from({ length: 90 }, (_, batch) =>
      Array.from({ length: 8 }, () => random.normal() + (batch > 20 && batch < 60 ? 2 : 0)),
    );
    const signs = verdicts.map((numbers) => numbers.reduce((total, verdict) => total + Math.sign(verdict), 0) / 8);
    const expected = plainLoop(signs, 0.6, 64);
    controlled(verdicts, 0.6, 64).forEach((value, batch) => expect(value).toBeCloseTo(expected[batch] ?? 9, 12));
    expect(Math.max(...expected)).toBeGreaterThan(8 * 4 * (64 / 500_000));
    expect(expected.at(-1)).toBeLessThan(Math.max(...expected));
  });

  it("stays below 1", () => {
    const certain = Array.from({ length: 20 }, () => [5, 5]);
    const probabilities = controlled(certain, 0, 50_000);
    expect(probabilities.slice(0, 9)).toEqual([0, 0, 0, 0, 0.4, 0.4, 0.4, 0.4, 0.8]);
    expect(Math.max(...probabilities)).toBeLessThan(1);
  });
});

describe("a GAN with adaptive augmentation", () => {
  it.each([1, 2])("reports that probability, of the verdicts that it reports (batch in %i parts)", async (parts) => {
    const options: GanOptions = {
      ...linearGan,
      augmentation: "ada",
      transforms: ["brightness"],
      adaTarget: -0.8,
      batch: 8 / parts,
      parts,
    };
    const step = buildTrainingStep(gan(options), { format, batch: 8, parts });
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    const signs: number[] = [];
    const probabilities: number[] = [];
    for (let number = 0; number < 24; number++) {
      const report = await runner.run(number, drawnImages(8, format, `step ${number}`));
      signs.push(report["realSign"] ?? Number.NaN);
      probabilities.push(report["augmentation"] ?? Number.NaN);
    }
    await runner.release();
    const expected = plainLoop(signs, -0.8, 8);
    probabilities.forEach((value, number) => expect(value).toBeCloseTo(expected[number] ?? 9, 9));
    expect(Math.max(...expected)).toBeGreaterThan(0);
  });
});
