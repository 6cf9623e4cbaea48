import { createHash } from "node:crypto";
import { formatShape } from "./shape.ts";
import type { Computed, Constant, Tensor } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

/**
 * The graph as text, a node a line: `%3 = matmul(%1, weight) {transposeLeft: 1} : [64, 10]  # layer`.
 * Equal graphs print equally, so the text serves snapshots and bug reports; large constants are shortened.
 */
export function printGraph(outputs: Readonly<Record<string, Tensor>>): string {
  return graphText(outputs, shortened);
}

/**
 * 16 hexadecimal digits that tell graphs apart: equal for graphs that print equally and have the same constants, to the
 * last bit. Names caches of compiled graphs and belongs in bug reports.
 */
export function graphHash(outputs: Readonly<Record<string, Tensor>>): string {
  return createHash("sha256").update(graphText(outputs, exact)).digest("hex").slice(0, 16);
}

function graphText(outputs: Readonly<Record<string, Tensor>>, constantText: (constant: Constant) => string): string {
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  for (const tensor of topologicalOrder(Object.values(outputs))) {
    switch (tensor.kind) {
      case "input":
        names.set(tensor, tensor.name);
        lines.push(`${tensor.name} : ${tensor.dtype} ${formatShape(tensor.shape)}`);
        break;
      case "constant":
        names.set(tensor, constantText(tensor));
        break;
      case "computed": {
        const name = `%${names.size}`;
        const inputs = tensor.inputs.map((argument) => names.get(argument) ?? "?");
        lines.push(`${name} = ${nodeText(tensor, inputs)}`);
        names.set(tensor, name);
      }
    }
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`${name} <- ${names.get(tensor) ?? "?"}`);
  return `${lines.join("\n")}\n`;
}

function nodeText({ operation, shape, dtype, scope }: Computed, inputs: readonly string[]): string {
  const attributes = Object.entries(operation.attributes).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  const suffix = attributes.length === 0 ? "" : ` {${attributes.join(", ")}}`;
  const type = dtype === "float32" ? formatShape(shape) : `${dtype} ${formatShape(shape)}`;
  const comment = scope === "" ? "" : `  # ${scope}`;
  return `${operation.name}(${inputs.join(", ")})${suffix} : ${type}${comment}`;
}

/** The first values, for readers. */
function shortened({ values }: Constant): string {
  if (values.length === 1) return String(values[0]);
  const shown = Array.from({ length: Math.min(values.length, 4) }, (_, index) => String(values[index]));
  return `(${shown.join(" ")}${values.length > shown.length ? ` … ${values.length} values` : ""})`;
}

/** The shape and every bit of the values. */
function exact({ values, shape }: Constant): string {
  const { buffer, byteOffset, byteLength } = Float64Array.from(values);
  const digest = createHash("sha256")
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest("hex");
  return `${formatShape(shape)}=${digest}`;
}
