import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ownCache } from "../../test/software-gpu.ts";
import { openSource } from "../data/index.ts";
import { buildTrainingStep, formatOf, methodOf } from "../methods/index.ts";
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
