import type { CardRefusal, CardScore, ReportScoreCard } from "./card.ts";
import { protocolRows, rangeNotes, realImages, scoreRange, scoreValue } from "./card-text.ts";
import { confusionMatrix } from "./confusion.ts";
import { copyCheck } from "./copying.ts";
import type { ReportInput, ReportMetric } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { asSentence, capitalized, countOf, formatCount } from "./quantities.ts";
import { evaluateCommand } from "./usage.ts";

/** Letters of an extractor's name in the table; the protocol below has all. */
const LONGEST_NAME = 32;

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
  const whole = card.scores.filter(({ className }) => className === undefined);
  const ofClasses = card.scores.filter(({ className }) => className !== undefined);
  const ordered = [...whole].sort((one, other) => Number(isHeadline(other, card)) - Number(isHeadline(one, card)));
  const rows = (some: readonly CardScore[]) => some.map((score) => scoreRows(score, card, described(score.metric)));
  const notes = rangeNotes(card.scores);
  return html`<section>
<h2>Scores</h2>
${otherStep(input, card)}
${ordered.length === 0 ? html`<p>No score could be computed.</p>` : scoreTable(rows(ordered))}
${ofClasses.length === 0 ? undefined : html`<details><summary>${countOf(ofClasses.length, "score")} within classes</summary>${scoreTable(rows(ofClasses))}</details>`}
${notes.length === 0 ? undefined : html`<p class="small">${notes.join(" ")}</p>`}
${refusals(card.refused, described)}
</section>
${card.copying === undefined ? undefined : copyCheck(card.copying, copiesPicture)}
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

/** The score to quote is that of all images by the first extractor that has it. */
function isHeadline(score: CardScore, { headline, scores: all }: ReportScoreCard): boolean {
  const first = all.find(({ metric, className }) => metric === headline && className === undefined);
  return score === first;
}

function scoreTable(rows: readonly Markup[]): Markup {
  return html`<table class="scores">
<thead><tr><th scope="col">Score</th><th scope="col">Value</th><th scope="col">Measured on</th></tr></thead>
<tbody>${rows}</tbody>
</table>`;
}

function scoreRows(score: CardScore, card: ReportScoreCard, metric: ReportMetric): Markup {
  const headline = isHeadline(score, card);
  const ofClass = score.className === undefined ? undefined : html` of ${score.className}`;
  const range = scoreRange(score, metric.unit);
  const safe = score.unsafe.length === 0;
  const better = metric.better === "none" ? undefined : html`<small>${metric.better} is better</small>`;
  const by = score.extractor === undefined ? [] : [extractorName(score.extractor, card)];
  const compared = [countOf(score.generated, "generated image"), realImages(score), ...by].filter(
    (part) => part !== "",
  );
  const reasons = html`<tr class="unsafe"><td colspan="3"><b>Do not quote or compare it:</b> ${score.unsafe.map(asSentence).join(" ")}</td></tr>`;
  return html`<tr${headline ? html` class="headline"` : undefined}>
<th scope="row"><b>${metric.title}</b>${ofClass}${headline && safe ? html` <span class="tag">the score to quote</span>` : undefined}<small>${capitalized(metric.meaning)}</small></th>
<td><b class="value">${scoreValue(score, metric.unit)}</b>${safe ? undefined : html` <span class="tag alarm">unsafe</span>`}${range === "" ? undefined : html`<small>${range}</small>`}${better}</td>
<td>${compared.map((part) => html`<span>${part}</span>`)}</td>
</tr>${safe ? undefined : reasons}`;
}

function extractorName(index: number, { extractors }: ReportScoreCard): string {
  const number = extractors.length > 1 ? `features ${index + 1}: ` : "";
  const name = extractors[index]?.name ?? "unknown features";
  return `${number}${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name}`;
}

function refusals(refused: readonly CardRefusal[], described: (name: string) => ReportMetric): Markup | undefined {
  if (refused.length === 0) return undefined;
  const entries = refused.map(
    ({ metric, reason, help }) =>
      html`<dt>${described(metric).title}</dt><dd>${asSentence(reason)} <i>To get it: ${help}.</i></dd>`,
  );
  return html`<h3>Not computed</h3>
<dl class="ports">${entries}</dl>`;
}
