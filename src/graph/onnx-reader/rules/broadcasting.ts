import { add, expand, multiply } from "../../operators/index.ts";
import { equalShapes, type Shape } from "../../shape.ts";
import { scalar, type Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";

/** x repeated until it has `shape`, which it broadcasts to and which may have the open batch. */
export function broadcastTo(node: NodeContext, x: Tensor, shape: Shape): Tensor {
  if (equalShapes(x.shape, shape)) return x;
  if (!shape.includes("batch")) return expand(x, shape);
  const repeated = multiply(
    x,
    expand(
      scalar(1),
      shape.map((size) => (size === "batch" ? 1 : size)),
    ),
  );
  if (equalShapes(repeated.shape, shape)) return repeated;
  return add(repeated, node.batchZeros(shape.map((size) => (size === "batch" ? size : 1))));
}
