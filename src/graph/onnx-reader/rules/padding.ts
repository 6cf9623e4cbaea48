import { add, edgePad2d, expand, pad, reflectPad2d } from "../../operators/index.ts";
import type { Shape } from "../../shape.ts";
import { constant, scalar, type Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { computeNow } from "../values.ts";
import { block, picked, sizeAt } from "./blocks.ts";
import { shapeOf } from "./reshaping.ts";

/** Padding with a number or with the tensor's own elements. */
export const paddings: Rules = {
  Pad: {
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const { before, after } = padding(node, shape);
      return node.move((x) => padded(node, x, before, after));
    },
  },
};

interface Padding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

function padding(node: NodeContext, shape: Shape): Padding {
  const counts = node.listOrInput("pads", 1) ?? node.list("paddings") ?? [];
  const axes = node.has(3) ? node.numbers(3).map((axis) => node.axis(axis, shape)) : shape.map((_, axis) => axis);
  const at = (axis: number, from: number) => (axes.includes(axis) ? (counts[axes.indexOf(axis) + from] ?? 0) : 0);
  return {
    before: shape.map((_, axis) => at(axis, 0)),
    after: shape.map((_, axis) => at(axis, axes.length)),
  };
}

/** Pads, or cuts where a count is negative. */
function padded(node: NodeContext, x: Tensor, before: readonly number[], after: readonly number[]): Tensor {
  const inner = x.shape.reduce<Tensor>((rest, _, axis) => {
    const front = Math.max(0, -(before[axis] ?? 0));
    const back = Math.max(0, -(after[axis] ?? 0));
    return front + back === 0 ? rest : block(rest, axis, front, sizeAt(node, rest.shape, axis) - front - back);
  }, x);
  const front = before.map((count) => Math.max(0, count));
  const back = after.map((count) => Math.max(0, count));
  const mode = node.text("mode", "constant");
  if (mode !== "constant") return borderedPicture(inner, mode, front, back) ?? bordered(node, inner, mode, front, back);
  const value = node.has(2) ? node.number(2, 0) : node.float("value", 0);
  const plain = pad(inner, front, back);
  if (value === 0) return plain;
  if (node.value(0).kind === "known") return node.refuse("sizes padded with another number than 0");
  return add(plain, frame(inner.shape, front, back, value));
}

/** `value` where padding goes and 0 inside, whatever the value: it may be infinite. Axes without padding have size 1. */
function frame(shape: Shape, front: readonly number[], back: readonly number[], value: number): Tensor {
  const sizes = shape.map((size, axis) => ((front[axis] ?? 0) + (back[axis] ?? 0) === 0 ? 1 : Number(size)));
  const inside = computeNow("float", pad(expand(scalar(1), sizes), front, back));
  const values = Float64Array.from(inside.values, (one) => (one === 1 ? 0 : value));
  return constant(values, inside.shape);
}

/** Pictures [batch, channels, height, width] padded with their own pixels, by the operators made for it. */
function borderedPicture(
  x: Tensor,
  mode: string,
  front: readonly number[],
  back: readonly number[],
): Tensor | undefined {
  const [batch = 0, channels = 0, top = 0, left = 0] = front;
  const [batchAfter = 0, channelsAfter = 0, bottom = 0, right = 0] = back;
  if (x.shape.length !== 4 || batch + channels + batchAfter + channelsAfter > 0) return undefined;
  const [height, width] = [Number(x.shape[2]), Number(x.shape[3])];
  if (mode === "edge") return edgePad2d(x, [top, left, bottom, right]);
  const isThin = Math.max(top, bottom) < height && Math.max(left, right) < width;
  return mode === "reflect" && isThin ? reflectPad2d(x, [top, left, bottom, right]) : undefined;
}

/** Any axes padded with their own elements. */
function bordered(
  node: NodeContext,
  x: Tensor,
  mode: string,
  front: readonly number[],
  back: readonly number[],
): Tensor {
  return x.shape.reduce<Tensor>((rest, _, axis) => {
    const [first = 0, last = 0] = [front[axis], back[axis]];
    if (first + last === 0) return rest;
    return picked(rest, axis, borrowed(node, mode, sizeAt(node, rest.shape, axis), first, last));
  }, x);
}

/** Positions of the elements that stand along an axis when it is padded with its own elements. */
function borrowed(node: NodeContext, mode: string, size: number, front: number, back: number): readonly number[] {
  const positions = Array.from({ length: front + size + back }, (_, index) => index - front);
  switch (mode) {
    case "edge":
      return positions.map((position) => Math.min(Math.max(position, 0), size - 1));
    case "wrap":
      return positions.map((position) => ((position % size) + size) % size);
    case "reflect": {
      const period = Math.max(1, 2 * (size - 1));
      return positions
        .map((position) => ((position % period) + period) % period)
        .map((position) => Math.min(position, period - position));
    }
    default:
      return node.refuse(`padding of mode ${mode}`);
  }
}
