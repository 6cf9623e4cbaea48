import { sidesOf } from "../data/index.ts";
import type { LayerSummary } from "../graph/index.ts";
import type { ModelInspection, NetworkInspection, RunInspection, StepInspection } from "./inspection.ts";
import { amount, bytes } from "./quantities.ts";
import { grouped, table } from "./text.ts";

/** The inspection as a reader wants it: at most 98 characters a line. */
export function inspectionText(inspection: RunInspection | ModelInspection): string {
  return inspection.kind === "run" ? runText(inspection) : modelText(inspection);
}

function runText({ path, config, networks, step }: RunInspection): string {
  const { model, architecture, size, channels, latent } = config;
  const { width, height } = sidesOf(size);
  const title = `${path}: ${model} of ${architecture} networks for ${width}x${height}x${channels} pictures from ${latent} random numbers`;
  return `${title}\n\n${networksText(networks)}\n${stepText(step)}`;
}

function stepText({ batch, nodes, multiplyAdds, stateBytes, hash, memory }: StepInspection): string {
  const { total, process: own, step, sampler, state } = memory;
  const parts = `step ${bytes(step)}, state ${bytes(state)}, sampler ${bytes(sampler)}, process ${bytes(own)}`;
  const rows = [
    ["multiply-adds", `${amount(multiplyAdds)} (forward, backward and update)`],
    ["state", `${bytes(stateBytes)} (weights, moments, averages, statistics)`],
    ["memory", `about ${bytes(total)} (${parts})`],
    ["graph", `${grouped(nodes)} nodes, ${hash}`],
  ];
  return `Training step of ${grouped(batch)} pictures\n${table(rows)}`;
}

function modelText(inspection: ModelInspection): string {
  const { path, fileBytes, producer, operatorSet, inputs, outputs, operators, storedNumbers, network } = inspection;
  const ports = (values: typeof inputs) => values.map(({ name, shape }) => `${name} [${shape.join(", ")}]`);
  const rows = [
    ...ports(inputs).map((text, index) => [index === 0 ? "inputs" : "", text]),
    ...ports(outputs).map((text, index) => [index === 0 ? "outputs" : "", text]),
    ["numbers", `${amount(storedNumbers)} stored in the file`],
    ...wrapped(operators.map(([name, count]) => `${grouped(count)} ${name}`)).map((text, index) => [
      index === 0 ? "operators" : "",
      text,
    ]),
  ];
  const from = producer === "" ? "" : ` from ${producer}`;
  const title = `${path}: ONNX model of ${bytes(fileBytes)}${from}, operator set ${operatorSet}`;
  const layers = "refusal" in network ? `No layers are shown:\n  ${network.refusal}\n` : networksText([network]);
  return `${title}\n${table(rows)}\n${layers}`;
}

const HEADINGS = ["layer", "output", "parameters", "multiply-adds", "activations"] as const;

/** A table of layers with totals for each network, their columns in line. */
function networksText(networks: readonly NetworkInspection[]): string {
  const tables = networks.map(({ name, layers }) => ({
    name,
    // A file may fix the size of its batch.
    subject: layers.some(({ shape }) => shape.includes("batch")) ? "one picture" : "one batch of the size it fixes",
    rows: layerRows(name, layers),
  }));
  const widths = HEADINGS.map((_, column) =>
    Math.max(...tables.flatMap(({ rows }) => rows.map((row) => row[column]?.length ?? 0))),
  );
  const line = (row: readonly string[]) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)));
  return tables
    .map(({ name, subject, rows }) => {
      const lines = rows.map((row) => `  ${line(row).join("  ")}`);
      const rule = `  ${"─".repeat(Math.max(0, (lines[0]?.length ?? 0) - 2))}`;
      const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}, for ${subject}`;
      const drawn = [title, ...lines.slice(0, 1), rule, ...lines.slice(1, -1), rule, ...lines.slice(-1)];
      return drawn.map((text) => `${text.trimEnd()}\n`).join("");
    })
    .join("\n");
}

/** Headings, a row a layer, and totals. */
function layerRows(network: string, layers: readonly LayerSummary[]): readonly (readonly string[])[] {
  const sum = (count: (layer: LayerSummary) => number) => layers.reduce((total, layer) => total + count(layer), 0);
  const totals = [
    amount(sum(({ parameters }) => parameters)),
    amount(sum(({ multiplyAdds }) => multiplyAdds)),
    bytes(sum(({ activationBytes }) => activationBytes)),
  ];
  const rows = layers.map(({ name, shape, parameters, multiplyAdds, activationBytes }) => [
    shortened(name.startsWith(`${network}/`) ? name.slice(network.length + 1) : name),
    shape.filter((size) => size !== "batch").join("x") || "1",
    amount(parameters),
    amount(multiplyAdds),
    bytes(activationBytes),
  ]);
  return [HEADINGS, ...rows, ["total", "", ...totals]];
}

const LONGEST_NAME = 36;

/** A long path by its end, which tells layers apart. */
function shortened(name: string): string {
  return name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`;
}

const LINE = 80;

/** Texts in lines, separated by commas. */
function wrapped(texts: readonly string[]): readonly string[] {
  const lines: string[] = [];
  for (const text of texts) {
    const last = lines.at(-1);
    if (last === undefined || last.length + text.length + 2 > LINE) lines.push(text);
    else lines[lines.length - 1] = `${last}, ${text}`;
  }
  return lines.map((line, index) => (index < lines.length - 1 ? `${line},` : line));
}
