import { shellWord } from "../../foundation/shell.ts";
import { shareInterval } from "../../metrics/index.ts";
import type { ReportClassifier, ReportInput } from "./input.ts";
import { html, type Markup } from "./markup.ts";
import { countOf } from "./quantities.ts";

/** How often the run's classifier is wrong, and how to use it; nothing where the run learned no classes. */
export function classifier({
  path,
  classifier: learned,
  format,
}: Pick<ReportInput, "path" | "classifier" | "format">): Markup | undefined {
  if (learned === undefined) return undefined;
  const run = shellWord(path);
  return html`<section>
<h2>Classifier</h2>
<p>Beside pictures the run learned to tell ${learned.classes} classes apart. ${errorText(learned)}</p>
<h3>Name the classes of other images</h3>
<pre><code>npx atelier classify ${run} IMAGES</code></pre>
<h3>See which images to label next</h3>
<pre><code>npx atelier label-next ${run} -n 20</code></pre>
<h3>From any other program</h3>
<dl class="ports">
<dt><code>classifier.onnx</code> takes <code>images</code></dt><dd><code>[batch, ${format.channels}, ${format.height}, ${format.width}]</code> float32 in [-1, 1]</dd>
<dt>gives <code>probabilities</code></dt><dd><code>[batch, ${learned.classes}]</code> float32, of sum 1, in the order of <code>class_names</code> in the file's metadata</dd>
</dl>
</section>`;
}

function errorText({ error }: ReportClassifier): Markup {
  if (error === undefined) return html`How often it is wrong is not known: it was not measured on held-out images.`;
  const { images, wrong } = error;
  const { low, high } = shareInterval(Uint8Array.from({ length: images }, (_, index) => Number(index < wrong)));
  return html`Of ${countOf(images, "held-out image")} with a label it takes <b>${perCent(wrong / images)} %</b> for another class; with other images it would be ${perCent(low)} to ${perCent(high)} % in 95 of 100 cases.`;
}

function perCent(share: number): string {
  return (100 * share).toFixed(1);
}
