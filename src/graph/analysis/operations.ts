import { elementCount, resolveShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { topologicalOrder } from "../traverse.ts";

/**
 * Multiply-adds of the matrix products and convolutions that the outputs need; element-wise work is not counted, as is
 * usual when networks are compared. Padding counts as if it were image.
 * @param batch size of the open batch dimension, where there is one. Default: 1.
 */
export function countMultiplyAdds(outputs: readonly Tensor[], batch = 1): number {
  return topologicalOrder(outputs).reduce((total, tensor) => total + multiplyAddsOf(tensor, batch), 0);
}

/** Multiply-adds of one node. */
export function multiplyAddsOf(tensor: Tensor, batch = 1): number {
  if (tensor.kind !== "computed") return 0;
  const { operation, inputs } = tensor;
  const [left = [], right = []] = inputs.map(({ shape }) => resolveShape(shape, batch));
  const result = resolveShape(tensor.shape, batch);
  const each = (values: readonly number[], kernel: readonly number[]) =>
    elementCount(values) * elementCount(kernel.slice(1));
  switch (operation.name) {
    case "conv2d":
      return each(result, right);
    case "convTranspose2d":
      return each(left, right);
    case "conv2dKernelGradient":
      return each(right, result);
    case "matmul":
      return elementCount(result) * (left.at(operation.attributes["transposeLeft"] === 1 ? -2 : -1) ?? 1);
    default:
      return 0;
  }
}
