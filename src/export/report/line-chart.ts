import { type Axis, axisAround, axisWithin } from "./axis.ts";
import { type Point, smooth, thin } from "./curve.ts";
import { html, type Markup } from "./markup.ts";
import { formatCount, formatNumber } from "./quantities.ts";

export interface Line {
  readonly name: string;
  /** In order of steps. Values that are not finite are left out of the line and counted below it. */
  readonly points: readonly Point[];
}

export interface LineChart {
  readonly title: string;
  /** Unit of the values, shown after the title: `GB`. */
  readonly unit?: string;
  /** What the reader may conclude. */
  readonly note: string;
  readonly lines: readonly Line[];
  /** Ends of the value axis where the values themselves do not decide them. */
  readonly range?: readonly [low: number, high: number];
  /** A step that is marked with a line from top to bottom. */
  readonly mark?: { readonly step: number; readonly name: string };
  /** Of the plot, for a width of 480. */
  readonly height: number;
}

const WIDTH = 480;
const MARGIN = { top: 14, right: 18, bottom: 30, left: 44 };
/** Fewer points than this need no smoothing. */
export const SMOOTHED_FROM = 40;

/** Values against steps as a figure: raw lines in pale, smoothed ones over them, axes, legend and a note. */
export function lineChart(chart: LineChart): Markup {
  const lines = chart.lines.map(({ name, points }) => ({
    name,
    points: points.filter(({ value }) => Number.isFinite(value)),
  }));
  const left = chart.lines.reduce(
    (count, { points }, index) => count + points.length - (lines[index]?.points.length ?? 0),
    0,
  );
  const all = lines.flatMap(({ points }) => points);
  if (all.length === 0)
    return html`<figure class="chart"><h3>${chart.title}</h3><p>No value was a number.</p></figure>`;
  const steps = axisWithin(0, greatest(all.map(({ step }) => step)), 6);
  const values = valueAxis(chart, all);
  const hidden = all.filter(({ value }) => value > values.high).length;
  const described = lines.map(
    ({ name, points }) => `${name} ends at ${formatNumber(smooth(points).at(-1)?.value ?? Number.NaN)}`,
  );
  const leftOut = remark(left, "value that was not a number is", "values that were not numbers are", "left out");
  const cutOff = remark(hidden, "spike is", "spikes are", `above the top, ${formatNumber(values.high)}`);
  return html`<figure class="chart">
<h3>${chart.title}${chart.unit === undefined ? undefined : html` <small>${chart.unit}</small>`}</h3>
${lines.length > 1 ? legend(lines) : undefined}
<svg viewBox="0 0 ${WIDTH} ${chart.height}" role="img" aria-label="${chart.title} against training step: ${described.join(", ")}.">
${axes(steps, values, chart.height)}
${chart.mark === undefined ? undefined : markLine(chart.mark, steps, chart.height)}
${plot(lines, steps, values, chart.height)}
</svg>
<figcaption>${chart.note}${leftOut}${cutOff}</figcaption>
</figure>`;
}

function remark(count: number, one: string, many: string, rest: string): string {
  return count === 0 ? "" : ` ${formatCount(count)} ${count === 1 ? one : many} ${rest}.`;
}

/** Room for all values, unless a few spikes would press everything else flat: those go beyond the top. */
function valueAxis({ range, height }: LineChart, points: readonly Point[]): Axis {
  const intervals = Math.max(2, Math.round(height / 55));
  if (range !== undefined) return axisWithin(range[0], range[1], intervals);
  const ascending = points.map(({ value }) => value).sort((left, right) => left - right);
  const usual = ascending[Math.floor((ascending.length - 1) * 0.98)] ?? 0;
  const top = ascending.at(-1) ?? 0;
  const high = usual > 0 && top > 3 * usual ? 1.5 * usual : top;
  return axisAround(Math.min(0, ascending[0] ?? 0), high, intervals);
}

function legend(lines: readonly Line[]): Markup {
  const entries = lines.map(({ name }, index) => html`<li><span class="key ${colourOf(index)}"></span>${name}</li>`);
  return html`<ul class="legend">${entries}</ul>`;
}

/** The style sheet has four colours; further lines begin with the first again. */
function colourOf(index: number): string {
  return `line-${index % 4}`;
}

function axes(steps: Axis, values: Axis, height: number): Markup {
  const right = WIDTH - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const horizontal = values.ticks.map((tick) => {
    const y = place(tick, values, bottom, MARGIN.top);
    return html`<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${y}" y2="${y}"/><text x="${MARGIN.left - 7}" y="${y + 4}" text-anchor="end">${formatNumber(tick)}</text>`;
  });
  const vertical = steps.ticks.map((tick) => {
    const x = place(tick, steps, MARGIN.left, right);
    return html`<line class="tick" x1="${x}" x2="${x}" y1="${bottom}" y2="${bottom + 4}"/><text x="${x}" y="${bottom + 18}" text-anchor="middle">${steps.high < 10_000 ? tick : inThousands(tick)}</text>`;
  });
  return html`<g aria-hidden="true">${horizontal}${vertical}<text x="${MARGIN.left - 12}" y="${bottom + 18}" text-anchor="end">step</text><line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/></g>`;
}

/** A dashed line with its name above it. */
function markLine({ step, name }: NonNullable<LineChart["mark"]>, steps: Axis, height: number): Markup {
  const x = place(step, steps, MARGIN.left, WIDTH - MARGIN.right);
  return html`<line class="mark" x1="${x}" x2="${x}" y1="${MARGIN.top}" y2="${height - MARGIN.bottom}"/><text x="${x}" y="${MARGIN.top - 3}" text-anchor="middle">${name}</text>`;
}

/** An inner svg cuts off what lies beyond the plot, without an id that another chart might share; 3 more on each side spare the strokes. */
function plot(lines: readonly Line[], steps: Axis, values: Axis, height: number): Markup {
  const width = WIDTH - MARGIN.left - MARGIN.right;
  const depth = height - MARGIN.top - MARGIN.bottom;
  const at = ({ step, value }: Point) => `${place(step, steps, 0, width)},${place(value, values, depth, 0)}`;
  const polyline = (points: readonly Point[], kind: string) =>
    html`<polyline class="${kind}" points="${thin(points).map(at).join(" ")}"/>`;
  const drawn = lines.map(({ points }, index) => {
    const [only, second] = points;
    if (only === undefined) return undefined;
    if (second === undefined) {
      const [x = "", y = ""] = at(only).split(",");
      return html`${polyline(points, colourOf(index))}<circle class="${colourOf(index)}" cx="${x}" cy="${y}" r="3"/>`;
    }
    if (points.length < SMOOTHED_FROM) return polyline(points, colourOf(index));
    return html`${polyline(points, `raw ${colourOf(index)}`)}${polyline(smooth(points), colourOf(index))}`;
  });
  return html`<svg x="${MARGIN.left - 3}" y="${MARGIN.top - 3}" width="${width + 6}" height="${depth + 6}" viewBox="-3 -3 ${width + 6} ${depth + 6}">${drawn}</svg>`;
}

/** Where a number of the axis lies between the places of its ends, to a tenth of a unit. */
function place(value: number, { low, high }: Axis, start: number, end: number): number {
  return Number((start + ((value - low) / (high - low)) * (end - start)).toFixed(1));
}

function inThousands(step: number): string {
  return step === 0 ? "0" : `${formatNumber(step / 1000)}k`;
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
