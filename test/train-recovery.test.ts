import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Generator } from "../src/export/index.ts";
import { loadCheckpoint, loadLatestCheckpoint, saveCheckpoint } from "../src/training/checkpoints.ts";
import { RunFolder } from "../src/training/run-folder.ts";
import { atelier, drawPictures, eventsOf, start, temporaryFolder, tiny, until } from "./command-line.ts";

const folder = await temporaryFolder();

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 40);
  await drawPictures(join(folder, "more-discs"), 120);
});

/** The flags that set some keys. */
function assigned(...assignments: readonly string[]): readonly string[] {
  return assignments.flatMap((assignment) => ["--set", assignment]);
}

/** Plain gradient descent with both learning rates. Far above 0.1 a small multilayer perceptron diverges soon. */
const descent = (rate: string) => [
  ...tiny,
  "--architecture",
  "mlp",
  ...assigned(
    "optimizer.name=sgd",
    // What so few images get otherwise keeps the training from diverging.
    "gan.augmentation=none",
    "checkpointEvery=20",
    `learningRate.generator=${rate}`,
    `learningRate.discriminator=${rate}`,
  ),
];

/** Full rates for 50 steps, and then ones so low that nothing diverges any more. */
const calmAfterwards = assigned("schedule.shape=step", "schedule.every=50", "schedule.factor=0.001");

const recoveriesOf = async (run: string) =>
  (await eventsOf(join(folder, run)))
    .filter(({ type }) => type === "recovery")
    .map(({ step, failedStep, reason, rateScale }) => ({ step, failedStep, reason, rateScale }));

describe("a run that diverges", () => {
  it("goes back to a checkpoint with half the learning rates, says so, and comes to its end", async () => {
    const words = ["train", "discs", ...descent("0.15"), ...calmAfterwards, "--steps", "100", "--out", "mended"];
    const { status, stdout, stderr } = await atelier(folder, ...words);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/step \d+: \w+ was (NaN|-?Infinity); going back to step \d+, the learning rates are 50 %/);
    const recoveries = await recoveriesOf("mended");
    expect(recoveries.length).toBeGreaterThan(0);
    recoveries.forEach(({ step, failedStep, rateScale }, index) => {
      expect(rateScale).toBe(0.5 ** (index + 1));
      expect(failedStep).toBeGreaterThan(Number(step));
    });
    // What was undone is not in the log: steps come in order, each once.
    const steps = (await eventsOf(join(folder, "mended"))).flatMap(({ type, step }) => (type === "step" ? [step] : []));
    expect(steps).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(await readdir(join(folder, "mended"))).toContain("generator.onnx");
  });

  it("and is killed after it went back goes on to the same numbers, bit for bit", async () => {
    const words = ["train", "discs", ...descent("0.15"), ...calmAfterwards, "--steps", "600", "--set", "logEvery=1"];
    expect((await atelier(folder, ...words, "--out", "whole")).status).toBe(0);
    const killed = start(folder, ...words, "--out", "killed");
    const log = join(folder, "killed", "events.jsonl");
    await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":60,'));
    killed.child.kill("SIGKILL");
    await killed.outcome;
    expect(Number((await eventsOf(join(folder, "killed"))).at(-1)?.["step"])).toBeLessThan(600);
    const { status, stderr } = await atelier(folder, ...words, "--out", "killed", "--resume");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    for (const file of ["checkpoints/step-000600.safetensors", "generator.onnx"]) {
      const [one, other] = await Promise.all(["whole", "killed"].map((run) => readFile(join(folder, run, file))));
      expect(one?.equals(other ?? Buffer.of()), file).toBe(true);
    }
    expect(await recoveriesOf("killed")).toEqual(await recoveriesOf("whole"));
  });

  it("keeps no best generator of a step that is undone", async () => {
    const scored = assigned("heldOut=0.5", "evaluation.every=20", "evaluation.images=60", "checkpointEvery=20");
    const words = ["train", "more-discs", ...tiny, ...scored, "--out", "undone"];
    expect((await atelier(folder, ...words, "--steps", "40")).status).toBe(0);
    const run = new RunFolder(join(folder, "undone"));
    // Step 20 is given a score that nothing reaches, and step 40 weights with which no step is possible.
    const lines = (await readFile(run.events, "utf8")).split("\n");
    const at20 = lines.findIndex((line) => line.includes('"type":"evaluation","step":20'));
    await writeFile(run.events, lines.with(at20, (lines[at20] ?? "").replace(/"kid":[\d.]+/, '"kid":1e-9')).join("\n"));
    const checkpoint = await loadLatestCheckpoint(run.checkpoints);
    for (const [name, { data }] of checkpoint.state) if (/^discriminator.*weight$/.test(name)) data.fill(3e38);
    await saveCheckpoint(run.checkpoints, checkpoint);

    expect((await atelier(folder, ...words, "--steps", "50", "--resume")).status).toBe(0);
    expect((await recoveriesOf("undone")).map(({ step }) => step)).toEqual([40, 20]);
    const evaluations = (await eventsOf(run.path)).filter(({ type }) => type === "evaluation");
    expect(evaluations.map(({ step }) => step)).toEqual([20, 40, 50]);
    const best = evaluations.findLast((event) => event["best"] === true)?.["step"];
    expect(best).toBeGreaterThan(20);
    const { recoveries } = await loadCheckpoint({ step: Number(best), path: run.bestCheckpoint });
    expect(recoveries).toBe(2);
    const generator = await Generator.load(run.bestGenerator);
    expect(generator.metadata.step).toBe(best);
    await generator.release();
  });

  it("ends after three times with the knob to turn, and its broken weights replace no checkpoint", async () => {
    const rates = ["--set", "learningRate.generator=1e38", "--set", "learningRate.discriminator=1e38"];
    const words = [...tiny, ...rates, "--steps", "5", "--set", "checkpointEvery=1", "--out", "diverged"];
    const { status, stderr } = await atelier(folder, "train", "discs", ...words);
    expect(status).toBe(1);
    expect(stderr).toContain("help: training diverged, also after going back 3 times with half the learning rates");
    expect(stderr).toContain(
      "start again with lower rates, such as --set learningRate.generator=0.0002 --set learningRate.discriminator=0.0002",
    );
    expect(await readdir(join(folder, "diverged", "checkpoints"))).toEqual(["step-000000.safetensors"]);
    expect(await readdir(join(folder, "diverged"))).not.toContain("generator.onnx");
    expect((await recoveriesOf("diverged")).map(({ rateScale }) => rateScale)).toEqual([0.5, 0.25, 0.125]);
    // Resumed, it has no further try.
    const again = await atelier(folder, "train", "discs", "--resume", "--out", "diverged");
    expect(again.status).toBe(1);
    expect(again.stderr).toContain("also after going back 3 times");
    expect(await recoveriesOf("diverged")).toHaveLength(3);
  });
});
