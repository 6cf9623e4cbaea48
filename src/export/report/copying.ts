import type { CardCopying, ReportScoreCard } from "./card.ts";
import { scoredWord } from "./card-text.ts";
import type { Picture } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { image } from "./pictures.ts";
import { capitalized, countOf, formatCount, formatNumber } from "./quantities.ts";

/** Whether the generator returns its training images: the finding, the figures, and the suspects to look at. */
export function copyCheck(copying: CardCopying, card: ReportScoreCard, picture: Picture | undefined): Markup {
  const { alarm, finding, copies, heldOutCopies, threshold, generated, training, heldOut } = copying;
  const scored = scoredWord(card);
  const beside =
    heldOutCopies === undefined ? "" : `; of ${countOf(heldOut, "held-out image")}, ${percent(heldOutCopies)}`;
  return html`<section>
<h2>Copy check</h2>
<p class="${alarm ? "notice alarm" : "notice fine"}">${alarm ? html`<b>Copy alarm.</b> ` : undefined}${finding}</p>
<p>Of ${countOf(generated, `${scored} image`)}, ${percent(copies)} lie so near to one of ${countOf(training, "training image")} that it is less than ${formatNumber(threshold)} times as far as that one is from its own third nearest${beside}.</p>
${picture === undefined ? undefined : pictureOf(picture, scored)}
${suspects(copying)}
</section>`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function pictureOf(picture: Picture, scored: string): Markup {
  return html`<figure class="copies">
${image(picture, `${capitalized(scored)} pictures beside their nearest training images`)}
<figcaption>Each row: a <strong>${scored}</strong> picture, and the <strong>training</strong> images nearest to it by features and by pixels, mirrored where that is nearer. The most suspicious come first.</figcaption>
</figure>`;
}

function suspects({ suspects: all }: CardCopying): Markup | undefined {
  if (all.length === 0) return undefined;
  const rows = all.map(
    ({ generated, name, training, mirrored, space, ratio }) =>
      html`<tr><td>${name === undefined ? `picture ${formatCount(generated)}` : html`<code>${name}</code>`}</td><th scope="row"><code>${training}</code>${mirrored ? " (mirrored)" : ""}</th><td>${formatNumber(ratio)}</td><td>${space}</td></tr>`,
  );
  return html`<details>
<summary>${all.length === 1 ? "The nearest" : `The ${formatCount(all.length)} nearest`}</summary>
<table class="suspects">
<thead><tr><th scope="col">Picture</th><th scope="col">Training image</th><th scope="col">Distance ratio</th><th scope="col">By</th></tr></thead>
<tbody>${rows}</tbody>
</table>
</details>`;
}
