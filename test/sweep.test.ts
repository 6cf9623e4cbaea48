import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { atelier, drawPictures, eventsOf, start, temporaryFolder, until } from "./command-line.ts";

const folder = await temporaryFolder();
const set = (...assignments: readonly string[]) => assignments.flatMap((assignment) => ["--set", assignment]);

/** Steps of about a millisecond, scored after every tenth. */
const tiny = [
  "--architecture",
  "mlp",
  "--size",
  "16",
  "--batch",
  "8",
  ...set("width=8", "latent=4", "logEvery=10", "checkpointEvery=10", "sampleEvery=10"),
  ...set("heldOut=0.5", "evaluation.every=10", "evaluation.images=60", "gan.augmentation=none"),
] as const;

beforeAll(async () => {
  await drawPictures(join(folder, "discs"), 120);
});

/** What a program reads: the lines of the standard output as JSON. */
const recordsOf = (stdout: string): readonly Record<string, unknown>[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));

describe("atelier train --sweep", () => {
  const words = ["train", "discs", ...tiny, "--sweep", "learningRate.generator=1e-4,1e-2"];

  it("trains every variant, and compares them in a table, a file and a picture", async () => {
    const { status, stdout, stderr } = await atelier(folder, ...words, "--steps", "20", "--out", "rates");
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const variants = ["learningRate.generator=1e-4", "learningRate.generator=1e-2"];
    expect(stdout).toContain("Sweep of 2 variants in rates");
    for (const [index, name] of variants.entries()) {
      expect(stdout).toContain(`Variant ${index + 1} of 2: ${name}\n`);
      expect((await eventsOf(join(folder, "rates", name))).at(-1)).toMatchObject({ type: "end", outcome: "finished" });
    }
    expect(stdout).toMatch(/ {2}variant +steps +time +best KID +best precision +best recall +last KID/);
    expect(stdout.match(/the best$/gm)).toHaveLength(1);
    const comparison: Record<string, unknown> = JSON.parse(
      await readFile(join(folder, "rates", "comparison.json"), "utf8"),
    );
    expect(comparison).toMatchObject({
      type: "comparison",
      warnings: [],
      runs: variants.map((name) => ({
        name,
        steps: 20,
        outcome: "finished",
        best: { scores: {} },
        last: { step: 20 },
      })),
    });
    expect(variants).toContain(comparison["best"]);
    const grid = await sharp(join(folder, "rates", variants[0] ?? "", "samples", "000020.png")).metadata();
    const picture = await sharp(join(folder, "rates", "comparison.png")).metadata();
    expect(picture.width).toBe(16 + 2 * (Math.min(520, grid.width) + 16));
  });

  it("goes on after an interruption: what is done stays as it is, and the result is that of a sweep that never stopped", async () => {
    // Not scored, which would take most of the time; a checkpoint after every tenth step makes them last long enough to be cut.
    const plain = [...tiny, ...set("evaluation.every=0", "evaluation.images=50", "sampleEvery=100"), "--steps", "200"];
    const { child, outcome } = start(folder, "train", "discs", ...plain, "--sweep", "seed=1,2", "--out", "cut");
    const reached = async (name: string, step: number) =>
      (await eventsOf(join(folder, "cut", name)).catch(() => [])).some((event) => event["step"] === step);
    await until(() => reached("seed=2", 20));
    child.kill("SIGINT");
    const stopped = await outcome;
    expect(stopped.status).toBe(0);
    expect(stopped.stdout).toContain("The sweep is stopped.\n");
    expect(stopped.stdout).toContain("npx atelier train discs --out cut --resume");
    const before = await readFile(join(folder, "cut", "seed=1", "events.jsonl"), "utf8");

    const resumed = await atelier(folder, "train", "discs", "--out", "cut", "--resume");
    expect([resumed.status, resumed.stderr]).toEqual([0, ""]);
    expect(resumed.stdout).toContain("Variant 1 of 2: seed=1 is done");
    expect(await readFile(join(folder, "cut", "seed=1", "events.jsonl"), "utf8")).toBe(before);
    expect((await eventsOf(join(folder, "cut", "seed=2"))).at(-1)).toMatchObject({ outcome: "finished", step: 200 });

    const alone = ["train", "discs", ...plain, "--seed", "2", "--out", "alone"];
    expect((await atelier(folder, ...alone)).status).toBe(0);
    const [one, other] = await Promise.all(
      [join("cut", "seed=2"), "alone"].map((run) => readFile(join(folder, run, "generator.onnx"))),
    );
    expect(one?.equals(other ?? Buffer.of())).toBe(true);

    const longer = await atelier(folder, "train", "discs", "--out", "cut", "--resume", "--steps", "500");
    expect(longer.status).toBe(2);
    expect(longer.stderr).toContain(
      "--resume cut: expected the options that the sweep began with, or none, received another steps",
    );
  }, 120_000);

  it("passes over a variant that fails, and says so", async () => {
    const { outcome } = start(folder, ...words, "--steps", "20", "--out", "failing", "--json");
    // Its folder cannot be made.
    const taken = join(folder, "failing", "learningRate.generator=1e-4");
    await until(async () => (await readdir(join(folder, "failing")).catch(() => [])).length > 0);
    await rm(taken, { recursive: true, force: true });
    await writeFile(taken, "in the way");
    const { status, stdout, stderr } = await outcome;
    expect(status).toBe(1);
    expect(stderr).toContain("learningRate.generator=1e-4 failed: ");
    const records = recordsOf(stdout);
    expect(records.filter(({ type }) => type === "variant")).toMatchObject([
      { number: 1, of: 2, done: false },
      { name: "learningRate.generator=1e-2", number: 2, done: false },
    ]);
    expect(records.at(-1)).toMatchObject({ type: "comparison", runs: [{ name: "learningRate.generator=1e-2" }] });
  });

  it("is refused before anything is trained, where a value cannot be", async () => {
    const wrong = await atelier(folder, "train", "discs", ...tiny, "--sweep", "gan.loss=hinge,hing", "--out", "wrong");
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain("--sweep gan.loss=hing: expected one of ");
    const large = await atelier(folder, "train", "discs", ...tiny, "--sweep", "microBatches=1,999", "--out", "wrong");
    expect(large.stderr).toContain("microBatches=999: microBatches: expected a number that divides the batch of");
    expect(await readdir(folder)).not.toContain("wrong");
  });
});

