import type { Tensor } from "./tensor.ts";

/** Every tensor that the outputs depend on, inputs before the nodes that use them; the order is deterministic. */
export function topologicalOrder(outputs: readonly Tensor[]): Tensor[] {
  const order: Tensor[] = [];
  const visited = new Set<Tensor>();
  // An explicit stack: a training step is thousands of nodes deep.
  const stack: { readonly tensor: Tensor; readonly ready: boolean }[] = outputs
    .toReversed()
    .map((tensor) => ({ tensor, ready: false }));
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { tensor, ready } = top;
    if (ready) {
      order.push(tensor);
    } else if (!visited.has(tensor)) {
      visited.add(tensor);
      stack.push({ tensor, ready: true });
      if (tensor.kind === "computed") {
        for (const argument of tensor.inputs.toReversed()) {
          if (!visited.has(argument)) stack.push({ tensor: argument, ready: false });
        }
      }
    }
  }
  return order;
}

/** Rebuilds the outputs with every tensor replaced by what `replace` makes of it and its replaced inputs. */
export function rewrite(
  outputs: readonly Tensor[],
  replace: (tensor: Tensor, inputs: readonly Tensor[]) => Tensor,
): readonly Tensor[] {
  const replaced = new Map<Tensor, Tensor>();
  const lookup = (tensor: Tensor) => replaced.get(tensor) ?? tensor;
  for (const tensor of topologicalOrder(outputs)) {
    replaced.set(tensor, replace(tensor, tensor.kind === "computed" ? tensor.inputs.map(lookup) : []));
  }
  return outputs.map(lookup);
}
