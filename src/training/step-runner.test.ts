import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ownCache } from "../../test/software-gpu.ts";
import { openSource } from "../data/index.ts";
import { constant, matmul, mean, multiply, reshape, type Tensor } from "../graph/index.ts";
import { buildTrainingStep, formatOf, type Method, methodOf } from "../methods/index.ts";
import { dense, Network } from "../nn/index.ts";
import type { Config } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { StepRunner } from "./step-runner.ts";

const cache = await ownCache();

async function compiled(config: Config, notify: (notice: string) => void): Promise<ReadonlyMap<string, string>> {
  const step = buildTrainingStep(methodOf(config), { ...config, format: formatOf(config), parts: config.microBatches });
  const runner = await StepRunner.compile(step, 0, { device: "cpu", threads: 1, tuning: "timed", notify });
  await runner.release();
  return runner.forms;
}

it("gives a convolution the same form in every stage of a step, also where timings cannot be remembered", async () => {
  // A file where the folder should be.
  await writeFile(join(cache, "engine"), "");
  const given = { size: 16, channels: 3, batch: 4, width: 2, latent: 4, device: "cpu" } as const;
  const { config } = await planTraining(given, await openSource("sample:flowers"));
  const notices: string[] = [];
  const forms = await compiled({ ...config, microBatches: 2 }, (notice) => notices.push(notice));
  // The stages of the discriminator and of the generator have convolutions in common: none is timed twice.
  const timed = notices.reduce((total, notice) => total + Number(/\d+/.exec(notice)), 0);
  expect(timed).toBeGreaterThan(0);
  expect(timed).toBeLessThanOrEqual(forms.size);
});

describe("what a step is told of classes", () => {
  const [batch, labelled] = [6, 4];
  /** Numbers the classes 1, 2 and 3, so that a mean tells them apart; 0 for none. */
  const numbered = (classes: Tensor) => matmul(classes, constant(Float64Array.of(1, 2, 3), [3, 1]));
  /** Mean over the images of their one pixel, from -1 to 1, times the number of their class. */
  const together = (images: Tensor, classes: Tensor, count: number) =>
    mean(multiply(reshape(images, [count, 1]), numbered(classes)));
  const methodIn = (parts: number): Method => ({
    networks: { scale: new Network("scale", ["batch", 1], (scope, x) => dense(scope, x, { features: 1 })) },
    phases: [
      {
        trains: {},
        losses: (inputs) => {
          const second = inputs.labelled(labelled / parts, 3);
          const report = {
            ofKnown: together(inputs.real, inputs.known(3), batch / parts),
            ofLabelled: together(second.images, second.classes, labelled / parts),
          };
          return { losses: {}, report };
        },
      },
    ],
    latent: 1,
    sample: (latent) => latent,
    averaged: ["scale"],
    averageHalfLife: 1,
  });
  const stepIn = (parts: number) => {
    const format = { width: 1, height: 1, channels: 1 } as const;
    return StepRunner.compile(buildTrainingStep(methodIn(parts), { format, batch, parts }), 0, { device: "cpu" });
  };
  const rowsOf = (labels: readonly number[]) =>
    Float32Array.from(labels.flatMap((label) => [0, 1, 2].map((each) => (each === label ? 1 : 0))));
  const images = Uint8Array.of(0, 51, 102, 153, 204, 255);
  const labels = [2, -1, 0, 1, -1, 2];
  const labelledImages = Uint8Array.of(255, 0, 51, 204);
  const labelledLabels = [1, 0, 2, 2];
  const expected = (pixels: Uint8Array, classes: readonly number[]) =>
    classes.reduce((total, label, index) => total + ((pixels[index] ?? 0) / 127.5 - 1) * (label + 1), 0) /
    classes.length;

  it.each([1, 2])("reaches it beside the images that it is of, in %i parts", async (parts) => {
    const runner = await stepIn(parts);
    const told = {
      known: rowsOf(labels),
      labelled: { images: labelledImages, classes: rowsOf(labelledLabels) },
    };
    const report = await runner.run(0, images, told);
    expect(report["ofKnown"]).toBeCloseTo(expected(images, labels), 6);
    expect(report["ofLabelled"]).toBeCloseTo(expected(labelledImages, labelledLabels), 6);
    // Nothing is left of it in the next step.
    const none = { ...told, known: rowsOf(labels.map(() => -1)) };
    expect((await runner.run(1, images, none))["ofKnown"]).toBeCloseTo(0, 10);
    await runner.release();
  });

  it("must be there, and whole", async () => {
    const runner = await stepIn(1);
    const whole = { images: labelledImages, classes: rowsOf(labelledLabels) };
    await expect(runner.run(0, images)).rejects.toThrow("no numbers of 18 for known");
    await expect(runner.run(0, images, { known: rowsOf(labels) })).rejects.toThrow(
      "no numbers of 4 for labelled/images",
    );
    await expect(runner.run(0, images, { known: rowsOf([1]), labelled: whole })).rejects.toThrow("3 numbers of 18");
    await runner.release();
  });
});
