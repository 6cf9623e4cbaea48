import { conv2d, matmul, reshape, transpose } from "../../operators/index.ts";
import { broadcastShapes, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import { broadcastTo } from "./broadcasting.ts";

/** NumPy's matmul: a vector is a row on the left and a column on the right, leading axes broadcast. */
export function matrixProduct(node: NodeContext, left: Tensor, right: Tensor): Tensor {
  if (right.shape.length === 1) return withoutLast(matrixProduct(node, left, reshape(right, [...right.shape, 1])));
  if (left.shape.length === 1) return matrixProduct(node, swapped(right), left);
  if (right.shape.length === 2 && left.shape.length > 2) return rowsTimes(left, right);
  const leading = broadcastShapes("MatMul", left.shape.slice(0, -2), right.shape.slice(0, -2));
  return matmul(withLeading(node, left, leading), withLeading(node, right, leading));
}

function withoutLast(x: Tensor): Tensor {
  return reshape(x, x.shape.slice(0, -1));
}

/** The matrices transposed. */
function swapped(x: Tensor): Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), ...axes.slice(-2).toReversed()]);
}

function withLeading(node: NodeContext, x: Tensor, leading: Shape): Tensor {
  return broadcastTo(node, x, [...leading, ...x.shape.slice(-2)]);
}

/** Every row of [..., rows, inner] times one matrix [inner, columns]. */
function rowsTimes(left: Tensor, right: Tensor): Tensor {
  const { shape } = left;
  const inner = shape.at(-1) ?? 1;
  const result = [...shape.slice(0, -1), right.shape[1] ?? 1];
  const outer = shape.slice(0, -1);
  const open = outer.indexOf("batch");
  const rows = outer.reduce<number>((product, size) => (size === "batch" ? product : product * size), 1);
  if (open < 0) return reshape(matmul(reshape(left, [rows, inner]), right), result);
  // An open batch size cannot be multiplied by the number of rows: a convolution of one pixel has an axis for each.
  const [first = 1] = shape;
  const kernel = reshape(transpose(right, [1, 0]), [...right.shape.toReversed(), 1, 1]);
  const channels = transpose(reshape(left, [first, rows, inner]), [0, 2, 1]);
  const product = conv2d(reshape(channels, [first, inner, rows, 1]), kernel);
  return reshape(transpose(reshape(product, [first, right.shape[1] ?? 1, rows]), [0, 2, 1]), result);
}
