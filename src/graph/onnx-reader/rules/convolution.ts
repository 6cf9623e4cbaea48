import { add, conv2d, convTranspose2d, matmul, multiply, reshape } from "../../operators/index.ts";
import { type Constant, constant, type Tensor } from "../../tensor.ts";
import type { NodeContext } from "../node-context.ts";
import type { Rules } from "../rule.ts";
import { matrixProduct } from "./matrix-product.ts";
import { assertImages, reachOf, shared, type Window, windowOf } from "./windows.ts";

/** Layers with a kernel or a matrix of weights. A normalisation right behind them can be built into their weights. */
export const convolution: Rules = {
  Conv: {
    learned: [0, 1, 2],
    apply: (node) => {
      const [x, kernel] = [node.tensor(0), node.tensor(1)];
      assertImages(node, x.shape);
      const window = windowOf(node, x.shape, kernel.shape.slice(2).map(Number));
      const groups = node.int("group", 1);
      return layer(node, { filterAxis: 0, linear: (weight) => conv2d(x, weight, { ...window, groups }) });
    },
  },
  ConvTranspose: {
    learned: [0, 1, 2],
    apply: (node) => {
      const [x, kernel] = [node.tensor(0), node.tensor(1)];
      assertImages(node, x.shape);
      const groups = node.int("group", 1);
      const { padding, outputSize, ...window } = transposedWindow(node, x, kernel);
      return layer(node, {
        filterAxis: 1,
        groups,
        linear: (weight) => convTranspose2d(x, weight, { ...window, padding, outputSize, groups }),
      });
    },
  },
  Gemm: {
    learned: [1, 2],
    apply: (node) => {
      const alpha = node.float("alpha", 1);
      const beta = node.float("beta", 1);
      const transposeLeft = node.int("transA", 0) === 1;
      const transposeRight = node.int("transB", 0) === 1;
      const x = node.tensor(0);
      const scaled = alpha === 1 ? x : multiply(x, alpha);
      const product = (weight: Tensor) => matmul(scaled, weight, { transposeLeft, transposeRight });
      const bias = node.optionalTensor(2);
      const isVector = bias === undefined || bias.shape.length === 1;
      if (beta === 1 && isVector) {
        return layer(node, { filterAxis: transposeRight ? 0 : 1, linear: product });
      }
      const y = product(node.tensor(1));
      return bias === undefined ? y : add(y, beta === 1 ? bias : multiply(bias, beta));
    },
  },
  MatMul: {
    learned: [0, 1],
    apply: (node) => {
      const [left, right] = [node.tensor(0), node.tensor(1)];
      return left.shape.length === 2 && right.shape.length === 2
        ? layer(node, { filterAxis: 1, linear: (weight) => matmul(left, weight) })
        : matrixProduct(node, left, right);
    },
  },
};

interface LinearLayer {
  /** The axis of the weights that counts the outputs: all of them, or those of one of `groups`. */
  readonly filterAxis: 0 | 1;
  /** Default: 1. */
  readonly groups?: number;
  readonly linear: (weight: Tensor) => Tensor;
}

/** The linear map of the node's weights (input 1), and its bias (input 2). */
function layer(node: NodeContext, { filterAxis, groups = 1, linear }: LinearLayer): Tensor {
  const weight = node.tensor(1);
  const bias = node.optionalTensor(2);
  const result = withBias(linear(weight), bias);
  if (weight.kind !== "constant" || (bias !== undefined && bias.kind !== "constant")) return result;
  if (bias !== undefined && bias.values.length !== result.shape[1]) return result;
  node.offerRefit(result, (scale, shift, behind) => {
    const scaled = behind.derived("weight", () => scaledFilters(weight, scale, filterAxis, groups));
    const shifted = behind.derived("bias", () => {
      const values = scale.map((factor, filter) => (bias?.values[filter] ?? 0) * factor + (shift[filter] ?? 0));
      return constant(values, [values.length]);
    });
    return withBias(linear(scaled), shifted);
  });
  return result;
}

/** y + bias, one number a channel [batch, channels, …]. */
function withBias(y: Tensor, bias: Tensor | undefined): Tensor {
  if (bias === undefined) return y;
  return add(y, reshape(bias, [...bias.shape, ...y.shape.slice(2).map(() => 1)]));
}

/** Weights whose filters are multiplied by one factor each. Transposed kernels are [channels, filters / groups, …]. */
function scaledFilters(weight: Constant, scale: Float64Array, filterAxis: 0 | 1, groups: number): Constant {
  const shape = weight.shape.map(Number);
  const [first = 1, second = 1] = shape;
  const inner = weight.values.length / (first * second);
  const values = Float64Array.from(weight.values, (value, index) => {
    const row = Math.floor(index / (inner * second));
    const column = Math.floor(index / inner) % second;
    const group = Math.floor(row / (first / groups));
    return value * (scale[filterAxis === 0 ? row : group * second + column] ?? 0);
  });
  return constant(values, shape);
}

type TransposedWindow = Omit<Window, "kernel"> & { readonly outputSize: readonly [number, number] };

function transposedWindow(node: NodeContext, x: Tensor, kernel: Tensor): TransposedWindow {
  const window = windowOf(node, x.shape, kernel.shape.slice(2).map(Number));
  const { strides, dilations } = window;
  const mode = node.text("auto_pad", "NOTSET");
  const slack = node.list("output_padding") ?? [0, 0];
  const covered = [0, 1].map(
    (axis) => (Number(x.shape[axis + 2]) - 1) * (strides[axis] ?? 1) + reachOf(window, axis) + (slack[axis] ?? 0),
  );
  // Where the kernel is smaller than the stride, "SAME" has no padding and keeps what the kernel reaches, as onnxruntime.
  const same = strides.map((step, axis) => Math.min(step * Number(x.shape[axis + 2]), covered[axis] ?? 0));
  const wanted = node.list("output_shape") ?? (mode.startsWith("SAME") ? same : undefined);
  if (wanted === undefined) {
    const { padding } = window;
    const [height = 0, width = 0] = covered;
    return {
      strides,
      dilations,
      padding,
      outputSize: [height - padding[0] - padding[2], width - padding[1] - padding[3]],
    };
  }
  const [height = 0, width = 0] = wanted.slice(-2);
  const total = [height, width].map((size, axis) => Math.max(0, (covered[axis] ?? 0) - size));
  return { strides, dilations, padding: shared(total, mode === "SAME_UPPER"), outputSize: [height, width] };
}
