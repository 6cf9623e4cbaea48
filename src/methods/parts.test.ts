import { describe, expect, it } from "vitest";
import { StepRunner } from "../training/step-runner.ts";
import { type GanOptions, type GanSettings, gan } from "./gan.ts";
import { adamUpdate, drawnImages, expectClose, format, linearGan } from "./testing/small-gans.ts";
import { buildTrainingStep } from "./training-step.ts";

describe("a batch in parts", () => {
  // Not a DCGAN, whose generator takes statistics over the batch.
  const clipped = { ...adamUpdate, clipNorm: 0.2 };
  const cases: readonly (readonly [string, Partial<GanSettings>])[] = [
    ["alternating", {}],
    ["one-stage", { updates: "one-stage" }],
    ["with every penalty", { r1: 1, r1Every: 3, gradientPenalty: 1, lecam: 0.3, instanceNoise: 0.1, loss: "hinge" }],
    ["with adaptive augmentation", { augmentation: "ada", transforms: ["brightness", "translation"], adaTarget: -0.9 }],
    ["with a critic of several steps", { loss: "leastSquares", gradientPenalty: 1, discriminatorSteps: 3 }],
  ];

  it.each(cases)("gives the update of the whole batch (%s)", async (_, settings) => {
    const options: GanOptions = {
      ...linearGan,
      ...settings,
      instanceNoiseSteps: 2000,
      batch: 8,
      generator: clipped,
      discriminator: clipped,
    };
    const whole = buildTrainingStep(gan(options), { format, batch: 8 });
    const divided = buildTrainingStep(gan({ ...options, batch: 2, parts: 4 }), { format, batch: 8, parts: 4 });
    const results = [];
    for (const step of [whole, divided]) {
      const runner = await StepRunner.compile(step, 5, { device: "cpu" });
      const reports = [];
      for (let number = 995; number < 1005; number++)
        reports.push(await runner.run(number, drawnImages(8, format, `step ${number}`)));
      results.push({ reports, state: await runner.values() });
      await runner.release();
    }
    const [first, second] = results;
    expect([...(second?.state.keys() ?? [])]).toEqual([...(first?.state.keys() ?? [])]);
    for (const [name, values] of first?.state ?? []) expectClose(second?.state.get(name) ?? [], values, 1e-4, name);
    first?.reports.forEach((report, number) => {
      for (const [name, value] of Object.entries(report))
        expect(second?.reports[number]?.[name], name).toBeCloseTo(value, 5);
    });
  });
});
