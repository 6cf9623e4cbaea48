import type { ConfigurationEntry, ReportInput } from "./input.ts";
import { html, type Markup } from "./markup.ts";

/** Every setting, and why it has its value. */
export function configuration({ configuration: entries }: ReportInput): Markup {
  return html`<section>
<h2>Configuration</h2>
<table class="configuration">
<thead><tr><th scope="col">Setting</th><th scope="col">Value</th><th scope="col">Why</th></tr></thead>
<tbody>${entries.map(row)}</tbody>
</table>
</section>`;
}

function row({ key, value, reason }: ConfigurationEntry): Markup {
  // Numbers keep the digits that a command line or a file would need: no thousands apart.
  const why =
    reason === undefined ? html`<td class="given">set by you</td>` : html`<td>${reason || "the default"}</td>`;
  return html`<tr><th scope="row"><code>${key}</code></th><td><code>${value}</code></td>${why}</tr>`;
}
