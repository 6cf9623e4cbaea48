import {
  type MetricName,
  metricDescriptions,
  metricGroups,
  type Score,
  type ScoreCard,
  type ScoreName,
  scoreNames,
} from "../evaluation/index.ts";
import { scoreValue } from "../export/index.ts";
import type { RunComparison, RunSummary, StepScores } from "../training/index.ts";
import { metricName, scoreText } from "./score-text.ts";
import { duration, grouped, plain, table } from "./text.ts";

/** Runs as columns: what differs between them, how far they came, their scores. */
export function comparisonText(comparison: RunComparison, names: readonly string[]): string {
  const { runs, differences, warnings } = comparison;
  const row = (title: string, cellOf: (run: RunSummary, index: number) => string) => [title, ...runs.map(cellOf)];
  const rows = [
    row("", (_, index) => `${plain(names[index] ?? "")}${index === comparison.best ? " (best score)" : ""}`),
    ...differences.map(({ key, values }) => row(key, (_, index) => plain(valueText(values[index])))),
    row("steps", ({ steps, config }) =>
      steps === config.steps ? grouped(steps) : `${grouped(steps)} of ${grouped(config.steps)}`,
    ),
    row("ended", endOf),
    row("time", ({ seconds }) => duration(seconds)),
    row("parameters", ({ parameters }) => (parameters === undefined ? "-" : grouped(parameters))),
    ...runningRows(runs).map(({ title, metric, of }) => row(title, (run) => scoreAt(of(run), metric))),
    row("best at step", ({ best }) => (best === undefined ? "-" : grouped(best.step))),
    ...(runs.some(({ scoreCard }) => scoreCard) ? [row("evaluated at step", cardStep), ...cardRows(runs)] : []),
  ];
  return [table(rows), ...warnings.map((warning) => `Warning: ${warning}\n`)].join("");
}

function endOf({ outcome, early }: RunSummary): string {
  return early === undefined ? outcome : "early";
}

function valueText(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "-");
}

/** Variants of a sweep as rows. */
export function sweepText(comparison: RunComparison, names: readonly string[]): string {
  const { runs, best, warnings } = comparison;
  const metrics = metricsOf(runs);
  const header = [
    "variant",
    "steps",
    "time",
    ...metrics.map((metric) => `best ${metricName(metric)}`),
    ...metrics.map((metric) => `last ${metricName(metric)}`),
    "",
  ];
  const rows = runs.map((run, index) => [
    plain(names[index] ?? ""),
    grouped(run.steps),
    duration(run.seconds),
    ...metrics.map((metric) => scoreAt(run.best, metric)),
    ...metrics.map((metric) => scoreAt(run.last, metric)),
    [...(index === best ? ["the best"] : []), ...(endOf(run) === "finished" ? [] : [endOf(run)])].join(", "),
  ]);
  const text = warnings.map((warning) => `Warning: ${warning}\n`).join("");
  return `${table([header, ...rows])}${metrics.length === 0 ? withoutScores(runs) : ""}${text}`;
}

/** Why there is nothing to compare. */
function withoutScores(runs: readonly RunSummary[]): string {
  const [unscored] = runs.flatMap((run) => run.unscored ?? []);
  const why = unscored === undefined ? "no run has come to its first one" : `evaluation.every is 0, ${unscored.reason}`;
  return `No scores: ${why}.\n${unscored === undefined ? "" : `help: ${unscored.help}\n`}`;
}

/** The comparison for programs. @param picture path of the picture of all grids, where there is one. */
export function comparisonRecord(comparison: RunComparison, names: readonly string[], picture?: string) {
  const { runs, differences, best, warnings } = comparison;
  return {
    type: "comparison" as const,
    runs: runs.map(
      ({ path, outcome, early, steps, seconds, parameters, best: bestScores, last, scoreCard }, index) => ({
        name: names[index] ?? path,
        run: path,
        differs: Object.fromEntries(differences.map(({ key, values }) => [key, values[index] ?? null])),
        outcome,
        ...(early !== undefined && { early }),
        steps,
        seconds,
        ...(parameters !== undefined && { parameters }),
        ...(bestScores && { best: bestScores }),
        ...(last && { last }),
        ...(scoreCard && { evaluated: scoreCard.scores }),
        ...(scoreCard?.subject.step !== undefined && { evaluatedStep: scoreCard.subject.step }),
      }),
    ),
    best: best === undefined ? null : (names[best] ?? null),
    warnings,
    ...(picture !== undefined && { picture }),
  };
}

