import { shellWord } from "../../foundation/shell.ts";
import type { Incident, ReportEvaluation, ReportInput } from "./input.ts";
import { type Line, type LineChart, lineChart } from "./line-chart.ts";
import { html, type Markup } from "./markup.ts";
import { capitalized, countOf, formatCount } from "./quantities.ts";

/** Scores of one kind that share a chart. */
const TOGETHER = ["precision", "recall", "density", "coverage"];
const HEIGHT = 220;

/** Scores from while it learned, against the step; nothing where there are none. */
export function runningScores({ path, running: { evaluations, decides }, metrics }: ReportInput): Markup | undefined {
  const last = evaluations.at(-1);
  if (last === undefined) return undefined;
  const best = evaluations.findLast((evaluation) => evaluation.best)?.step;
  const mark = best === undefined ? {} : { mark: { step: best, name: "best" } };
  const names = [...new Set(evaluations.flatMap(({ scores }) => Object.keys(scores)))];
  const titleOf = (name: string) => metrics[name]?.title ?? name;
  const together = names.filter((name) => TOGETHER.includes(name));
  const own = names
    .filter((name) => !TOGETHER.includes(name))
    .map((name): LineChart => {
      const { meaning = "", better = "none" } = metrics[name] ?? {};
      const note = [capitalized(meaning), better === "none" ? "" : `${capitalized(better)} is better`];
      const lines = scoreLines(name, evaluations);
      const gap = lines.length > 1 ? " Lines that part show that training images are learned by heart." : "";
      return {
        title: titleOf(name),
        note: `${note.filter(Boolean).join(". ")}.${gap}`,
        lines,
        height: HEIGHT,
        ...mark,
      };
    });
  const charts: readonly LineChart[] = [
    ...own,
    ...(together.length === 0
      ? []
      : [
          {
            title: together.map(titleOf).join(", "),
            note: "Higher is better. Precision and density fall when pictures look unreal, recall and coverage when kinds of images are missing.",
            lines: together.map((name) => ({
              name: titleOf(name),
              points: pointsOf(evaluations, ({ scores }) => scores[name]),
            })),
            height: HEIGHT,
            ...mark,
          },
        ]),
    {
      title: "Diversity",
      note: "Mean distance between two generated pictures, over that of two real images: about 1 where they vary alike, near 0 when all look the same.",
      lines: [{ name: "diversity", points: pointsOf(evaluations, ({ diversity }) => diversity) }],
      height: HEIGHT,
      ...mark,
    },
  ];
  const against = last.reference === "heldOut" ? "held-out image" : "training image";
  return html`<section>
<h2>Scores while it learned</h2>
<p>${formatCount(last.generated)} generated pictures against ${countOf(last.real, against)}, quick figures to compare steps by.${best === undefined ? undefined : html` By ${titleOf(decides)}, <b>step ${formatCount(best)}</b> was the best: <code>npx atelier generate ${shellWord(path)} --best</code> uses it.`}</p>
<div class="charts">${charts.map(lineChart)}</div>
</section>`;
}

/** A score against its reference; KID also against training images where both are known. */
function scoreLines(name: string, evaluations: readonly ReportEvaluation[]): readonly Line[] {
  const against = evaluations.at(-1)?.reference === "heldOut" ? "against held-out images" : "against training images";
  if (name === "own-classifier-error") return [{ name: "of held-out images", points: valuesOf(name, evaluations) }];
  const line = { name: against, points: valuesOf(name, evaluations) };
  const both = evaluations.filter(({ reference, trainGap }) => reference === "heldOut" && trainGap !== null);
  if (name !== "kid" || both.length === 0) return [line];
  const toTrain = pointsOf(both, ({ scores, trainGap }) => (scores[name] ?? Number.NaN) - (trainGap ?? Number.NaN));
  return [line, { name: "against training images", points: toTrain }];
}

function valuesOf(name: string, evaluations: readonly ReportEvaluation[]) {
  return pointsOf(evaluations, ({ scores }) => scores[name]);
}

function pointsOf(
  evaluations: readonly ReportEvaluation[],
  valueOf: (evaluation: ReportEvaluation) => number | null | undefined,
) {
  return evaluations.map((evaluation) => ({ step: evaluation.step, value: valueOf(evaluation) ?? Number.NaN }));
}

/** Warnings and recoveries, each with what to do; nothing where all went well. */
export function incidents({ incidents: all }: ReportInput): Markup | undefined {
  if (all.length === 0) return undefined;
  const entry = ({ step, text, help }: Incident) =>
    html`<li><span>Step ${formatCount(step)}</span><div>${text}${help === undefined ? undefined : html` <i>What to do: ${withCode(help)}.</i>`}</div></li>`;
  return html`<section>
<h2>What went wrong</h2>
<ol class="incidents">${all.map(entry)}</ol>
</section>`;
}

/** Plain text as markup: what stands between backticks is code. */
function withCode(text: string): readonly (string | Markup)[] {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : html`<code>${part}</code>`));
}
