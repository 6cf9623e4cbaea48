import { concat, flip, slice } from "../../operators/index.ts";
import { broadcastShapes, type Dimension, formatShape, type Shape } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { asKnown, moveKnown } from "../values.ts";
import { broadcastTo } from "./broadcasting.ts";
import { shapeOf } from "./reshaping.ts";

/** Operators that join, cut and repeat. */
export const blocks: Rules = {
  Concat: {
    learned: [0, 1],
    apply: (node) => {
      const values = node.values();
      const axis = node.axis(node.int("axis", 1), shapeOf(node.value(0)));
      const allKnown = values.map(asKnown).filter((value) => value !== undefined);
      if (node.isKnown() && allKnown.length === values.length) {
        return moveKnown(allKnown, (tensors) => concat(tensors, axis));
      }
      return concat(
        values.map((value) => node.asTensor(value)),
        axis,
      );
    },
  },
  Split: {
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const axis = node.axis(node.int("axis", 0), shape);
      const size = sizeAt(node, shape, axis);
      const parts = node.int("num_outputs", node.outputs);
      const sizes = node.listOrInput("split", 1) ?? evenly(size, parts);
      let start = 0;
      return sizes.map((kept) => {
        const first = start;
        start += kept;
        return node.move((x) => block(x, axis, first, kept));
      });
    },
  },
  Slice: {
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const starts = node.listOrInput("starts", 1) ?? [];
      const ends = node.has(2) ? node.known(2).values : (node.list("ends") ?? []);
      const axes = node.listOrInput("axes", 3) ?? starts.map((_, axis) => axis);
      const steps = node.listOrInput("steps", 4) ?? starts.map(() => 1);
      return node.move((x) =>
        axes.reduce((rest, named, index) => {
          const axis = node.axis(named, shape);
          const [start = 0, end = 0, step = 1] = [starts[index], ends[index], steps[index]];
          return cut(node, rest, axis, { start, end, step });
        }, x),
      );
    },
  },
  Expand: {
    moves: true,
    apply: (node) => {
      const target = node.known(1).values;
      return node.move((x) => broadcastTo(node, x, broadcastShapes("Expand", x.shape, target)));
    },
  },
  Tile: {
    moves: true,
    apply: (node) => {
      const repeats = node.numbers(1);
      return node.move((x) =>
        repeats.reduce(
          (rest, count, axis) =>
            count === 1
              ? rest
              : concat(
                  Array.from({ length: count }, () => rest),
                  axis,
                ),
          x,
        ),
      );
    },
  },
};

/** The size of an axis that is not the open batch. */
export function sizeAt(node: NodeContext, shape: Shape, axis: number): number {
  const size = shape[axis];
  if (typeof size === "number") return size;
  return node.failOpenBatch("an axis of known size", `the batch of ${formatShape(shape)}`);
}

/** Sizes of `parts` pieces, the last one smaller when they do not come out even. */
function evenly(size: number, parts: number): readonly number[] {
  const each = Math.ceil(size / parts);
  return Array.from({ length: parts }, (_, index) => Math.min(each, size - index * each));
}

/** `size` elements along one axis, from `start` on. */
export function block(x: Tensor, axis: number, start: number, size: number): Tensor {
  return slice(
    x,
    x.shape.map((_, other) => (other === axis ? start : 0)),
    x.shape.map((own, other) => (other === axis ? size : own)),
  );
}

interface Cut {
  readonly start: number;
  readonly end: Dimension;
  readonly step: number;
}

/** NumPy's start:end:step along one axis. */
function cut(node: NodeContext, x: Tensor, axis: number, { start, end, step }: Cut): Tensor {
  const size = x.shape[axis] ?? 1;
  if (size === "batch") {
    const whole = start === 0 && step === 1 && (end === "batch" || end >= 2 ** 31 - 1);
    return whole ? x : node.failOpenBatch("the whole batch", `a part of ${formatShape(x.shape)}`);
  }
  if (end === "batch") return node.failOpenBatch("a known end");
  const fromFront = (position: number, least: number, most: number) =>
    Math.min(Math.max(position < 0 ? position + size : position, least), most);
  const first = step > 0 ? fromFront(start, 0, size) : fromFront(start, 0, size - 1);
  const last = step > 0 ? fromFront(end, 0, size) : fromFront(end, -1, size - 1);
  const count = Math.max(0, Math.ceil((last - first) / step));
  if (step === 1) return block(x, axis, first, count);
  if (step === -1) return flip(block(x, axis, first - count + 1, count), [axis]);
  return picked(
    x,
    axis,
    Array.from({ length: count }, (_, index) => first + index * step),
  );
}

/** The elements at the given positions of one axis, neighbours in one block. */
export function picked(x: Tensor, axis: number, positions: readonly number[]): Tensor {
  const runs: { start: number; size: number }[] = [];
  for (const position of positions) {
    const run = runs.at(-1);
    if (run !== undefined && run.start + run.size === position) run.size += 1;
    else runs.push({ start: position, size: 1 });
  }
  if (runs.length === 0) return block(x, axis, 0, 0);
  return concat(
    runs.map(({ start, size }) => block(x, axis, start, size)),
    axis,
  );
}
