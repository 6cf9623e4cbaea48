import type { Point } from "./curve.ts";
import type { ReportInput, ReportStep } from "./input.ts";
import { type Line, type LineChart, lineChart, SMOOTHED_FROM } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { capitalized, inWords } from "./quantities.ts";

const LARGE = 260;
const SMALL = 170;

/** Curves of what the methods report, each where one of its names was logged. */
const CHARTS: readonly (Pick<LineChart, "title" | "unit" | "range" | "note"> & {
  readonly names: readonly string[];
})[] = [
  {
    title: "Losses",
    names: ["discriminatorLoss", "generatorLoss"],
    note: "The networks pull against each other, so neither loss falls for long. One that stays near zero while the other climbs is a bad sign.",
  },
  {
    title: "Mean scores",
    names: ["realScore", "generatedScore"],
    range: [0, 1],
    note: "How real the discriminator finds real and generated images. The closer the two lines, the harder it is to tell them apart.",
  },
  {
    title: "Losses of the classifier",
    unit: "nats",
    names: ["classLoss", "pseudoLoss", "unlabelledLoss"],
    note: "How improbable the classifier finds the labels that it is given, and what images without a label teach it. Lower is better; near zero, it knows the labelled images by heart.",
  },
  {
    title: "Certain answers",
    names: ["certain"],
    range: [0, 1],
    note: "Of how many images the classifier is certain enough to learn from its own answer.",
  },
  {
    title: "Strength of augmentation",
    names: ["augmentation"],
    range: [0, 1],
    note: "The probability of each change of the images that the discriminator sees.",
  },
  {
    title: "Losses",
    names: ["reconstructionLoss", "commitmentLoss"],
    note: "How far decoded images are from the originals; with a codebook, also how far codes are from its vectors. Lower is better.",
  },
  {
    title: "Density of codes",
    names: ["codeDensity"],
    note: "What the sparsity pushes down: the lower, the fewer numbers of a code are large.",
  },
  {
    title: "Loss",
    unit: "nats",
    names: ["loss", "reconstruction"],
    note: "The bound of the likelihood of an image, and what of it is the image itself, given its code. Lower is better; of colour pictures they may be negative.",
  },
  {
    title: "Divergence",
    unit: "nats",
    names: ["divergence"],
    note: "What the codes say of their images. Near zero, the decoder does not listen to them.",
  },
  {
    title: "Codes in use",
    names: ["codePerplexity"],
    note: "How many codes a batch uses, counted by how often. A few out of many: most of the codebook is idle.",
  },
  {
    title: "Prior",
    unit: "nats",
    names: ["priorNats"],
    note: "How uncertain the network that draws codes is of a code of an image. Lower is better, but near zero it knows the images by heart.",
  },
];

/** What the method reports, speed and memory against the step. */
export function progress({ steps }: ReportInput): Markup {
  if (steps.length === 0) {
    return html`<section><h2>Curves</h2><p>No step was logged, so there are no curves.</p></section>`;
  }
  const memory = memoryChart(steps);
  const charts = [
    ...CHARTS.flatMap(({ names, ...chart }) => {
      const lines = linesOf(steps, names);
      return lines.length === 0 ? [] : lineChart({ ...chart, lines, height: LARGE });
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
<div class="charts">${charts}</div>
</section>`;
}

/** A line for each of the names that was reported. */
function linesOf(steps: readonly ReportStep[], names: readonly string[]): readonly Line[] {
  return names.flatMap((name) => {
    const reported = steps.filter(({ report }) => name in report);
    if (reported.length === 0) return [];
    return { name: capitalized(inWords(name)), points: pointsOf(reported, ({ report }) => report[name] ?? null) };
  });
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
