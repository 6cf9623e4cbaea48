import type { CardScore, ReportScoreCard } from "./card.ts";
import { againstTraining, headlineOf, reasonsAgainst } from "./card-groups.ts";
import { copyingNote, levels, realImages, scoredWord, scoreRange, scoreValue } from "./card-text.ts";
import type { ReportMetric } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { capitalized, countOf, formatCount } from "./quantities.ts";

type Described = (name: string) => ReportMetric;

/** Scores of one kind, each with its range and its images, and under them what speaks against them. */
export function scoreTable(scores: readonly CardScore[], card: ReportScoreCard, described: Described): Markup {
  const rows = scores.map((score) => row(score, card, described(score.metric)));
  return html`<table class="scores">
<thead><tr><th scope="col">Score</th><th scope="col">Value</th><th scope="col">Measured on</th></tr></thead>
<tbody>${rows}</tbody>
</table>
${reasons(scores, card, described, "unsafe")}${reasons(scores, card, described, "rough")}`;
}

function row(score: CardScore, card: ReportScoreCard, metric: ReportMetric): Markup {
  const { unsafe, rough, ruler } = score;
  const headline = score === headlineOf(card);
  const level = unsafe.length > 0 ? "unsafe" : rough.length > 0 ? "rough" : undefined;
  const range = scoreRange(score, metric.unit);
  const side =
    score.metric === "copying-z" ? copyingNote : metric.better === "none" ? "" : `${metric.better} is better`;
  const real = ruler === undefined ? "" : `real images get ${scoreValue({ value: ruler }, metric.unit)}`;
  const small = [range, [real, side].filter((text) => text !== "").join("; ")].filter((text) => text !== "");
  const scored = score.generated === 0 ? "" : countOf(score.generated, `${scoredWord(card)} image`);
  const compared = [scored, realImages(score)].filter((part) => part !== "");
  return html`<tr${headline ? html` class="headline"` : undefined}>
<th scope="row"><b>${titleOf(score, card, metric)}</b>${headline && level !== "unsafe" ? html` <span class="tag">${levels.headline}</span>` : undefined}<small>${capitalized(metric.meaning)}</small></th>
<td><b class="value">${scoreValue(score, metric.unit)}</b>${level === undefined ? undefined : html` <span class="tag ${level}">${level}</span>`}${small.map((text) => html`<small>${text}</small>`)}</td>
<td>${compared.length === 0 ? "-" : compared.map((part) => html`<span>${part}</span>`)}</td>
</tr>`;
}

function titleOf(score: CardScore, card: ReportScoreCard, { title }: ReportMetric): string {
  const ofClass = score.className === undefined ? "" : ` of ${score.className}`;
  return `${title}${againstTraining(score, card) ? " (training)" : ""}${ofClass}`;
}

/** Scores that a reason names; of classes there may be hundreds. */
const MOST_NAMED = 8;

/** What the marks mean, and each reason once. */
function reasons(
  scores: readonly CardScore[],
  card: ReportScoreCard,
  described: Described,
  kind: "rough" | "unsafe",
): Markup | undefined {
  const all = reasonsAgainst(scores, kind);
  if (all.length === 0) return undefined;
  const entries = all.map(({ reason, scores: against }) => {
    const names = against.map((score) => titleOf(score, card, described(score.metric)));
    const more = names.length > MOST_NAMED ? `, … ${formatCount(names.length - MOST_NAMED)} more` : "";
    return html`<li>${names.slice(0, MOST_NAMED).join(", ")}${more}: ${reason}</li>`;
  });
  return html`<div class="reasons"><p><b class="${kind}">${capitalized(kind)}</b>${levels[kind].slice(kind.length)}</p>
<ul>${entries}</ul></div>`;
}
