import { AtelierError, internalError } from "../foundation/errors.ts";
import { elementCount, formatShape, resolveShape } from "./shape.ts";
import type { Array64, Tensor } from "./tensor.ts";
import { topologicalOrder } from "./traverse.ts";

/**
 * Computes tensors in float64, by the reference rule of each operator: slow, and what everything else is checked against.
 * @param feeds numbers of each input by name, row-major.
 * @param batch size of the open batch dimension, where there is one. Default: 1.
 */
export function evaluate(
  outputs: readonly Tensor[],
  feeds: Readonly<Record<string, ArrayLike<number>>> = {},
  batch = 1,
): Array64[] {
  const arrays = new Map<Tensor, Array64>();
  const find = (tensor: Tensor): Array64 => {
    const array = arrays.get(tensor);
    if (array === undefined) throw internalError("evaluate", "a tensor before its inputs");
    return array;
  };
  for (const tensor of topologicalOrder(outputs)) {
    const shape = resolveShape(tensor.shape, batch);
    const data = numbers(tensor, shape, feeds, find);
    if (data.length !== elementCount(shape)) {
      throw internalError("evaluate", `${data.length} numbers for ${formatShape(shape)}`);
    }
    arrays.set(tensor, { shape, data });
  }
  return outputs.map(find);
}

function numbers(
  tensor: Tensor,
  shape: readonly number[],
  feeds: Readonly<Record<string, ArrayLike<number>>>,
  find: (tensor: Tensor) => Array64,
): Float64Array {
  switch (tensor.kind) {
    case "constant":
      return Float64Array.from(tensor.values);
    case "input": {
      const fed = feeds[tensor.name];
      if (fed === undefined) {
        throw new AtelierError({
          kind: "internal",
          where: `input ${tensor.name}`,
          expected: formatShape(tensor.shape),
          received: "nothing",
          help: `feed it: ${Object.keys(feeds).join(", ")} are fed`,
        });
      }
      return Float64Array.from(fed);
    }
    case "computed":
      return tensor.operation.reference(tensor.inputs.map(find), shape);
  }
}
