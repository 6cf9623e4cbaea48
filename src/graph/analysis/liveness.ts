import type { GraphProto, NodeProto } from "onnx-buf";
import type { ValueSize } from "./onnx-shapes.ts";

/** Operators whose result lies in their first input's memory. */
const views: ReadonlySet<string> = new Set(["Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten"]);

/**
 * Most bytes that results of nodes, outputs included, take at one time, where each has memory of its own from its node to
 * the last node that reads it: so it is in an engine that plans nothing ahead (see `withHiddenSizes`).
 * @param order the nodes as they are run.
 */
export function peakOfLiveResults(
  { input, initializer, output }: GraphProto,
  order: readonly NodeProto[],
  values: ReadonlyMap<string, ValueSize>,
): number {
  const outside = new Set([...input, ...initializer].map(({ name }) => name));
  const owners = new Map<string, string>();
  const ownerOf = (name: string) => owners.get(name) ?? name;
  const lastUse = new Map<string, number>();
  order.forEach(({ opType, input: [source = "", ...others], output: results }, index) => {
    for (const name of [source, ...others, ...results]) lastUse.set(ownerOf(name), index);
    for (const result of results) if (views.has(opType)) owners.set(result, ownerOf(source));
  });
  for (const { name } of output) lastUse.set(ownerOf(name), order.length);

  const change = new Float64Array(order.length + 2);
  const add = (index: number, bytes: number) => {
    change[index] = (change[index] ?? 0) + bytes;
  };
  order.forEach(({ output: results }, index) => {
    for (const result of results.filter((name) => name !== "" && ownerOf(name) === name && !outside.has(name))) {
      const bytes = values.get(result)?.bytes ?? 0;
      add(index, bytes);
      add((lastUse.get(result) ?? index) + 1, -bytes);
    }
  });
  let held = 0;
  return change.reduce((most, difference) => {
    held += difference;
    return Math.max(most, held);
  }, 0);
}
