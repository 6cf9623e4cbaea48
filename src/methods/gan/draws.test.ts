import { describe, expect, it } from "vitest";
import { add, multiply, reshape } from "../../graph/index.ts";
import { flattened } from "../../models/architecture.ts";
import type { Architecture } from "../../models/index.ts";
import { dense, dropout, filled, Network } from "../../nn/index.ts";
import { StepRunner } from "../../training/step-runner.ts";
import { type GanSettings, gan } from "../gan.ts";
import { format, linear, linearGan } from "../testing/small-gans.ts";
import { buildTrainingStep } from "../training-step.ts";

/** A generator whose pictures are all white, as the real images are here: only draws can tell them apart. */
const white: Architecture = {
  ...linear,
  generator: () =>
    new Network("generator", ["batch", 2], (scope, z) =>
      reshape(add(multiply(dense(scope, z, { features: 4, initializer: filled(0) }), 0), 1), [
        z.shape[0] ?? "batch",
        1,
        2,
        2,
      ]),
    ),
  discriminator: ({ dropout: rate = 0 }) =>
    new Network("discriminator", ["batch", 1, 2, 2], (scope, x) =>
      dense(scope, dropout(scope, flattened(x), { rate }), { features: 1, bias: false }),
    ),
};

describe("real and generated images that are the same", () => {
  const scores = async (settings: Partial<GanSettings>) => {
    const method = gan({ ...linearGan, ...settings, architecture: white });
    const runner = await StepRunner.compile(buildTrainingStep(method, { format, batch: 3 }), 1, { device: "cpu" });
    const { realScore, generatedScore } = await runner.run(0, new Uint8Array(12).fill(255));
    await runner.release();
    return { realScore, generatedScore };
  };

  it("are the same to a discriminator without noise", async () => {
    const { realScore, generatedScore } = await scores({});
    expect(realScore).toBe(generatedScore);
  });

  it.each([
    ["dropout", { dropout: 0.5 }],
    ["instance noise", { instanceNoise: 1, instanceNoiseSteps: 100 }],
    ["augmentation", { augmentation: "diffaugment", transforms: ["brightness"] }],
  ] as const)("get draws of their own with %s", async (_, settings) => {
    const { realScore, generatedScore } = await scores(settings);
    expect(realScore).not.toBe(generatedScore);
  });

  it("are left as they are by adaptive augmentation at first", async () => {
    const { realScore, generatedScore } = await scores({ augmentation: "ada", transforms: ["brightness"] });
    expect(realScore).toBe(generatedScore);
  });
});