/** Where the picture is, and in which order it shows the runs. */
export function pictureText(picture: string, names: readonly string[]): string {
  return `  picture  ${picture}\n           the last samples, from left to right: ${names.map(plain).join(", ")}\n`;
}

/** Metrics that any of the runs was scored with while it learned. */
function metricsOf(runs: readonly RunSummary[]): readonly ScoreName[] {
  const scored = new Set(runs.flatMap(({ last, best }) => Object.keys({ ...last?.scores, ...best?.scores })));
  return scoreNames.filter((metric) => scored.has(metric));
}

function runningRows(runs: readonly RunSummary[]) {
  return metricsOf(runs).flatMap((metric) => [
    { title: `best ${metricName(metric)}`, metric, of: ({ best }: RunSummary) => best },
    { title: `last ${metricName(metric)}`, metric, of: ({ last }: RunSummary) => last },
  ]);
}

function scoreAt(at: StepScores | undefined, metric: ScoreName): string {
  const score = at?.scores[metric];
  return typeof score === "number" ? scoreText(metric, score) : "-";
}

/** Which step `atelier evaluate` has scored. */
function cardStep({ scoreCard, steps }: RunSummary): string {
  if (scoreCard === undefined) return "-";
  const { step } = scoreCard.subject;
  const at = step === undefined ? "unknown" : grouped(step);
  const before = step !== undefined && step < steps ? [`before the last, ${grouped(steps)}`] : [];
  const nothing = quoted(scoreCard).length === 0 ? ["no score that is safe"] : [];
  return [at, ...before, ...nothing].join("; ");
}

/** Scores of an evaluation that runs are compared by. */
const QUOTED: readonly MetricName[] = [
  "fid",
  "kid",
  "precision",
  "recall",
  ...metricGroups.reconstruction,
  ...metricGroups.likelihood,
];

/** The scores to quote: of all classes, against the card's real images (not those trained on), by the first network, and safe. */
function quoted({ scores, reference: { split } }: ScoreCard): readonly Score[] {
  return scores.filter(
    ({ metric, className, reference, extractor = 0, unsafe }) =>
      QUOTED.includes(metric) &&
      className === undefined &&
      reference === split &&
      extractor === 0 &&
      unsafe.length === 0,
  );
}

/** What `atelier evaluate` found, a row for each score that is compared alike: by the same network, against the same part of the data. */
function cardRows(runs: readonly RunSummary[]): readonly (readonly string[])[] {
  const found = runs.map(({ scoreCard: card }) =>
    card === undefined
      ? new Map<string, string>()
      : new Map(quoted(card).map((score) => [cardTitle(score, card), cardValue(score)] as const)),
  );
  const titles = [...new Set(found.flatMap((scores) => [...scores.keys()]))];
  return titles.map((title) => [title, ...found.map((scores) => scores.get(title) ?? "-")]);
}

function cardTitle({ metric, extractor: index }: Score, { extractors, reference: { split } }: ScoreCard): string {
  const extractor = index === undefined ? undefined : extractors[index];
  const by = extractor === undefined ? "" : `, ${plain(extractor.name)} ${extractor.sha256.slice(0, 6)}`;
  const against = { heldOut: "", train: ", training images", all: ", all images" }[split];
  return `evaluated: ${metricDescriptions[metric].title}${by}${against}`;
}

function cardValue({ metric, value }: Score): string {
  return scoreValue({ value }, metricDescriptions[metric].unit);
}
