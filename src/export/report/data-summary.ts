import type { DataSummary, ReportInput, SplitSummary } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { capitalized, countOf, formatCount, inWords } from "./quantities.ts";

const CLASSES_SHOWN = 24;
const FILES_SHOWN = 200;

/** What was read: parts, classes, and the files that were skipped with their reasons. */
export function dataSummary({ dataSummary: summary, data }: ReportInput): Markup {
  if (summary === undefined) {
    return html`<section><h2>Data</h2><p><code>${data}</code>. This run has no readable data report.</p></section>`;
  }
  const parts = Object.entries(summary.splits);
  const total = parts.reduce((sum, [, { images }]) => sum + images, 0);
  const listed = parts.map(([name, { images }]) => html`<li><b>${formatCount(images)}</b> ${partName(name)}</li>`);
  return html`<section>
<h2>Data</h2>
<p>${countOf(total, "image")} from <code>${data}</code>.</p>
<ul class="parts">${listed}</ul>
${classes(summary)}
${skipped(summary)}
</section>`;
}

function partName(split: string): string {
  if (split === "train") return "to train";
  return split === "heldOut" ? "held out for evaluation" : inWords(split);
}

function classes({ splits }: DataSummary): Markup | undefined {
  const parts = Object.values(splits);
  const counted = new Map<string, number>();
  for (const { labels } of parts) {
    for (const [name, count] of Object.entries(labels)) counted.set(name, (counted.get(name) ?? 0) + count);
  }
  const unlabelled = parts.reduce((sum, part) => sum + part.unlabelled, 0);
  if (counted.size === 0) return html`<p>No image has a label.</p>`;
  // The largest classes, in their own order: with all shown, that is the order of the data.
  const largest = new Set(
    [...counted.keys()]
      .sort((one, other) => (counted.get(other) ?? 0) - (counted.get(one) ?? 0))
      .slice(0, CLASSES_SHOWN),
  );
  const shown = [...counted].filter(([name]) => largest.has(name));
  const most = Math.max(unlabelled, ...shown.map(([, count]) => count), 1);
  const rows = shown.map(([name, count]) => classRow(name, count, most, parts));
  const rest = counted.size - shown.length;
  return html`<table class="classes">
<caption>${counted.size === 1 ? "1 class" : `${formatCount(counted.size)} classes`}</caption>
<thead><tr><th scope="col">Class</th><th scope="col"><span class="spoken">Share</span></th><th scope="col">Images</th>${Object.keys(splits).map((name) => html`<th scope="col">${columnName(name)}</th>`)}</tr></thead>
<tbody>${rows}${unlabelled > 0 ? unlabelledRow(unlabelled, most, parts) : undefined}</tbody>
</table>
${rest > 0 ? html`<p>And ${formatCount(rest)} smaller ${rest === 1 ? "class" : "classes"}; data-report.json lists all.</p>` : undefined}`;
}

function columnName(split: string): string {
  return split === "heldOut" ? "Held out" : capitalized(inWords(split));
}

function classRow(name: string, count: number, most: number, parts: readonly SplitSummary[]): Markup {
  return countedRow(
    html`${name}`,
    count,
    most,
    parts.map(({ labels }) => labels[name] ?? 0),
  );
}

function unlabelledRow(count: number, most: number, parts: readonly SplitSummary[]): Markup {
  return countedRow(
    html`<i>no label</i>`,
    count,
    most,
    parts.map(({ unlabelled }) => unlabelled),
  );
}

function countedRow(name: Markup, count: number, most: number, inParts: readonly number[]): Markup {
  const width = ((100 * count) / most).toFixed(1);
  return html`<tr><th scope="row">${name}</th><td class="bar"><span style="width:${width}%"></span></td><td>${formatCount(count)}</td>${inParts.map((part) => html`<td>${formatCount(part)}</td>`)}</tr>`;
}

function skipped({ skipped: files }: DataSummary): Markup {
  if (files.length === 0) return html`<p class="good">Every image could be read; none was skipped.</p>`;
  const rows = files
    .slice(0, FILES_SHOWN)
    .map(({ file, reason }) => html`<tr><th scope="row"><code>${file}</code></th><td>${reason}</td></tr>`);
  const rest = files.length - rows.length;
  return html`<details${files.length <= 10 ? " open" : ""}>
<summary>${countOf(files.length, "skipped file")}, not used for training</summary>
<div class="scroll" role="region" aria-label="Skipped files" tabindex="0"><table class="skipped">
<thead><tr><th scope="col">File</th><th scope="col">Reason</th></tr></thead>
<tbody>${rows}</tbody>
</table></div>
${rest > 0 ? html`<p>And ${formatCount(rest)} more; data-report.json names all.</p>` : undefined}
</details>`;
}
