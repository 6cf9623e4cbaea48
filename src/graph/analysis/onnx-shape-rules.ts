import type { NodeProto } from "onnx-buf";
import { elementCount } from "../shape.ts";

/** What a shape rule sees of a node. */
export interface NodeContext {
  readonly node: NodeProto;
  readonly inputs: readonly (readonly number[])[];
  /** The numbers of a constant int64 input. */
  readonly integers: (input: number) => readonly number[];
}

export type Rule = (context: NodeContext, output: number) => readonly number[];

const first: Rule = ({ inputs: [x = []] }) => x;

const broadcast: Rule = ({ inputs }) => {
  const rank = Math.max(...inputs.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, axis) =>
    Math.max(...inputs.map((shape) => shape[axis - rank + shape.length] ?? 1)),
  );
};

/** [..., rows, inner] and [..., inner, columns], each perhaps transposed. */
const product: Rule = ({ node, inputs: [left = [], right = []] }) => {
  const rows = left.at(integer(node, "transA", 0) === 1 ? -1 : -2) ?? 1;
  const columns = right.at(integer(node, "transB", 0) === 1 ? -2 : -1) ?? 1;
  const leading = left.length >= right.length ? left : right;
  return [...leading.slice(0, -2), rows, columns];
};

/** What a window that moves over the pixels of x [batch, channels, …] gives. */
function windowed(node: NodeProto, x: readonly number[], window: readonly number[], channels: number): number[] {
  const [strides, pads, dilations] = geometry(node);
  const sizes = x.slice(2).map((size, axis) => {
    const padded = size + (pads[axis] ?? 0) + (pads[axis + x.length - 2] ?? 0);
    const reach = (dilations[axis] ?? 1) * ((window[axis] ?? 1) - 1) + 1;
    return Math.floor((padded - reach) / (strides[axis] ?? 1)) + 1;
  });
  return [x[0] ?? 1, channels, ...sizes];
}

const transposedConvolution: Rule = ({ node, inputs: [y = [], kernel = []] }) => {
  const [strides, pads, dilations] = geometry(node);
  const extra = integerList(node, "output_padding");
  const sizes = y.slice(2).map((size, axis) => {
    const reach = (dilations[axis] ?? 1) * ((kernel[axis + 2] ?? 1) - 1) + 1;
    const cut = (pads[axis] ?? 0) + (pads[axis + y.length - 2] ?? 0);
    return (size - 1) * (strides[axis] ?? 1) + reach + (extra[axis] ?? 0) - cut;
  });
  return [y[0] ?? 1, (kernel[1] ?? 1) * integer(node, "group", 1), ...sizes];
};

function geometry(
  node: NodeProto,
): readonly [strides: readonly number[], pads: readonly number[], dilations: readonly number[]] {
  return [integerList(node, "strides"), integerList(node, "pads"), integerList(node, "dilations")];
}

const reduction: Rule = ({ node, inputs: [x = []], integers }) => {
  const axes = integers(1).map((axis) => (axis < 0 ? axis + x.length : axis));
  const reduced = (axis: number) => axes.length === 0 || axes.includes(axis);
  return integer(node, "keepdims", 1) === 1
    ? x.map((size, axis) => (reduced(axis) ? 1 : size))
    : x.filter((_, axis) => !reduced(axis));
};

const elementWise = `
  Identity Cast Neg Abs Sign Reciprocal Floor Ceil Exp Log Sqrt Sin Cos Tanh Sigmoid HardSigmoid Erf Relu LeakyRelu PRelu
  Elu Gelu Softplus Clip Not BatchNormalization InstanceNormalization Softmax LogSoftmax Dropout ScatterElements
  ReorderInput ReorderOutput`;

const broadcasting = `
  Add Sub Mul Div Pow Min Max Sum Mean Where Equal Greater GreaterOrEqual Less LessOrEqual And Or`;