describe("atelier compare", () => {
  const runs = ["rates/learningRate.generator=1e-4", "rates/learningRate.generator=1e-2"] as const;

  it("shows what differs, the scores, and a picture of the last samples", async () => {
    const { status, stdout } = await atelier(folder, "compare", ...runs, "--out", "side.png");
    expect(status).toBe(0);
    expect(stdout).toMatch(/ {2}learningRate.generator +0.0001 +0.01\n/);
    expect(stdout).not.toContain("learningRate.discriminator");
    expect(stdout).toMatch(/ {2}best KID +[\d.-]+ +[\d.-]+\n/);
    expect(stdout).toContain("side.png");
    expect((await sharp(join(folder, "side.png")).metadata()).format).toBe("png");
    const [record] = recordsOf((await atelier(folder, "compare", ...runs, "--json")).stdout);
    expect(record).toMatchObject({ runs: [{ differs: { "learningRate.generator": 1e-4 } }, {}] });
  });

  it("warns where scores cannot be compared, and refuses what is no run", async () => {
    const [first] = runs;
    // It was to be scored with fewer images.
    const { stdout } = await atelier(folder, "compare", first, "alone");
    expect(stdout).toContain("Warning: The scores cannot be compared: they are measured in different ways");
    expect(stdout).not.toContain("(best score)");
    const none = await atelier(folder, "compare", first, "discs");
    expect(none.status).toBe(2);
    expect(none.stderr).toContain("discs: expected the folder of a run, received no config.json there\nhelp: ");
    expect((await atelier(folder, "compare", first)).stderr).toContain("expected at least two runs");
  });
});

describe("the length of a run", () => {
  it("is given as steps or as minutes", async () => {
    const both = await atelier(folder, "train", "discs", ...tiny, "--steps", "20", "--minutes", "1");
    expect(both.status).toBe(2);
    expect(both.stderr).toContain("--minutes: expected no number of steps beside it: the minutes decide them");
  });

  it("is chosen for the minutes, with the reason, and estimated before the start", async () => {
    const { status, stdout } = await atelier(
      folder,
      "train",
      "discs",
      ...tiny,
      "--minutes",
      "0.5",
      "--dry-run",
      "--json",
    );
    expect(status).toBe(0);
    const [plan] = recordsOf(stdout);
    expect(plan).toMatchObject({
      type: "plan",
      reasons: { steps: expect.stringMatching(/^fits into 0.5 minutes: [\d.e-]+ s a step here$/) },
    });
    expect(plan).toHaveProperty("time.total", expect.any(Number));
    const text = (await atelier(folder, "train", "discs", ...tiny, "--steps", "20", "--dry-run")).stdout;
    expect(text).toMatch(/ {2}time +a few seconds on this machine +an estimate, from [\d.]+ s a step\n/);
  });

  it("ends early when scores do not become better, and goes on with more patience", async () => {
    // Rates so small that nothing changes: no score is better than the first.
    const still = set("evaluation.patience=2", "learningRate.generator=1e-30", "learningRate.discriminator=1e-30");
    const words = ["train", "discs", ...tiny, ...still, "--steps", "400", "--out", "early"];
    const { status, stdout } = await atelier(folder, ...words);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /Ended early: \d+ steps in \d+ s\. KID has not become better in 2 scores \(evaluation\.patience\); the best was that of step \d+\./,
    );
    const run = join(folder, "early");
    const events = await eventsOf(run);
    const end = events.at(-1);
    expect(end).toMatchObject({ type: "end", outcome: "finished", early: expect.stringContaining("KID") });
    const scores = events.filter(({ type }) => type === "evaluation");
    expect(scores.slice(-3).map(({ best }) => best)).toEqual([true, false, false]);
    expect(end?.["step"]).toBe(scores.at(-1)?.["step"]);
    const made = String(end?.["step"]).padStart(6, "0");
    expect(await readdir(join(run, "samples"))).toContain(`${made}.png`);
    expect(await readdir(join(run, "checkpoints"))).toContain(`step-${made}.safetensors`);
    expect(await readdir(run)).toEqual(
      expect.arrayContaining(["generator.onnx", "generator-best.onnx", "report.html"]),
    );

    const again = await atelier(folder, "train", "discs", "--out", "early", "--resume");
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("expected an evaluation.patience above 2, or 0 for no early end");
    const patient = ["train", "discs", "--out", "early", "--resume", ...set("evaluation.patience=3")];
    expect((await atelier(folder, ...patient)).status).toBe(0);
    expect(Number((await eventsOf(run)).at(-1)?.["step"])).toBeGreaterThan(Number(end?.["step"]));
    const { stdout: compared } = await atelier(folder, "compare", "early", "alone");
    expect(compared).toMatch(/ {2}steps +\d+ of 400 +200\n {2}ended +early +finished\n/);
  });
});
