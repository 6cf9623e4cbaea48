import { describe, expect, it } from "vitest";
import { openSource } from "../data/index.ts";
import type { Score, ScoreCard } from "../evaluation/index.ts";
import { planTraining } from "../training/defaults.ts";
import { compareRuns, type RunSummary } from "../training/index.ts";
import { comparisonText, sweepText } from "./comparison-view.ts";

const { config } = await planTraining({ size: 16, channels: 3, steps: 100 }, await openSource("sample:flowers"));
const finished = { path: "run", name: "run", config, outcome: "finished", steps: 100, seconds: 3 } as const;

const score = (metric: Score["metric"], value: number, more: Partial<Score> = {}): Score => {
  const usual = { extractor: 0, reference: "heldOut", real: 100, generated: 100 } as const;
  return { ...usual, unsafe: [], rough: [], metric, value, ...more };
};

const format = { height: 16, width: 16, channels: 3 } as const;
const network = { kind: "random", sha256: "abcdef0123", layer: "all", features: 8, input: format } as const;
const extractors = ["random embedding", "classifier"].map((name) => ({
  ...network,
  name,
  resize: "none",
  pixels: "0 to 1",
}));

const cardOf = (step: number, scores: Score[]): ScoreCard => ({
  card: 1,
  atelier: "1",
  time: "2026-01-01T00:00:00Z",
  subject: { kind: "run", place: "run", sha256: "0", step, images: 100 },
  reference: { place: "photos", content: "0", split: "heldOut", train: 100, heldOut: 100 },
  format,
  fitting: "cover",
  seed: 0,
  alarms: [],
  extractors,
  scores,
  refused: [],
  seconds: 1,
});

const rowsOf = (runs: readonly RunSummary[]) =>
  comparisonText(
    compareRuns(runs),
    runs.map((_, index) => `run${index}`),
  )
    .split("\n")
    .map((line) => line.trim().split(/ {2,}/))
    .filter(([title = ""]) => title.startsWith("evaluated"));

describe("evaluated scores of compared runs", () => {
  it("are those to quote: against held-out images, safe, by the first network, as the score card names them", () => {
    const scores = [
      score("kid", 0.0123),
      score("precision", 0.614),
      score("recall", 0.3, { unsafe: ["too few images"] }),
      score("density", 0.9),
      score("kid", 0.5, { className: "rose" }),
      score("kid", 0.7, { extractor: 1 }),
      score("kid", 0.0099, { reference: "train", unsafe: ["a generator that copies them wins"] }),
      score("copies", 0, { reference: "train" }),
      score("likelihood", 87),
    ];
    const { extractor: _, ...likelihood } = score("likelihood", 87);
    const whole = cardOf(100, [...scores.slice(0, -1), likelihood]);
    const earlier = cardOf(60, [score("kid", 0.02)]);
    const unsafe = cardOf(100, [score("kid", 0.01, { unsafe: ["too few images"] })]);
    const cards = [whole, earlier, unsafe].map((scoreCard): RunSummary => ({ ...finished, scoreCard }));
    expect(rowsOf([...cards, finished])).toEqual([
      ["evaluated at step", "100", "60; before the last, 100", "100; no score that is safe", "-"],
      ["evaluated: KID, random embedding abcdef", "0.0123", "0.02", "-", "-"],
      ["evaluated: Precision, random embedding abcdef", "61.4 %", "-", "-", "-"],
      ["evaluated: Negative log-likelihood", "87", "-", "-", "-"],
    ]);
  });
});

describe("a sweep without scores", () => {
  it("says why, and what to do", () => {
    const help = "add --set evaluation.every=50 to a new one";
    const run = { ...finished, unscored: { reason: "so short a run would be held up by it", help } };
    const text = sweepText(compareRuns([run, run]), ["one", "other"]);
    expect(text).toContain("No scores: evaluation.every is 0, so short a run would be held up by it.\nhelp: add --set");
    expect(sweepText(compareRuns([finished, finished]), ["one", "other"])).toContain("no run has come to its first");
  });
});
