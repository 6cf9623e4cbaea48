import { describe, expect, it } from "vitest";
import { evaluate } from "../../graph/index.ts";
import { StepRunner } from "../../training/step-runner.ts";
import { type GanOptions, gan } from "../gan.ts";
import { dcgan16, drawnImages, expectClose, feedsOf, images16 } from "../testing/small-gans.ts";
import { buildTrainingStep, type TrainingStep } from "../training-step.ts";

/** A step of a run by the float64 reference: what it reports, and the state after it. */
function byReference(step: TrainingStep, seed: number, number: number, images: Uint8Array) {
  const state = new Map<string, ArrayLike<number>>(step.initialState(seed));
  const report: Record<string, number> = {};
  for (const stage of step.stages.filter(({ every }) => (number + 1) % every === 0)) {
    const names = Object.keys(stage.report);
    const results = evaluate([...Object.values(stage.report), ...stage.state.map(({ next }) => next)], {
      images,
      ...feedsOf(step, seed, number),
      ...Object.fromEntries(state),
    });
    names.forEach((name, index) => {
      report[name] = results[index]?.data[0] ?? Number.NaN;
    });
    stage.state.forEach(({ current }, index) => {
      state.set(current.name, results[names.length + index]?.data ?? []);
    });
  }
  return { report, state };
}

const everything = {
  labelSmoothing: 0.1,
  r1: 1,
  r1Every: 2,
  gradientPenalty: 1,
  lecam: 0.3,
  instanceNoise: 0.1,
  instanceNoiseSteps: 5000,
  augmentation: "diffaugment",
  transforms: ["translation", "brightness", "saturation", "contrast", "cutout"],
  mapNoise: true,
  dropout: 0.2,
} as const;

describe("a DCGAN with everything that can be added", () => {
  it.each([
    ["alternating", { minibatchDeviation: true, loss: "nonSaturating", discriminatorNorm: "spectral" }],
    ["one-stage", { minibatchDeviation: false, loss: "leastSquares", discriminatorNorm: "layer" }],
  ] as const)("is computed by the engine as by the float64 reference (%s)", async (updates, settings) => {
    const options: GanOptions = { ...dcgan16, ...everything, ...settings, updates };
    const step = buildTrainingStep(gan(options), { format: images16, batch: 4 });
    const images = drawnImages(4, images16);
    // An even step after the thousandth: with the lazy penalty, and with LeCam.
    const expected = byReference(step, 1, 1001, images);
    const runner = await StepRunner.compile(step, 1, { device: "cpu" });
    const report = await runner.run(1001, images);
    const state = await runner.values();
    await runner.release();
    expect(Object.keys(report)).toEqual(Object.keys(expected.report));
    for (const [name, value] of Object.entries(expected.report)) expect(report[name], name).toBeCloseTo(value, 3);
    // An Adam step is the sign of a gradient near 0: moments are compared, not weights.
    const compared = [...expected.state].filter(([name]) => /firstMoment|^memory/.test(name));
    for (const [name, values] of compared) expectClose(state.get(name) ?? [], values, 2e-3, name);
    expect(compared.length).toBeGreaterThan(15);
  });
});
