import type { CardConfusion } from "./card.ts";
import { html, type Markup } from "./markup.ts";
import { countOf, formatCount } from "./quantities.ts";

/** Classes that a matrix shows: more would not be read. */
const CLASSES_SHOWN = 20;

/** Which classes the judging classifier takes for which, as a shaded table; of many classes those with the most mistakes. */
export function confusionMatrix({ classNames, counts, images, labels, hiddenLabels }: CardConfusion): Markup {
  const shown = mostMistaken(counts);
  const rest = classNames.length - shown.length;
  const right = counts.reduce((total, row, index) => total + (row[index] ?? 0), 0);
  const error = images === 0 ? "" : `, of which it gets ${((100 * (images - right)) / images).toFixed(1)} % wrong`;
  const hidden = hiddenLabels === undefined ? "" : `, ${formatCount(hiddenLabels)} of them hidden from the run`;
  const taught = labels === undefined ? "" : ` It has learned from ${countOf(labels, "label")}${hidden}.`;
  const names = shown.map((index) => shortened(classNames[index] ?? ""));
  // Where the beginnings of names do not tell classes apart, numbers do.
  const isNumbered = new Set(names).size < names.length;
  const columns = shown.map(
    (index, column) =>
      html`<th scope="col" title="${classNames[index] ?? ""}">${isNumbered ? index + 1 : (names[column] ?? "")}</th>`,
  );
  return html`<section>
<h2>What the judging classifier confuses</h2>
<p>Label scores are no better than the classifier that gives them.${taught} These are ${countOf(images, "held-out image")}${error}: each row is a true class, each column what it is taken for.</p>
<div class="wide" role="region" aria-label="Confusion matrix" tabindex="0"><table class="confusion">
<thead><tr><th scope="col">Class</th>${columns}${rest > 0 ? html`<th scope="col">others</th>` : undefined}</tr></thead>
<tbody>${shown.map((index) => row({ index, name: classNames[index] ?? "", isNumbered }, counts[index] ?? [], shown))}</tbody>
</table></div>
${rest > 0 ? html`<p class="small">The ${formatCount(shown.length)} of ${formatCount(classNames.length)} classes with the most mistakes; scores.json has all.</p>` : undefined}
</section>`;
}

/** Letters of a class's name above a column. */
const LONGEST_NAME = 10;

function shortened(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

/** Numbers of the classes to show, in their own order. */
function mostMistaken(counts: CardConfusion["counts"]): readonly number[] {
  const mistakes = counts.map((row, index) => sum(row) - (row[index] ?? 0));
  return [...mistakes.keys()]
    .sort((one, other) => (mistakes[other] ?? 0) - (mistakes[one] ?? 0))
    .slice(0, CLASSES_SHOWN)
    .sort((one, other) => one - other);
}

interface TrueClass {
  readonly index: number;
  readonly name: string;
  /** Whether columns are called by the numbers of classes. */
  readonly isNumbered: boolean;
}

function row({ index, name, isNumbered }: TrueClass, counts: readonly number[], shown: readonly number[]): Markup {
  const total = Math.max(1, sum(counts));
  const cells = shown.map((predicted) => {
    const count = counts[predicted] ?? 0;
    const kind = predicted === index ? "right" : "wrong";
    // The root makes rare mistakes visible.
    const depth = Math.sqrt(count / total).toFixed(3);
    return html`<td class="${kind}" style="--depth:${depth}">${count === 0 ? "" : formatCount(count)}</td>`;
  });
  const elsewhere = sum(counts) - sum(shown.map((predicted) => counts[predicted] ?? 0));
  const others =
    shown.length < counts.length ? html`<td>${elsewhere === 0 ? "" : formatCount(elsewhere)}</td>` : undefined;
  return html`<tr><th scope="row" title="${name}">${isNumbered ? html`<span>${index + 1}</span> ` : undefined}${name}</th>${cells}${others}</tr>`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
