import { elementCount, resolveShape, type Shape, type TensorType } from "../shape.ts";
import type { Computed, Tensor } from "../tensor.ts";
import { topologicalOrder } from "../traverse.ts";
import { multiplyAddsOf } from "./operations.ts";

/** What the nodes of one layer do, for one picture. */
export interface LayerSummary {
  /** Path of the layer, such as `generator/up2`; empty for nodes outside layers. */
  readonly name: string;
  /** Shape of what the layer hands on. */
  readonly shape: Shape;
  /** Numbers that it reads: trained ones, or those stored in a file. */
  readonly parameters: number;
  /** Of matrix products and convolutions, in the forward pass. */
  readonly multiplyAdds: number;
  /** Of all results of its nodes that depend on the picture: what a backward pass finds in memory at most. */
  readonly activationBytes: number;
}

/**
 * A graph layer by layer, in the order of computation, for a batch of one.
 * @param weights the inputs or constants that count as parameters; each belongs to the first layer that reads it.
 */
export function summariseLayers(outputs: readonly Tensor[], weights: ReadonlySet<Tensor>): readonly LayerSummary[] {
  const order = topologicalOrder(outputs);
  const layers = new Map<string, Computed[]>();
  const owners = new Map<Tensor, string>();
  const handedOn = new Set(outputs);
  const ofData = new Set<Tensor>();
  for (const tensor of order) {
    if (tensor.kind === "input" && !weights.has(tensor)) ofData.add(tensor);
    if (tensor.kind !== "computed") continue;
    if (tensor.inputs.some((argument) => ofData.has(argument))) ofData.add(tensor);
    const nodes = layers.get(tensor.scope);
    if (nodes === undefined) layers.set(tensor.scope, [tensor]);
    else nodes.push(tensor);
    for (const argument of tensor.inputs) {
      if (weights.has(argument) && !owners.has(argument)) owners.set(argument, tensor.scope);
      if (argument.kind === "computed" && argument.scope !== tensor.scope) handedOn.add(argument);
    }
  }
  return [...layers].map(([name, nodes]) => ({
    name,
    shape: (nodes.findLast((node) => handedOn.has(node)) ?? nodes.at(-1))?.shape ?? [],
    parameters: total(
      [...owners].filter(([, owner]) => owner === name).map(([weight]) => weight),
      ({ shape }) => elementCount(resolveShape(shape, 1)),
    ),
    multiplyAdds: total(nodes, (node) => multiplyAddsOf(node)),
    activationBytes: total(
      nodes.filter((node) => ofData.has(node) && !views.has(node.operation.name)),
      ({ shape, dtype }) => elementCount(resolveShape(shape, 1)) * bytesOf[dtype],
    ),
  }));
}

/** Operators whose results lie in their input's memory. */
const views: ReadonlySet<string> = new Set(["reshape", "stopGradient"]);

const bytesOf: Readonly<Record<TensorType["dtype"], number>> = { float32: 4, int32: 4, uint8: 1 };

function total<T>(items: readonly T[], count: (item: T) => number): number {
  return items.reduce((sum, item) => sum + count(item), 0);
}
