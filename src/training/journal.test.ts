import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import { planTraining } from "./defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { Journal } from "./journal.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-journal-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const flowers = await openSource("sample:flowers");
const { config } = await planTraining({ size: 16, channels: 3 }, flowers);

/** The journal of a run that ends after so many scores without a new best one. */
const opened = (name: string, patience: number, step: number): Promise<Journal> => {
  const patient = { ...config, evaluation: { ...config.evaluation, patience } };
  return Journal.open(join(folder, name), patient, { step, recoveries: 0 }, () => {});
};

const evaluated = (step: number, kid: number, best: boolean): TrainingEvent => ({
  type: "evaluation",
  step,
  scores: { kid },
  reference: "heldOut",
  generated: 100,
  real: 100,
  diversity: 1,
  trainGap: 0,
  best,
  seconds: 1,
});

const scores = [evaluated(10, 3, true), evaluated(20, 1, true), evaluated(30, 2, false), evaluated(40, 2, false)];

describe("patience", () => {
  it("is at an end after so many scores in a row without a new best one, and the reason is said", async () => {
    const journal = await opened("patient", 2, 0);
    const ended: boolean[] = [];
    for (const event of scores) {
      await journal.emit(event);
      ended.push(journal.exhaustion !== undefined);
    }
    expect(ended).toEqual([false, false, false, true]);
    expect(journal.exhaustion).toBe(
      "KID has not become better in 2 scores (evaluation.patience); the best was that of step 20.",
    );
    await journal.emit(evaluated(50, 0.5, true));
    expect(journal.exhaustion).toBeUndefined();
    await journal.close();
  });

  it("of 0 never ends", async () => {
    const journal = await opened("endless", 0, 0);
    for (const event of scores) await journal.emit(event);
    expect(journal.exhaustion).toBeUndefined();
    await journal.close();
  });

  it("is the same in a run that was stopped, wherever that was", async () => {
    for (const kept of [0, 1, 2, 3, 4]) {
      const name = `stopped-${kept}`;
      const first = await opened(name, 2, 0);
      for (const event of scores) await first.emit(event);
      await first.close();
      // What came after the checkpoint is undone, and happens again.
      const second = await opened(name, 2, 10 * kept);
      for (const event of scores.slice(kept)) {
        expect(second.exhaustion).toBeUndefined();
        await second.emit(event);
      }
      expect(second.exhaustion).toBeDefined();
      await second.close();
    }
  });

  it("is longer when the run goes on with more of it", async () => {
    const first = await opened("longer", 2, 0);
    for (const event of scores) await first.emit(event);
    await first.close();
    const second = await opened("longer", 3, 40);
    expect(second.exhaustion).toBeUndefined();
    await second.emit(evaluated(50, 4, false));
    expect(second.exhaustion).toContain("3 scores");
    await second.close();
  });
});
