import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { estimateTime, friendly, meanStep, measureStep, stepsWithin } from "./time-estimate.ts";

const flowers = await openSource("sample:flowers");
const configOf = async (given: PartialConfig) =>
  (await planTraining({ size: 32, channels: 3, ...given }, flowers)).config;
const memory = { state: 20e6 };
const totalOf = async (given: PartialConfig, step: number, made = 0) =>
  estimateTime(await configOf(given), 2160, { compile: 0.5, step }, memory, made).total;

describe("the mean time of a step", () => {
  it("is that of the only kind of step", () => {
    expect(meanStep([{ every: 1, seconds: 0.25 }])).toBe(0.25);
  });

  it("counts what comes in every so many-th step by its share", () => {
    // 0.1 in each step, 0.2 more in each fifth, 0.4 more in each tenth, which is a fifth as well: over ten steps 1.8.
    const timings = [
      { every: 1, seconds: 0.1 },
      { every: 5, seconds: 0.3 },
      { every: 10, seconds: 0.7 },
    ];
    expect(meanStep(timings)).toBeCloseTo((8 * 0.1 + 0.3 + 0.7) / 10, 12);
  });

  it("keeps periods apart that are no multiples of each other", () => {
    const timings = [
      { every: 1, seconds: 0.1 },
      { every: 4, seconds: 0.5 },
      { every: 6, seconds: 0.2 },
    ];
    // In twelve steps: three fourths, two sixths, of which one step is both.
    expect(meanStep(timings)).toBeCloseTo((12 * 0.1 + 3 * 0.4 + 2 * 0.1) / 12, 12);
  });

  it("is measured where some parts come in every so many-th step only", async () => {
    const tiny: PartialConfig = { size: 16, batch: 4, width: 2, latent: 4, architecture: "mlp", steps: 4 };
    const measured = await measureStep(await configOf({ ...tiny, gan: { discriminatorSteps: 3 } }), 4);
    expect(measured.step > 0 && measured.compile > 0).toBe(true);
  });
});

describe("a friendly number of steps", () => {
  it.each([
    [1234, 1200],
    [1999.9, 1900],
    [20_450, 20_000],
    [97, 97],
    [7.9, 7],
    [0.2, 1],
  ])("for %d is %i", (steps, expected) => {
    expect(friendly(steps)).toBe(expected);
  });
});

describe("the steps that fit into some minutes", () => {
  it("are the most friendly ones whose whole run does, whatever comes on top of the steps", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 10, noNaN: true }),
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        fc.double({ min: 60, max: 7200, noNaN: true }),
        (step, fixed, share, seconds) => {
          const total = (steps: number) => fixed + step * steps * (1 + share);
          const steps = stepsWithin(seconds, step, total);
          expect(friendly(steps)).toBe(steps);
          expect(total(steps)).toBeLessThanOrEqual(seconds * (1 + 1e-9));
          // The next friendly number is at most a tenth larger.
          expect(total(1.12 * steps + 2)).toBeGreaterThan(0.97 * seconds);
        },
      ),
      { seed: 3, numRuns: 200, endOnFailure: true },
    );
  });

  it("are one at least, however slow it is", () => {
    expect(stepsWithin(6, 30, (steps) => 10 + 30 * steps)).toBe(1);
  });
});

describe("the time that a run takes", () => {
  it("is that of its steps, and a little more for scores, samples and checkpoints", async () => {
    const total = await totalOf({ steps: 1800 }, 0.3);
    expect(total).toBeGreaterThan(1800 * 0.3);
    expect(total).toBeLessThan(1800 * 0.3 * 1.1);
  });

  it("grows with what is asked for besides the steps", async () => {
    const usual = await totalOf({ steps: 400 }, 0.3);
    expect(await totalOf({ steps: 400, evaluation: { every: 10 } }, 0.3)).toBeGreaterThan(1.04 * usual);
    expect(await totalOf({ steps: 400, sampleEvery: 1 }, 0.3)).toBeGreaterThan(usual);
    expect(await totalOf({ steps: 400, checkpointEvery: 1 }, 0.3)).toBeGreaterThan(usual);
  });

  it("is that of the steps that are left, where a run goes on", async () => {
    const [whole, half] = [await totalOf({ steps: 1800 }, 0.3), await totalOf({ steps: 1800 }, 0.3, 900)];
    expect(half).toBeGreaterThan(0.5 * whole);
    expect(half).toBeLessThan(0.55 * whole);
  });
});
