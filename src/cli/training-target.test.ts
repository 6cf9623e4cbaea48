import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import { planTraining } from "../training/defaults.ts";
import { generatorOf, openRun, RunFolder } from "../training/index.ts";
import { writePlan } from "../training/run-folder.ts";
import { writeSweep } from "./sweep-folder.ts";
import { trainingTarget } from "./training-target.ts";

const folder = await mkdtemp(join(tmpdir(), "atelier-target-"));
afterAll(() => rm(folder, { recursive: true }));

const plan = await planTraining({ size: 16, steps: 10 }, await openSource("sample:flowers"));

/** A run that has begun. */
async function runIn(path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  const run = new RunFolder(path);
  await writePlan(run, plan);
  await writeFile(run.events, "");
  return path;
}

const run = await runIn(join(folder, "run"));
const sweep = join(folder, "sweep");
const variants = [await runIn(join(sweep, "batch=8")), await runIn(join(sweep, "batch=16"))];
await writeSweep(sweep, { sweeps: ["batch=8,16"], given: {}, data: ["photos", "more"] });

describe("what atelier train works on", () => {
  it("is the data that was given", async () => {
    expect(await trainingTarget(["photos"], { resume: false })).toEqual({ data: "photos" });
    expect(await trainingTarget(["a", "b"], { resume: true, out: run })).toEqual({ data: ["a", "b"], out: run });
  });

  it("is a run or a sweep that goes on with its own data, named in either way", async () => {
    const own = { data: "sample:flowers", out: run };
    expect(await trainingTarget([run], { resume: true })).toEqual(own);
    expect(await trainingTarget([], { resume: true, out: run })).toEqual(own);
    expect(await trainingTarget([sweep], { resume: true })).toEqual({ data: ["photos", "more"], out: sweep });
  });

  it.each([
    [[run], { resume: false }, /the folder of a run, .*\nhelp: .*atelier train --resume .*run/],
    [[sweep], { resume: false }, /the folder of a sweep/],
    [["photos", run], { resume: true }, /the folder of a run/],
    [[], { resume: false }, /received nothing\nhelp: name the data: atelier train DATA/],
    [[], { resume: true }, /received --resume alone/],
    [[], { resume: true, out: folder }, /expected the folder of a run/],
  ] as const)("is refused: %o, %o", async (places, flags, message) => {
    await expect(trainingTarget(places, flags)).rejects.toMatchObject({
      exitStatus: 2,
      message: expect.stringMatching(message),
    });
  });

  it("may hold a config.json of its own", async () => {
    const photos = join(folder, "photos");
    await mkdir(photos);
    await writeFile(join(photos, "config.json"), "{}");
    expect(await trainingTarget([photos], { resume: false })).toEqual({ data: photos });
  });
});

describe("a sweep's folder where one run is wanted", () => {
  it("is refused with the names of its variants", async () => {
    for (const opening of [openRun(sweep), generatorOf(new RunFolder(sweep), { best: false })]) {
      const failed = await opening.catch(String);
      expect(failed).toContain(
        "expected the folder of one run, received that of a sweep, of which 2 variants have begun",
      );
      for (const variant of variants) expect(failed).toContain(variant);
    }
  });
});
