import { copyFile, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, eventsOf, start, temporaryFolder, tiny, until } from "./command-line.ts";

const folder = await temporaryFolder();

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 120);
});

const scored = [
  ...tiny,
  ...[
    "heldOut=0.5",
    "evaluation.every=20",
    "evaluation.images=64",
    'evaluation.metrics=["kid","fid","recall"]',
    "checkpointEvery=20",
    "logEvery=1",
  ].flatMap((assignment) => ["--set", assignment]),
];

/** The evaluations in a run's log, without what a clock decides. */
const evaluationsOf = async (run: string) =>
  (await eventsOf(join(folder, run)))
    .filter(({ type }) => type === "evaluation")
    .map((event): Record<string, unknown> => ({ ...event, time: "", seconds: 0 }));

const fileOf = (run: string, ...path: readonly string[]) => readFile(join(folder, run, ...path));

describe("a run that is scored while it learns", () => {
  it("has scores at the steps that were asked for and the last, and keeps the best generator and checkpoint", async () => {
    const words = ["train", "discs", ...scored, "--steps", "70", "--out", "whole"];
    const { status, stdout, stderr } = await atelier(folder, ...words);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /step 20: FID [\d.]+, KID -?[\d.]+, recall \d+ %; the best so far \(KID: lower is better\)\n/,
    );
    expect(stdout.match(/lower is better/g)).toHaveLength(1);
    expect(stdout).not.toContain("against training images");
    const evaluations = await evaluationsOf("whole");
    expect(evaluations.map((event) => event["step"])).toEqual([20, 40, 60, 70]);
    for (const event of evaluations) {
      const scores = Object(event["scores"]);
      expect(Object.keys(scores)).toEqual(["kid", "fid", "recall"]);
      const numbers: unknown[] = [...Object.values(scores), event["diversity"], event["trainGap"]];
      for (const value of numbers) expect(Number.isFinite(value)).toBe(true);
      expect(event).toMatchObject({ reference: "heldOut", generated: 64, real: 60 });
    }
    const kids = evaluations.map((event) => Number(Object(event["scores"]).kid));
    const best = kids.indexOf(Math.min(...kids));
    expect(evaluations.findLastIndex((event) => event["best"] === true)).toBe(best);

    // The same seed stopped at that step has the same weights.
    const step = String(evaluations[best]?.["step"]);
    await atelier(folder, "train", "discs", ...scored, "--steps", step, "--out", "to-the-best");
    const checkpoint = await fileOf("to-the-best", "checkpoints", `step-${step.padStart(6, "0")}.safetensors`);
    expect((await fileOf("whole", "checkpoints", "best.safetensors")).equals(checkpoint)).toBe(true);
    const generator = await fileOf("to-the-best", "generator.onnx");
    expect((await fileOf("whole", "generator-best.onnx")).equals(generator)).toBe(true);
  });

  it("makes pictures with its best generator, and says so where there is none", async () => {
    expect((await atelier(folder, "generate", "whole", "--best", "-n", "2", "--out", "two.png")).status).toBe(0);
    const file = await atelier(folder, "generate", "whole/generator.onnx", "--best");
    expect(file.status).toBe(2);
    expect(file.stderr).toContain("no generator-best.onnx there\nhelp: leave --best out");
  });

  it("gives the same scores and the same best after SIGKILL as one that never stopped", async () => {
    const words = ["train", "discs", ...scored, "--set", "width=32", "--steps", "60"];
    expect((await atelier(folder, ...words, "--out", "one")).status).toBe(0);
    const killed = start(folder, ...words, "--out", "other");
    const log = join(folder, "other", "events.jsonl");
    await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":42,'));
    killed.child.kill("SIGKILL");
    await killed.outcome;
    expect((await atelier(folder, ...words, "--out", "other", "--resume")).status).toBe(0);
    expect(await evaluationsOf("other")).toEqual(await evaluationsOf("one"));
    for (const path of [["checkpoints", "best.safetensors"], ["generator-best.onnx"], ["generator.onnx"]]) {
      const [one, other] = await Promise.all(["one", "other"].map((run) => fileOf(run, ...path)));
      expect(one?.equals(other ?? Buffer.of()), path.join("/")).toBe(true);
    }
  });

  it("knows its scores again where one of them is no number", async () => {
    await mkdir(join(folder, "alike"));
    for (let copy = 0; copy < 120; copy++) {
      await copyFile(join(folder, "discs", "picture-0.png"), join(folder, "alike", `${copy}.png`));
    }
    const words = ["train", "alike", ...scored, "--out", "alike-run"];
    expect((await atelier(folder, ...words, "--steps", "40")).status).toBe(0);
    expect((await atelier(folder, ...words, "--steps", "60", "--resume")).status).toBe(0);
    const evaluations = await evaluationsOf("alike-run");
    // Real images do not differ at all, so that nothing can be said in relation to them.
    expect(evaluations.map((event) => [event["step"], event["diversity"]])).toEqual([
      [20, null],
      [40, null],
      [60, null],
    ]);
  });

  it("learns the same as one that is not", async () => {
    const off = ["--set", "evaluation.every=0"];
    const words = ["train", "discs", ...scored, "--steps", "70"];
    const { status, stdout } = await atelier(folder, ...words, ...off, "--out", "unscored");
    expect(status).toBe(0);
    expect(stdout).not.toContain("KID");
    expect(await evaluationsOf("unscored")).toEqual([]);
    expect(await readdir(join(folder, "unscored", "checkpoints"))).not.toContain("best.safetensors");
    expect((await fileOf("unscored", "generator.onnx")).equals(await fileOf("whole", "generator.onnx"))).toBe(true);
  });

  it("stops soon on Ctrl-C in the middle of an evaluation, which is made up for when it goes on", async () => {
    const slow = ["--set", "evaluation.images=3000", "--set", "evaluation.metrics=[kid]", "--set", "heldOut=0.2"];
    const words = ["train", "discs", ...tiny, ...slow, "--set", "evaluation.every=20", "--steps", "30"];
    const running = start(folder, ...words, "--set", "logEvery=1", "--out", "cut-off");
    const log = join(folder, "cut-off", "events.jsonl");
    await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":20,'));
    running.child.kill("SIGINT");
    const { status, stdout } = await running.outcome;
    expect(status).toBe(0);
    expect(stdout).toContain("Stopped after step 20; a checkpoint is written.");
    expect(await evaluationsOf("cut-off")).toEqual([]);
    const fewer = await atelier(folder, "train", "discs", "--out", "cut-off", "--resume");
    expect(fewer.status).toBe(0);
    expect(fewer.stdout).toMatch(
      /step 20: KID -?[\d.]+ against training images; the best so far \(KID: lower is better\)/,
    );
    const evaluations = await evaluationsOf("cut-off");
    expect(evaluations.map((event) => [event["step"], event["reference"], event["trainGap"]])).toEqual([
      [20, "train", null],
      [30, "train", null],
    ]);
  });

  it("is stopped by Ctrl-C while its last step is scored, and makes up for that alone", async () => {
    const slow = [
      "--set",
      "evaluation.images=3000",
      "--set",
      "evaluation.metrics=[kid]",
      "--set",
      "evaluation.every=30",
    ];
    const words = ["train", "discs", ...tiny, ...slow, "--steps", "20", "--set", "logEvery=1", "--out", "cut-at-last"];
    const running = start(folder, ...words);
    const log = join(folder, "cut-at-last", "events.jsonl");
    await until(async () => (await readFile(log, "utf8").catch(() => "")).includes('"step":20,'));
    running.child.kill("SIGINT");
    const { status, stdout } = await running.outcome;
    expect(status).toBe(0);
    expect(stdout).toContain("Stopped after step 20; a checkpoint is written.");
    expect(await evaluationsOf("cut-at-last")).toEqual([]);
    const made = await fileOf("cut-at-last", "generator.onnx");
    const rest = await atelier(folder, "train", "discs", "--out", "cut-at-last", "--resume");
    expect(rest.stderr).toBe("");
    expect(rest.stdout).toContain("Done: 20 steps");
    expect((await evaluationsOf("cut-at-last")).map((event) => event["step"])).toEqual([20]);
    expect((await fileOf("cut-at-last", "generator.onnx")).equals(made)).toBe(true);
    const again = await atelier(folder, "train", "discs", "--out", "cut-at-last", "--resume");
    expect(again.stderr).toContain("expected more steps than the 20 that are made");
  });

  it("is refused for scores that are not known or do not go together, and not scored on too few images", async () => {
    const refused = async (...words: readonly string[]) => (await atelier(folder, "train", "discs", ...words)).stderr;
    expect(await refused("--set", 'evaluation.metrics=["kidd"]')).toContain("help: did you mean kid?");
    expect(await refused("--set", "evaluation.metrics=kid")).toContain("expected a list");
    expect(await refused("--set", "evaluation.best=fid")).toContain('help: add "fid" to evaluation.metrics');
    expect(await refused("--set", "evaluation.images=49")).toContain("expected a number of at least 50");
    const file = ["--set", "evaluation.every=2", "--set", "evaluation.features=discs/picture-0.png"];
    expect(await refused(...file, "--out", "no-network", "--dry-run")).toContain("expected an ONNX model");
    expect(await refused(...file, "--out", "no-network")).toContain("expected an ONNX model");
    expect(await readdir(folder)).not.toContain("no-network");
    expect(await refused("--set", "evaluation.evry=2")).toContain('help: did you mean "evaluation.every"?');
    const words = ["--steps", "4", "--set", "heldOut=0.6", "--set", "evaluation.every=2", "--out", "too-few"];
    const { status, stdout } = await atelier(folder, "train", "discs", ...tiny, ...words);
    expect(status).toBe(0);
    expect(stdout).toContain("not scored while it learns: scores take 50 training images, and there are 48: add more.");
  });
});
