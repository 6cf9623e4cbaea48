import { formatShape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

/**
 * The graph as text, a node a line: `%3 = matmul(%1, weight) {transposeLeft: 1} : [64, 10]  # layer`.
 * Equal graphs print equally, so the text serves snapshots and bug reports; large constants are shortened.
 */
export function printGraph(outputs: Readonly<Record<string, Tensor>>): string {
  const names = new Map<Tensor, string>();
  const lines: string[] = [];
  for (const tensor of topologicalOrder(Object.values(outputs))) {
    switch (tensor.kind) {
      case "input":
        names.set(tensor, tensor.name);
        lines.push(`${tensor.name} : ${tensor.dtype} ${formatShape(tensor.shape)}`);
        break;
      case "constant":
        names.set(tensor, tensor.values.length === 1 ? String(tensor.values[0]) : constantText(tensor.values));
        break;
      case "computed": {
        const name = `%${names.size}`;
        const { operation, inputs, shape, scope } = tensor;
        const attributes = Object.entries(operation.attributes).map(
          ([key, value]) => `${key}: ${JSON.stringify(value)}`,
        );
        const suffix = attributes.length === 0 ? "" : ` {${attributes.join(", ")}}`;
        const comment = scope === "" ? "" : `  # ${scope}`;
        const argumentNames = inputs.map((argument) => names.get(argument) ?? "?").join(", ");
        lines.push(`${name} = ${operation.name}(${argumentNames})${suffix} : ${formatShape(shape)}${comment}`);
        names.set(tensor, name);
      }
    }
  }
  for (const [name, tensor] of Object.entries(outputs)) lines.push(`${name} <- ${names.get(tensor) ?? "?"}`);
  return `${lines.join("\n")}\n`;
}

function constantText(values: ArrayLike<number>): string {
  const shown = Array.from({ length: Math.min(values.length, 4) }, (_, index) => String(values[index]));
  return `(${shown.join(" ")}${values.length > shown.length ? ` … ${values.length} values` : ""})`;
}