const named = (list: string, rule: Rule) =>
  Object.fromEntries(
    list
      .trim()
      .split(/\s+/)
      .map((type) => [type, rule]),
  );

/** Operators that our ONNX forms put between the results of our own operators, and the most common others. */
export const shapeRules: Readonly<Record<string, Rule>> = {
  ...named(elementWise, first),
  ...named(broadcasting, broadcast),
  MatMul: product,
  FusedMatMul: product,
  Conv: ({ node, inputs: [x = [], kernel = []] }) => windowed(node, x, kernel.slice(2), kernel[0] ?? 1),
  ConvTranspose: transposedConvolution,
  MaxPool: ({ node, inputs: [x = []] }) => windowed(node, x, integerList(node, "kernel_shape"), x[1] ?? 1),
  AveragePool: ({ node, inputs: [x = []] }) => windowed(node, x, integerList(node, "kernel_shape"), x[1] ?? 1),
  GlobalAveragePool: ({ inputs: [x = []] }) => x.map((size, axis) => (axis < 2 ? size : 1)),
  GatherElements: ({ inputs: [, indices = []] }) => indices,
  ReduceSum: reduction,
  ReduceMean: reduction,
  ReduceMax: reduction,
  Reshape: ({ inputs: [x = []], integers }) => {
    const target = integers(1).map((size, axis) => (size === 0 ? (x[axis] ?? 1) : size));
    const rest = elementCount(x) / elementCount(target.filter((size) => size !== -1));
    return target.map((size) => (size === -1 ? rest : size));
  },
  Transpose: ({ node, inputs: [x = []] }) => {
    const order = integerList(node, "perm");
    return order.length === 0 ? x.toReversed() : order.map((axis) => x[axis] ?? 1);
  },
  Expand: ({ node, inputs: [x = []], integers }) => broadcast({ node, inputs: [x, integers(1)], integers }, 0),
  Gather: ({ node, inputs: [x = [], indices = []] }) => {
    const axis = (integer(node, "axis", 0) + x.length) % Math.max(1, x.length);
    return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
  },
  Concat: ({ node, inputs }) => {
    const [x = []] = inputs;
    const axis = (integer(node, "axis", 0) + x.length) % Math.max(1, x.length);
    const total = inputs.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0);
    return x.map((size, own) => (own === axis ? total : size));
  },
  Slice: ({ inputs: [x = []], integers }) => {
    const [starts, ends, axes, steps] = [1, 2, 3, 4].map(integers);
    return x.map((size, axis) => {
      const place =
        axes === undefined || axes.length === 0 ? axis : axes.map((own) => (own + x.length) % x.length).indexOf(axis);
      const start = starts?.[place];
      const end = ends?.[place];
      if (start === undefined || end === undefined) return size;
      const step = steps?.[place] ?? 1;
      // Backwards, the end before the first element is -1 - size.
      const [least, most] = step < 0 ? [-1, size - 1] : [0, size];
      const inside = (bound: number) => Math.min(most, Math.max(least, bound < 0 ? bound + size : bound));
      return Math.max(0, Math.ceil((inside(end) - inside(start)) / step));
    });
  },
  Pad: ({ inputs: [x = []], integers }) => {
    const counts = integers(1);
    return x.map((size, axis) => size + (counts[axis] ?? 0) + (counts[axis + x.length] ?? 0));
  },
  Col2Im: ({ inputs: [windows = []], integers }) => {
    const channels = (windows[1] ?? 1) / elementCount(integers(2));
    return [windows[0] ?? 1, channels, ...integers(1)];
  },
};

/** An attribute that is a whole number. */
export function integer(node: NodeProto, name: string, fallback: number): number {
  return Number(node.attribute.find((attribute) => attribute.name === name)?.i ?? fallback);
}

function integerList(node: NodeProto, name: string): readonly number[] {
  return (node.attribute.find((attribute) => attribute.name === name)?.ints ?? []).map(Number);
}
