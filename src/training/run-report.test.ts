import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openSource } from "../data/index.ts";
import type { ScoreCard } from "../evaluation/index.ts";
import { planTraining } from "./defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { RunFolder, writePlan } from "./run-folder.ts";
import { writeRunReport } from "./run-report.ts";

let run: RunFolder;

beforeEach(async () => {
  run = new RunFolder(await mkdtemp(join(tmpdir(), "atelier-report-")));
  await writePlan(run, await planTraining({ data: "sample:flowers" }, await openSource("sample:flowers")));
});

afterEach(async () => {
  await rm(run.path, { recursive: true });
});

async function reportText(): Promise<string> {
  await writeRunReport(run);
  const page = await readFile(run.report, "utf8");
  return page
    .replace(/<style>[^]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

async function log(...events: readonly TrainingEvent[]): Promise<void> {
  await writeFile(run.events, events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}

const card: ScoreCard = {
  card: 1,
  atelier: "9.9.9",
  time: "2030-01-02T03:04:05.000Z",
  subject: { kind: "run", place: "runs/flowers", sha256: "abc", images: 500 },
  reference: { place: "sample:flowers", content: "def", split: "heldOut", train: 2160, heldOut: 240 },
  format: { height: 32, width: 32, channels: 3 },
  fitting: "cover",
  seed: 0,
  alarms: [],
  headline: "kid",
  extractors: [],
  scores: [{ metric: "kid", reference: "heldOut", value: 0.0123, real: 240, generated: 500, unsafe: [], rough: [] }],
  refused: [],
  seconds: 12,
};

test("the report has the run's evaluations, warnings, recoveries and score card", async () => {
  const evaluation = {
    type: "evaluation",
    step: 100,
    scores: { kid: 0.05, fid: Number.NaN },
    reference: "heldOut",
    generated: 500,
    real: 240,
    diversity: 0.9,
    trainGap: null,
    best: true,
    seconds: 1,
  } as const;
  await log(
    evaluation,
    { type: "warning", step: 200, warning: "collapse", text: "All look alike.", help: "lower the rate" },
    { type: "recovery", step: 300, failedStep: 320, reason: "generatorLoss was NaN", rateScale: 0.5 },
    { ...evaluation, step: 400, scores: { kid: 0.1, fid: 60 }, best: false },
  );
  await writeFile(run.scores, JSON.stringify(card));
  const text = await reportText();
  expect(text).toContain("By KID, step 100 was the best");
  expect(text).toContain("1 value that was not a number is left out.");
  expect(text).toContain("Step 200 All look alike. What to do: lower the rate.");
  expect(text).toContain("Step 320 The step failed: generatorLoss was NaN. Training went back to step 300");
  expect(text).toMatch(/KID the score to quote .*0\.0123 lower is better 500 generated images 240 held-out images/);
});

test("the report of a run that ended early says so", async () => {
  const { seconds } = card;
  const early = "KID has not become better in 2 scores (evaluation.patience).";
  await log(
    {
      type: "start",
      step: 0,
      steps: 1800,
      trainImages: 9,
      heldOutImages: 1,
      labelledImages: 0,
      skipped: [],
      remarks: [],
      parameters: 1,
      compileSeconds: 1,
    },
    { type: "end", outcome: "finished", early, step: 300, seconds },
  );
  expect(await reportText()).toContain(`This run ended early, after 300 of 1,800 steps. ${early}`);
});

test("a run that has nothing yet has a report that says how to score it", async () => {
  expect(await reportText()).toContain(`npx atelier evaluate ${run.path}`);
});

test.each([
  ["cut short", JSON.stringify(card).slice(0, -40)],
  ["empty", ""],
  ["of another version", JSON.stringify({ ...card, card: 2 })],
])("scores that are %s leave a remark", async (_, scores) => {
  await writeFile(run.scores, scores);
  await writeFile(run.copiesPicture, "no picture");
  await writeFile(run.events, '{"type":"evaluation","step":10}\n{"type":"warning"}\nnot JSON\n{"type":"recov');
  const text = await reportText();
  expect(text).toContain("scores.json cannot be read");
  expect(text).toContain(`npx atelier evaluate ${run.path}`);
});
