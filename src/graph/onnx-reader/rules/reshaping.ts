import { reshape, transpose } from "../../operators/index.ts";
import { type Dimension, elementCount, formatShape, knownElementCount, type Shape } from "../../shape.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { known, type Value } from "../values.ts";

/** Operators that keep the elements and change the shape or the order of axes. */
export const reshaping: Rules = {
  Identity: { moves: true, apply: (node) => node.value(0) },
  /** Does nothing in a network that is no longer trained. */
  Dropout: { moves: true, apply: (node) => node.value(0) },
  Reshape: {
    moves: true,
    apply: (node) => {
      const target = node.list("shape") ?? node.known(1).values;
      return reshaped(node, reshapeTarget(node, shapeOf(node.value(0)), target));
    },
  },
  Flatten: {
    moves: true,
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const axis = node.int("axis", 1);
      const split = axis < 0 ? axis + shape.length : axis;
      return reshaped(node, [product(node, shape.slice(0, split)), product(node, shape.slice(split))]);
    },
  },
  Squeeze: {
    moves: true,
    apply: (node) => {
      const shape = shapeOf(node.value(0));
      const axes = node.listOrInput("axes", 1)?.map((axis) => node.axis(axis, shape));
      return reshaped(
        node,
        shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis))),
      );
    },
  },
  Unsqueeze: {
    moves: true,
    apply: (node) => {
      const rest = [...shapeOf(node.value(0))];
      const axes = node.listOrInput("axes", 1) ?? [];
      const rank = rest.length + axes.length;
      const added = new Set(axes.map((axis) => (axis < 0 ? axis + rank : axis)));
      return reshaped(
        node,
        Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (rest.shift() ?? 1))),
      );
    },
  },
  Transpose: {
    moves: true,
    apply: (node) => {
      const axes = shapeOf(node.value(0)).map((_, axis) => axis);
      const order = node.list("perm") ?? axes.toReversed();
      return node.move((x) => transpose(x, order));
    },
  },
  DepthToSpace: {
    apply: (node) => {
      const x = node.tensor(0);
      const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
      const block = node.int("blocksize", 1);
      const depth = Number(channels) / block ** 2;
      const tall = Number(height) * block;
      const wide = Number(width) * block;
      const [split, order] =
        node.text("mode", "DCR") === "DCR"
          ? [
              [batch, block, block, depth, height, width],
              [0, 3, 4, 1, 5, 2],
            ]
          : [
              [batch, depth, block, block, height, width],
              [0, 1, 4, 2, 5, 3],
            ];
      return reshape(transpose(reshape(x, split), order), [batch, depth, tall, wide]);
    },
  },
  SpaceToDepth: {
    apply: (node) => {
      const x = node.tensor(0);
      const [batch = 1, channels = 1, height = 1, width = 1] = x.shape;
      const block = node.int("blocksize", 1);
      const low = Number(height) / block;
      const narrow = Number(width) / block;
      const apart = transpose(reshape(x, [batch, channels, low, block, narrow, block]), [0, 3, 5, 1, 2, 4]);
      return reshape(apart, [batch, Number(channels) * block ** 2, low, narrow]);
    },
  },
};

export function shapeOf(value: Value): Shape {
  return value.shape;
}

function reshaped(node: NodeContext, shape: Shape): Value {
  const value = node.value(0);
  if (value.kind !== "known") return reshape(value, shape);
  const sizes = shape.map(Number);
  if (elementCount(sizes) === value.values.length) return known(value.dtype, sizes, value.values);
  return node.fail(`a shape of ${value.values.length} elements`, formatShape(shape), "the file is damaged");
}

/** The sizes that Reshape asks for, with 0 (copy) and -1 (what is left) filled in. */
function reshapeTarget(node: NodeContext, from: Shape, target: readonly Dimension[]): Shape {
  const copied = target.map((size, axis) => (size === 0 && node.int("allowzero", 0) === 0 ? (from[axis] ?? 0) : size));
  const open = copied.indexOf(-1);
  if (open < 0) return withBatch(node, from, copied);
  const others = copied.filter((_, axis) => axis !== open);
  const left = knownElementCount(from) / knownElementCount(others);
  const keepsBatch = from.includes("batch") === others.includes("batch");
  if (!keepsBatch && left !== 1) return mixesBatch(node, from, target);
  return copied.map((size, axis) => (axis === open ? (keepsBatch ? left : "batch") : size));
}

function withBatch(node: NodeContext, from: Shape, target: Shape): Shape {
  return from.includes("batch") === target.includes("batch") ? target : mixesBatch(node, from, target);
}

function mixesBatch(node: NodeContext, from: Shape, target: readonly Dimension[]): never {
  const expected = "a shape that keeps the batch apart from the other axes";
  return node.failOpenBatch(expected, `${formatShape(from)} as ${formatShape(target)}`);
}

/** The number of elements as one size; an open batch size can only be multiplied by 1. */
function product(node: NodeContext, sizes: Shape): Dimension {
  if (!sizes.includes("batch")) return elementCount(sizes.map(Number));
  return knownElementCount(sizes) === 1 ? "batch" : mixesBatch(node, sizes, [-1]);
}
