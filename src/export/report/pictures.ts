import type { GridAtStep, Picture, ReportInput } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { countOf, formatCount } from "./quantities.ts";

/** The newest samples beside real images, and how they came about. */
export function pictures({ finalGrid, realGrid, filmstrip }: ReportInput): Markup {
  const pair = [
    finalGrid &&
      html`<figure>
${image(finalGrid, `Grid of generated pictures after ${countOf(finalGrid.step, "step")}`)}
<figcaption><strong>Generated</strong> after ${countOf(finalGrid.step, "step")}</figcaption>
</figure>`,
    realGrid &&
      html`<figure>
${image(realGrid, "Grid of training images for comparison")}
<figcaption><strong>Real</strong> training images, for comparison</figcaption>
</figure>`,
  ];
  if (finalGrid === undefined && realGrid === undefined) {
    return html`<section><h2>Pictures</h2><p>This run has drawn no pictures yet.</p></section>`;
  }
  return html`<section>
<h2>Pictures</h2>
<div class="pair">${pair}</div>
</section>
${filmstrip.length > 1 ? film(filmstrip) : undefined}`;
}

function film(grids: readonly GridAtStep[]): Markup {
  const frames = grids.map(
    (grid) => html`<li><figure>
${image(grid, `Small grid of generated pictures after ${countOf(grid.step, "step")}`)}
<figcaption>${grid.step === 0 ? "before training" : `step ${formatCount(grid.step)}`}</figcaption>
</figure></li>`,
  );
  return html`<section>
<h2>How they came about</h2>
<p>The same random vectors at every step, so each place in the grid shows one picture growing.</p>
<ol class="film">${frames}</ol>
</section>`;
}

/** A picture within the page itself. */
export function image({ mediaType, bytes, width, height }: Picture, description: string): Markup {
  const content = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  return html`<img alt="${description}" width="${width}" height="${height}" src="data:${mediaType};base64,${content}">`;
}
