import type { Point } from "./curve.ts";
import type { ReportInput, ReportStep } from "./input.ts";
import { type Line, lineChart, SMOOTHED_FROM } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { capitalized, inWords } from "./quantities.ts";

const LARGE = 260;
const SMALL = 170;

/** Losses, mean scores, speed and memory against the step. */
export function progress({ steps }: ReportInput): Markup {
  if (steps.length === 0) {
    return html`<section><h2>Curves</h2><p>No step was logged, so there are no curves.</p></section>`;
  }
  const losses = linesOf(steps, "Loss");
  const scores = linesOf(steps, "Score");
  const memory = memoryChart(steps);
  const charts = [
    losses.length > 0 &&
      lineChart({
        title: "Losses",
        lines: losses,
        height: LARGE,
        note: "The networks pull against each other, so neither loss falls for long. One that stays near zero while the other climbs is a bad sign.",
      }),
    scores.length > 0 &&
      lineChart({
        title: "Mean scores",
        lines: scores,
        range: [0, 1],
        height: LARGE,
        note: "How real the discriminator finds real and generated images. The closer the two lines, the harder it is to tell them apart.",
      }),
    lineChart({
      title: "Speed",
      unit: "steps/s",
      lines: [{ name: "speed", points: pointsOf(steps, ({ stepsPerSecond }) => stepsPerSecond) }],
      height: SMALL,
      note: "Without the time that samples and checkpoints take.",
    }),
    lineChart({ ...memory, height: SMALL, note: "Resident memory of the training process." }),
  ];
  return html`<section>
<h2>Curves</h2>
${steps.length < SMOOTHED_FROM ? undefined : html`<p>Pale lines are the logged values, strong lines their moving mean.</p>`}
<div class="charts">${charts.map((chart) => (chart === false ? undefined : chart))}</div>
</section>`;
}

/** A line for each reported name with the ending, in the order of their first appearance. */
function linesOf(steps: readonly ReportStep[], ending: "Loss" | "Score"): readonly Line[] {
  const names = new Set(steps.flatMap(({ report }) => Object.keys(report)).filter((name) => name.endsWith(ending)));
  return [...names].map((name) => ({
    name: capitalized(inWords(name)),
    points: pointsOf(
      steps.filter(({ report }) => name in report),
      ({ report }) => report[name] ?? null,
    ),
  }));
}

function pointsOf(steps: readonly ReportStep[], valueOf: (step: ReportStep) => number | null): readonly Point[] {
  return steps.map((step) => ({ step: step.step, value: valueOf(step) ?? Number.NaN }));
}

function memoryChart(steps: readonly ReportStep[]): { title: string; unit: string; lines: readonly Line[] } {
  const points = pointsOf(steps, ({ residentMemory }) => residentMemory);
  const [unit, size] = points.some(({ value }) => value >= 1e9) ? ["GB", 1e9] : ["MB", 1e6];
  const scaled = points.map(({ step, value }) => ({ step, value: value / size }));
  return { title: "Memory", unit, lines: [{ name: "memory", points: scaled }] };
}
