import { describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import type { PartialConfig } from "./config.ts";
import { planTraining } from "./defaults.ts";
import { compareRuns } from "./run-comparison.ts";
import type { RunSummary } from "./run-summary.ts";

const flowers = await openSource("sample:flowers");

/** A finished run that was scored once. */
async function runOf(given: PartialConfig, kid: number | null, rest: Partial<RunSummary> = {}): Promise<RunSummary> {
  const { config } = await planTraining({ size: 16, channels: 3, classes: 0, ...given }, flowers);
  const scores = { step: 10, scores: { kid, precision: 0.5 }, reference: "heldOut" as const };
  const made = { outcome: "finished" as const, steps: 1800, seconds: 3, best: scores, last: scores, images: "same" };
  return { path: "run", name: "run", config, ...made, ...rest };
}

describe("a comparison of runs", () => {
  it("lists the keys that differ, each run's value, and the best score", async () => {
    const runs = [
      await runOf({ latent: 10 }, 0.3),
      await runOf({ latent: 20 }, 0.1),
      await runOf({ latent: 30 }, null),
    ];
    const { differences, best, warnings } = compareRuns(runs);
    expect(differences).toEqual([{ key: "latent", values: [10, 20, 30] }]);
    expect(best).toBe(1);
    expect(warnings).toEqual([]);
  });

  it("knows which way the score that decides is better", async () => {
    const evaluation = { metrics: ["precision", "kid"], best: "precision" } satisfies PartialConfig["evaluation"];
    const scored = (precision: number) => ({ step: 1, scores: { precision, kid: 1 }, reference: "heldOut" as const });
    const runs = [0.2, 0.9, 0.4].map((precision) => runOf({ evaluation }, 1, { best: scored(precision) }));
    expect(compareRuns(await Promise.all(runs)).best).toBe(1);
  });

  it("has a value that only one of them has", async () => {
    const runs = [await runOf({}, 1), await runOf({ schedule: { shape: "step" } }, 1)];
    expect(compareRuns(runs).differences).toContainEqual({ key: "schedule.factor", values: [undefined, 0.5] });
  });

  it.each([
    [{ size: 32 }, {}, /measured in different ways, as the runs differ in size/],
    [{ evaluation: { images: 99 } }, {}, /differ in evaluation.images/],
    [{}, { images: "other" }, /the images of the data were changed/],
    [{}, { last: { step: 1, scores: {}, reference: "train" as const } }, /some are against held-out images/],
  ] satisfies [PartialConfig, Partial<RunSummary>, RegExp][])(
    "%o, %o: scores cannot be compared",
    async (given, rest, text) => {
      const { best, warnings } = compareRuns([await runOf({}, 0.3), await runOf(given, 0.2, rest)]);
      expect(best).toBeUndefined();
      expect(warnings.join()).toMatch(text);
    },
  );

  it("compares the same images in another place, and warns of other seeds and of runs that are not finished", async () => {
    const moved = await runOf({}, 0.2);
    const elsewhere = { ...moved, config: { ...moved.config, data: "elsewhere" } };
    expect(compareRuns([await runOf({}, 0.3), elsewhere])).toMatchObject({ best: 1, warnings: [] });
    const unknown = [await runOf({}, 0.3), { ...elsewhere, images: "other" }];
    expect(compareRuns(unknown).warnings.join()).toContain("differ in data");
    const seeds = compareRuns([await runOf({ seed: 1 }, 0.3), await runOf({ seed: 2 }, 0.2, { images: "other" })]);
    expect(seeds.best).toBe(1);
    expect(seeds.warnings.join()).toContain("The seeds differ");
    const stopped = await runOf({}, 0.3, { outcome: "stopped" });
    expect(compareRuns([stopped, await runOf({}, 1)]).warnings).toEqual(["Not all runs are finished."]);
  });
});
