import { describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import { randomStream } from "../foundation/random.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { TrainingModel } from "./model.ts";

const flowers = await openSource("sample:flowers");
const imageBytes = 3 * 16 * 16;

async function modelOf(given: PartialConfig): Promise<TrainingModel> {
  const small = { size: 16, channels: 3, architecture: "mlp", width: 4, latent: 4, batch: 4, steps: 20 } as const;
  return TrainingModel.compile((await planTraining({ ...small, ...given }, flowers)).config);
}

/** The state after some steps. */
async function trained(model: TrainingModel, from: number, to: number) {
  for (let step = from; step < to; step++) {
    const random = randomStream(3, "images", step);
    await model.step(
      step,
      Uint8Array.from({ length: 4 * imageBytes }, () => random.integer(256)),
    );
  }
  return model.state();
}

describe("a model in training", () => {
  it.each(["adam", "adamw", "sgd", "nesterov", "rmsprop"] as const)(
    "whose rates are scaled learns as one that was made with such rates: %s",
    async (name) => {
      const given = { optimizer: { name }, schedule: { shape: "cosine", warmup: 3 } } as const;
      const rate = 0.002;
      const scaled = await modelOf({ ...given, learningRate: { generator: rate, discriminator: 2 * rate } });
      const made = await modelOf({ ...given, learningRate: { generator: rate / 4, discriminator: rate / 2 } });
      const before = await trained(scaled, 0, 2);
      made.restore("nowhere", before);
      scaled.scaleRates(0.25);
      expect(await trained(scaled, 2, 6)).toEqual(await trained(made, 2, 6));
      await Promise.all([scaled.release(), made.release()]);
    },
  );

  it("is judged by the same pictures however many are asked for at once, and by others than its samples", async () => {
    const model = await modelOf({});
    const all = await model.evaluationPictures(0, 40);
    expect(all.length).toBe(40 * imageBytes);
    expect(await model.evaluationPictures(16, 20)).toEqual(all.subarray(16 * imageBytes, 36 * imageBytes));
    expect(await model.evaluationPictures(0, 16)).not.toEqual((await model.samples()).subarray(0, 16 * imageBytes));
    await model.release();
  });
});
