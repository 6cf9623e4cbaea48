import { describe, expect, it } from "vitest";
import { describeWebgpu, ownCache } from "../../test/software-gpu.ts";
import { randomStream } from "../foundation/random.ts";
import { buildTrainingStep, type GanOptions, gan, plainGan } from "../methods/index.ts";
import { architectures, type ImageFormat } from "../models/index.ts";
import { adam } from "../nn/index.ts";
import { StepRunner } from "../training/step-runner.ts";
import type { DeviceName } from "./device-names.ts";
import { liveDeviceTensors } from "./held.ts";
import type { StateValues } from "./program-state.ts";

await ownCache();

const STEPS = 5;
const format: ImageFormat = { height: 16, width: 16, channels: 3 };
// With the usual epsilon of 1e-8 a step is the sign of a gradient near 0, which rounding decides. With this one the
// whole state can be compared: weights, moments, statistics and averages.
const update = { optimizer: adam({ learningRate: 0.01, beta1: 0.5, epsilon: 0.01 }) };
const options: GanOptions = {
  ...plainGan,
  discriminatorNorm: "batch",
  architecture: architectures.dcgan,
  format,
  latent: 8,
  width: 4,
  batch: 4,
  generator: update,
  discriminator: update,
  averageHalfLife: 100,
};

async function trained(device: DeviceName): Promise<{ state: StateValues; reports: readonly number[][] }> {
  const runner = await StepRunner.compile(buildTrainingStep(gan(options), { format, batch: 4 }), 1, { device });
  const reports: number[][] = [];
  for (let step = 0; step < STEPS; step++) {
    const random = randomStream(2, "images", step);
    const images = Uint8Array.from({ length: 4 * 3 * 16 * 16 }, () => random.integer(256));
    reports.push(Object.values(await runner.run(step, images)));
  }
  const state = await runner.values();
  await runner.release();
  return { state, reports };
}

/** Every piece of the state within 1e-3 of its largest number, and every loss within 1e-3. */
async function expectAgreement(device: DeviceName) {
  const [expected, actual] = [await trained("cpu"), await trained(device)];
  expect([...actual.state.keys()]).toEqual([...expected.state.keys()]);
  for (const [name, wanted] of expected.state) {
    const values = actual.state.get(name) ?? new Float32Array();
    const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const worst = wanted.reduce(
      (most, value, index) => Math.max(most, Math.abs(value - (values[index] ?? Number.NaN))),
      0,
    );
    expect(worst / scale, name).toBeLessThan(1e-3);
  }
  actual.reports.forEach((report, step) => {
    report.forEach((value, index) => expect(value).toBeCloseTo(expected.reports[step]?.[index] ?? Number.NaN, 3));
  });
}

describe("five steps of a DCGAN in WebAssembly", () => {
  it("are those of the cpu", () => expectAgreement("wasm"));
});

describeWebgpu("five steps of a DCGAN on WebGPU", () => {
  it("are those of the cpu, and leave nothing in graphics memory", async () => {
    await expectAgreement("webgpu");
    expect(liveDeviceTensors()).toBe(0);
  });
});
