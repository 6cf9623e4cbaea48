/** The page's only style sheet: no font, picture or script is fetched from anywhere. */
export const styles = `
:root {
  color-scheme: light dark;
  --paper: #faf9f6; --card: #ffffff; --ink: #1d2126; --soft: #59616b; --rule: #e2dfd8; --shade: #f1efe9;
  --accent: #0f6b63; --line-0: #1f66b0; --line-1: #c2500f; --line-2: #0f7a55; --line-3: #8a3ba8;
  --alarm: #b3261e; --alarm-shade: #fbe9e7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2024; --ink: #e8e6e1; --soft: #a3abb4; --rule: #32383f; --shade: #262b31;
    --accent: #6fcabd; --line-0: #78b4f2; --line-1: #f2a065; --line-2: #6fcf9f; --line-3: #cf9be6;
    --alarm: #ff9b90; --alarm-shade: #3b2321;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
header, main, footer { max-width: 1120px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 44px; }
h1 { margin: 0; font-size: 2.1rem; line-height: 1.2; letter-spacing: -.02em; overflow-wrap: anywhere; }
h2 { margin: 0 0 14px; font-size: 1.3rem; letter-spacing: -.01em; }
h3 { margin: 20px 0 6px; font-size: .95rem; font-weight: 600; }
h3 small { color: var(--soft); font-weight: 400; }
p { margin: 0 0 14px; max-width: 75ch; text-wrap: pretty; }
.kind { margin: 0 0 6px; color: var(--accent); font-size: .85rem; font-weight: 600; }
.lead { margin: 10px 0 0; color: var(--soft); max-width: none; overflow-wrap: anywhere; }
.lead span { display: inline-block; }
.lead span:not(:last-child)::after { content: "·"; padding-left: .4em; }
.lead b { color: var(--ink); font-weight: 600; }
.notice { margin: 16px 0 0; padding: 8px 14px; border-left: 3px solid var(--line-1); background: var(--shade); border-radius: 4px; }
.notice.fine { border-color: var(--accent); }
.notice.alarm { border: 2px solid var(--alarm); background: var(--alarm-shade); }
.notice.alarm b { color: var(--alarm); }
section > .notice { margin: 0 0 16px; }
section { margin-top: 44px; }
figure { margin: 0; }
img { display: block; width: 100%; height: auto; border-radius: 6px; background: var(--shade); }
figcaption { margin-top: 8px; color: var(--soft); font-size: .875rem; }
figcaption strong { color: var(--ink); }
.pair, .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 24px; }
.pair figure { max-width: 720px; }
.film { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; margin: 0; padding: 0; list-style: none; }
.film figcaption { margin-top: 4px; font-variant-numeric: tabular-nums; }
.chart { padding: 16px 18px; border: 1px solid var(--rule); border-radius: 10px; background: var(--card); }
.chart h3 { margin: 0 0 4px; }
.chart svg { display: block; width: 100%; height: auto; }
.chart text { fill: var(--soft); font-size: 12px; font-variant-numeric: tabular-nums; }
.chart .grid { stroke: var(--rule); stroke-width: 1; }
.chart .axis, .chart .tick { stroke: var(--soft); stroke-width: 1; }
.chart .mark { stroke: var(--accent); stroke-width: 1.5; stroke-dasharray: 4 4; }
.chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.chart polyline.raw { stroke-width: 1; opacity: .38; }
polyline.line-0 { stroke: var(--line-0); } circle.line-0 { fill: var(--line-0); } .key.line-0 { background: var(--line-0); }
polyline.line-1 { stroke: var(--line-1); } circle.line-1 { fill: var(--line-1); } .key.line-1 { background: var(--line-1); }
polyline.line-2 { stroke: var(--line-2); } circle.line-2 { fill: var(--line-2); } .key.line-2 { background: var(--line-2); }
polyline.line-3 { stroke: var(--line-3); } circle.line-3 { fill: var(--line-3); } .key.line-3 { background: var(--line-3); }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 0 0 6px; padding: 0; list-style: none; font-size: .85rem; color: var(--soft); }
.key { display: inline-block; width: 16px; height: 3px; margin-right: 7px; border-radius: 2px; vertical-align: middle; }
.parts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 0 0 18px; padding: 0; list-style: none; color: var(--soft); }
.parts b { color: var(--ink); font-size: 1.25rem; font-weight: 600; }
table { width: 100%; border-collapse: collapse; font-size: .925rem; font-variant-numeric: tabular-nums; }
caption { padding-bottom: 6px; text-align: left; color: var(--soft); font-size: .875rem; }
th, td { padding: 6px 12px 6px 0; border-bottom: 1px solid var(--rule); text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: anywhere; }
thead th { color: var(--soft); font-size: .85rem; }
.classes { max-width: 760px; margin-bottom: 16px; }
.classes td:not(.bar), .classes thead th:nth-child(n + 3) { width: 1%; padding: 6px 0 6px 20px; text-align: right; white-space: nowrap; }
.classes tbody th { width: 26%; padding-right: 16px; }
.bar span { display: block; height: 10px; min-width: 2px; margin-top: .5em; border-radius: 3px; background: var(--line-0); opacity: .85; }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.small { margin-top: 10px; color: var(--soft); font-size: .875rem; }
.scores small { display: block; color: var(--soft); font-weight: 400; }
.scores td:nth-child(2) { width: 32%; } .scores td:nth-child(3) { width: 22%; color: var(--soft); }
.scores td span:not(.tag) { display: block; }
.scores .value { font-size: 1.15rem; }
.scores .headline > * { background: var(--shade); } 
.scores tr > :first-child { padding-left: 12px; }
.tag { display: inline-block; padding: 0 8px; border-radius: 9px; background: var(--accent); color: var(--paper); font-size: .75rem; font-weight: 600; }
.tag.unsafe { background: var(--alarm); }
.tag.rough { background: none; color: var(--soft); box-shadow: inset 0 0 0 1px var(--rule); }
.reasons { margin: 8px 0 16px; padding-left: 12px; color: var(--soft); font-size: .85rem; }
.reasons p, .reasons ul { margin: 0; max-width: none; } .reasons ul { padding-left: 18px; }
.reasons b { color: var(--ink); font-weight: 600; } .reasons .unsafe { color: var(--alarm); }
.quote { margin: 0 0 8px; padding: 10px 16px; border-left: 3px solid var(--accent); border-radius: 4px; background: var(--shade); }
.quote.unsafe { border-color: var(--alarm); } .quote.rough { border-color: var(--soft); }
.quote p { margin: 0; } .quote p:first-child b { font-size: 1.5rem; } .quote p + p { color: var(--soft); font-size: .925rem; }
.group { border-bottom: 1px solid var(--rule); padding: 4px 0; } .group summary small { color: var(--soft); font-weight: 400; }
.copies { max-width: 360px; margin-bottom: 14px; }
.suspects { max-width: 760px; }
.confusion { width: auto; }
.confusion th, .confusion td { padding: 4px 8px; border: 0; vertical-align: middle; }
.confusion td, .confusion thead th:not(:first-child) { min-width: 2.6em; text-align: right; white-space: nowrap; }
.wide { overflow-x: auto; }
.confusion tbody th { max-width: 13em; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; } .confusion tbody th span { color: var(--soft); }
.confusion .right { background: color-mix(in srgb, var(--line-2) calc(55% * var(--depth)), transparent); }
.confusion .wrong { background: color-mix(in srgb, var(--line-1) calc(70% * var(--depth)), transparent); }
.incidents { margin: 0; padding: 0; list-style: none; }
.incidents li { display: grid; grid-template-columns: 7.5em 1fr; gap: 4px 12px; padding: 8px 0; border-bottom: 1px solid var(--rule); }
.incidents li > span { color: var(--alarm); font-weight: 600; font-variant-numeric: tabular-nums; }
.good { color: var(--accent); }
summary { cursor: pointer; font-weight: 600; padding: 4px 0; }
.scroll { max-height: 420px; overflow: auto; }
.skipped th { width: 50%; }
.configuration { table-layout: fixed; }
.configuration thead th:nth-child(1) { width: 25%; }
.configuration thead th:nth-child(2) { width: 20%; }
.configuration td:nth-child(3) { color: var(--soft); }
.configuration td.given { color: var(--accent); }
code { font: .9em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: 8px; background: var(--shade); }
pre code { font-size: .875rem; }
.ports { display: grid; grid-template-columns: max-content 1fr; gap: 6px 20px; margin: 0; }
.ports dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 56px; padding-bottom: 40px; color: var(--soft); font-size: .85rem; }
@media (max-width: 640px) {
  header, main, footer { padding-left: 16px; padding-right: 16px; }
  header { padding-top: 28px; }
  h1 { font-size: 1.7rem; }
  section { margin-top: 34px; }
  .film { grid-template-columns: repeat(2, 1fr); gap: 12px; }
  .chart { padding: 12px; }
  .chart text { font-size: 15px; }
  .classes tbody th { width: 42%; }
  .classes td:nth-child(n + 4), .classes thead th:nth-child(n + 4) { display: none; }
  .configuration thead { display: none; }
  .configuration tr { display: grid; grid-template-columns: 1fr auto; border-bottom: 1px solid var(--rule); padding: 6px 0; }
  .configuration th, .configuration td { width: auto !important; min-width: 0 !important; padding: 0 !important; border: 0; white-space: normal; }
  .configuration td:nth-child(3) { grid-column: 1 / -1; font-size: .875rem; }
  .incidents li { grid-template-columns: 1fr; }
  .scores thead { display: none; }
  .scores tr { display: grid; grid-template-columns: 1fr auto; border-bottom: 1px solid var(--rule); }
  .scores th, .scores td { width: auto !important; border: 0; }
  .scores td:nth-child(2) { text-align: right; }
  .scores td:nth-child(3) { grid-column: 1 / -1; padding-top: 0; padding-left: 12px; font-size: .875rem; }
  .ports { grid-template-columns: 1fr; gap: 2px; }
  .ports dd { margin-bottom: 8px; }
}
@media print { body { background: none; } .chart, figure, tr { break-inside: avoid; } }
`;
