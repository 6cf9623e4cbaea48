import { shellWord } from "../../foundation/shell.ts";
import { hasCoders } from "../../methods/index.ts";
import type { ReportInput } from "./input.ts";
import { html, type Markup } from "./markup.ts";

/** How to use the model: commands, code, and what the file takes and gives. */
export function usage(input: ReportInput): Markup {
  const run = shellWord(input.path);
  const { latent, format, askedClasses = [] } = input;
  const [example] = askedClasses;
  const asking = example === undefined ? "" : `, class: ${JSON.stringify(example)}`;
  const code = `import { Generator } from "atelier";

const generator = await Generator.load(${JSON.stringify(`${input.path.replace(/[/\\]+$/, "")}/generator.onnx`)});
const sample = await generator.sample({ count: 16, seed: 7${asking} });
// sample.bytes: 0 to 255, [16, ${format.channels}, ${format.height}, ${format.width}]`;
  return html`<section>
<h2>How to use this model</h2>
<h3>Make pictures</h3>
<pre><code>npx atelier generate ${run} -n 16</code></pre>
<h3>Choose where they go, and which ones</h3>
<pre><code>npx atelier generate ${run} -n 16 --seed 7 --out pictures</code></pre>
${ofClass(input)}
${reconstruct(input)}
${resume(input)}
<h3>Score it, and look for copied training images</h3>
<pre><code>${evaluateCommand(input)}</code></pre>
<h3>From TypeScript</h3>
<pre><code>${code}</code></pre>
<h3>From any other program</h3>
<p><code>generator.onnx</code> has only standard operators; any ONNX runtime can open it. The batch may have any size.</p>
<dl class="ports">
<dt>takes <code>latent</code></dt><dd><code>[batch, ${latent}]</code> float32, drawn from N(0, 1)</dd>
${classPort(askedClasses)}
<dt>gives <code>images</code></dt><dd><code>[batch, ${format.channels}, ${format.height}, ${format.width}]</code> float32 in [-1, 1], as [batch, channels, height, width]</dd>
</dl>
</section>`;
}

/** Of models that make pictures of a class. */
function ofClass({ path, askedClasses = [] }: ReportInput): Markup | undefined {
  const [example] = askedClasses;
  if (example === undefined) return undefined;
  const command = `npx atelier generate ${shellWord(path)}`;
  return html`<h3>Make pictures of a class, or the same vectors as every class</h3>
<pre><code>${command} --class ${shellWord(example)}
${command} --by-class</code></pre>`;
}

/** Classes that are listed with their places. */
const LISTED = 20;

function classPort(classes: readonly string[]): Markup | undefined {
  const { length } = classes;
  if (length === 0) return undefined;
  const listed = classes.slice(0, LISTED).map((name, place) => `column ${place}: ${name}`);
  const places = `${listed.join(", ")}${length > LISTED ? ", …" : ""}`;
  return html`<dt>and <code>class</code></dt><dd><code>[batch, ${length}]</code> float32, in each row 1 in the column of the wanted class and 0 elsewhere; ${places}</dd>`;
}

/** Scores the run. */
export function evaluateCommand({ path }: ReportInput): string {
  return `npx atelier evaluate ${shellWord(path)}`;
}

/** Of models that encode images. */
function reconstruct({ path, model }: ReportInput): Markup | undefined {
  if (!hasCoders({ model })) return undefined;
  return html`<h3>Encode and decode images</h3><pre><code>npx atelier reconstruct ${shellWord(path)}</code></pre>`;
}

function resume({ path, data, progress: { made, planned, early } }: ReportInput): Markup {
  const command = `npx atelier train ${shellWord(data)} --out ${shellWord(path)} --resume`;
  // It has no patience left: without more it would not begin.
  const patience = early === undefined ? "" : " --set evaluation.patience=0";
  return made < planned
    ? html`<h3>Go on to step ${planned}</h3><pre><code>${command}${patience}</code></pre>`
    : html`<h3>Train longer</h3><pre><code>${command} --steps ${2 * planned}</code></pre>`;
}
