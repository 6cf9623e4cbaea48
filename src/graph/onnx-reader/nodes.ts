import type { OnnxNode } from "./decode.ts";
import { ruleOf } from "./rules/index.ts";

/** The nodes that the wanted values need, in order. */
export function neededNodes(nodes: readonly OnnxNode[], wanted: readonly string[]): readonly OnnxNode[] {
  const names = new Set(wanted);
  const needed = nodes.toReversed().filter((node) => {
    const isNeeded = node.outputs.some((name) => names.has(name));
    if (isNeeded) for (const name of node.inputs) names.add(name);
    return isNeeded;
  });
  return needed.toReversed();
}

/** The operators that have no rule, each with the first node that uses it. */
export function withoutRule(nodes: readonly OnnxNode[]): readonly (readonly [string, OnnxNode])[] {
  const first = new Map<string, OnnxNode>();
  for (const node of nodes) {
    if (ruleOf(node.operator) === undefined && !first.has(node.operator)) first.set(node.operator, node);
  }
  return [...first];
}

/** How many nodes and wanted outputs use each value. */
export function countUses(nodes: readonly OnnxNode[], wanted: readonly string[]): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...nodes.flatMap(({ inputs }) => inputs), ...wanted]) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
