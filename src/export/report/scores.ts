import type { CardRefusal, ReportScoreCard } from "./card.ts";
import { headlineOf, scoreGroups } from "./card-groups.ts";
import { extractorName, protocolRows, rangeNotes, scoreRange, scoreValue } from "./card-text.ts";
import { confusionMatrix } from "./confusion.ts";
import { copyCheck } from "./copying.ts";
import type { ReportInput, ReportMetric } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { asSentence, capitalized, countOf, formatCount } from "./quantities.ts";
import { mergedRefusals } from "./refusals.ts";
import { scoreTable } from "./score-table.ts";
import { evaluateCommand } from "./usage.ts";

/** The score card with everything that must be known to compare it; how to get one where there is none. */
export function scores(input: ReportInput): Markup {
  const { scoreCard: card, scoreCardProblem: problem, metrics, copiesPicture } = input;
  if (card === undefined) {
    const why =
      problem ?? "This run has no score card yet. One command computes it, with a check for copied training images:";
    return html`<section>
<h2>Scores</h2>
<p${problem === undefined ? undefined : html` class="notice"`}>${why}</p>
<pre><code>${evaluateCommand(input)}</code></pre>
</section>`;
  }
  const described = (name: string) => metrics[name] ?? plainMetric(name);
  const [open, ...others] = scoreGroups(card);
  const ofClasses = card.scores.filter(({ className }) => className !== undefined);
  const closed = [...others, ...(ofClasses.length === 0 ? [] : [{ heading: "Within classes", scores: ofClasses }])];
  const notes = rangeNotes(card.scores);
  return html`<section>
<h2>Scores</h2>
${card.alarms.map((alarm) => html`<p class="notice alarm"><b>Alarm.</b> ${alarm}</p>`)}
${otherStep(input, card)}
${headlineText(card, described)}
${open === undefined ? html`<p>No score could be computed.</p>` : html`<h3>${open.heading}</h3>\n${scoreTable(open.scores, card, described)}`}
${closed.map((group) => html`<details class="group"><summary>${group.heading} <small>${countOf(group.scores.length, "score")}</small></summary>${scoreTable(group.scores, card, described)}</details>\n`)}
${notes.length === 0 ? undefined : html`<p class="small">${notes.join(" ")}</p>`}
${refusals(card.refused, described)}
</section>
${card.copying === undefined ? undefined : copyCheck(card.copying, card, copiesPicture)}
${card.confusion === undefined ? undefined : confusionMatrix(card.confusion)}
<section>
<h2>How it was scored</h2>
<p>Scores are comparable only where all of this is equal.</p>
<dl class="ports">${protocolRows(card).map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>
</section>`;
}

/** The best checkpoint may have been scored, or the run may have gone on since. */
function otherStep({ progress: { made } }: ReportInput, { subject: { step } }: ReportScoreCard): Markup | undefined {
  if (step === undefined || step === made) return undefined;
  return html`<p class="notice">These are scores of the generator after <b>${countOf(step, "step")}</b>; the run has made ${formatCount(made)}.</p>`;
}

/** A score that this version of the page has no words for. */
function plainMetric(name: string): ReportMetric {
  return { title: name, better: "none", unit: "number", meaning: "" };
}

/** The score to quote, by what it was measured, and what real images get in its place. */
function headlineText(card: ReportScoreCard, described: (name: string) => ReportMetric): Markup | undefined {
  const score = headlineOf(card);
  if (score === undefined) return undefined;
  const { title, unit, better, meaning } = described(score.metric);
  const range = scoreRange(score, unit);
  const level = score.unsafe.length > 0 ? "unsafe" : score.rough.length > 0 ? "rough" : "headline";
  const facts = [
    ...(score.ruler === undefined
      ? []
      : [`Real training images get ${scoreValue({ value: score.ruler }, unit)} in its place`]),
    ...(better === "none" ? [] : [`${capitalized(better)} is better`]),
    capitalized(meaning),
  ].filter((fact) => fact !== "");
  return html`<div class="quote ${level}">
<p><b>${title} ${scoreValue(score, unit)}</b>${score.extractor === undefined ? undefined : html` (${extractorName(score.extractor, card)})`}${range === "" ? undefined : html`, ${range}`}</p>
<p>${facts.map(asSentence).join(" ")}</p>
${level === "headline" ? undefined : html`<p><span class="tag ${level}">${level}</span> ${asSentence([...score.unsafe, ...score.rough].join("; "))}</p>`}
</div>`;
}

function refusals(refused: readonly CardRefusal[], described: (name: string) => ReportMetric): Markup | undefined {
  if (refused.length === 0) return undefined;
  const entries = mergedRefusals(refused).map(
    ({ metric, reason, help }) =>
      html`<dt>${described(metric).title}</dt><dd>${asSentence(reason)} <i>To get it: ${help}.</i></dd>`,
  );
  return html`<h3>Not computed</h3>
<dl class="ports">${entries}</dl>`;
}
