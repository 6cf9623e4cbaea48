import { emitConvolution } from "../lowering/choose.ts";
import type { ConvolutionCase, ConvolutionGeometry } from "../lowering/convolution-case.ts";
import { defineOperator } from "../operator.ts";
import { formatShape, knownDimension, shapeError, type TensorType } from "../shape.ts";
import { type Computed, input, type Tensor } from "../tensor.ts";
import { contract } from "./contraction.ts";
import { assertChannels, assertGroups, responseSize } from "./convolution-checks.ts";

/** How a kernel moves over an image. */
export interface ConvolutionOptions {
  /** Pixels between neighbouring applications, [vertical, horizontal]. Default: [1, 1]. */
  readonly strides?: readonly [number, number];
  /** Zero pixels added at [top, left, bottom, right]. Default: none. */
  readonly padding?: readonly [number, number, number, number];
  /** Pixels between neighbouring kernel elements, [vertical, horizontal]. Default: [1, 1]. */
  readonly dilations?: readonly [number, number];
  /** Number of channel groups that are convolved apart. Default: 1. */
  readonly groups?: number;
}

function geometryOf(options: ConvolutionOptions): ConvolutionGeometry {
  const { strides = [1, 1], padding = [0, 0, 0, 0], dilations = [1, 1], groups = 1 } = options;
  return { strides, padding, dilations, groups };
}

// The three operators below are the three ways to contract the same triple (image x, kernel w, response y), so each one's
// gradients are the other two, and gradients of any order stay among them.

/**
 * Cross-correlation of images [batch, channels, height, width] with kernels [filters, channels / groups, rows, columns],
 * giving [batch, filters, height', width'].
 */
export function conv2d(x: Tensor, kernel: Tensor, options: ConvolutionOptions = {}): Computed {
  return conv2dOf([x, kernel], geometryOf(options));
}

/**
 * The adjoint of {@link conv2d} in its images: responses [batch, filters, height', width'] and kernels
 * [filters, channels / groups, rows, columns] give images [batch, channels, height, width] of size `outputSize`.
 */
export function convTranspose2d(
  y: Tensor,
  kernel: Tensor,
  options: ConvolutionOptions & { readonly outputSize: readonly [number, number] },
): Computed {
  return convTranspose2dOf([y, kernel], { ...geometryOf(options), outputSize: options.outputSize });
}

/**
 * The adjoint of {@link conv2d} in its kernels: images [batch, channels, height, width] and responses
 * [batch, filters, height', width'] give kernels [filters, channels / groups, rows, columns] of size `kernelSize`.
 */
export function conv2dKernelGradient(
  x: Tensor,
  y: Tensor,
  options: ConvolutionOptions & { readonly kernelSize: readonly [number, number] },
): Computed {
  return kernelGradientOf([x, y], { ...geometryOf(options), kernelSize: options.kernelSize });
}

/** A convolution of these sizes alone, from two of the inputs `x`, `w` and `y`: what timings run. */
export function convolutionOfCase(sizes: ConvolutionCase): Computed {
  const { result, geometry, batch, channels, height, width, filters, rows, columns, outRows, outColumns } = sizes;
  const x = input("x", [batch, channels, height, width]);
  const w = input("w", [filters, channels / geometry.groups, rows, columns]);
  const y = input("y", [batch, filters, outRows, outColumns]);
  switch (result) {
    case "response":
      return conv2d(x, w, geometry);
    case "image":
      return convTranspose2d(y, w, { ...geometry, outputSize: [height, width] });
    case "kernel":
      return conv2dKernelGradient(x, y, { ...geometry, kernelSize: [rows, columns] });
  }
}

const conv2dOf = defineOperator<ConvolutionGeometry, 2>({
  name: "conv2d",
  arity: 2,
  type: ([x, kernel], geometry, where) => {
    const channels = knownDimension(where, kernel.shape, 1) * geometry.groups;
    assertGroups(where, geometry, knownDimension(where, kernel.shape, 0));
    assertChannels(where, "input", x, channels, kernel);
    const size = responseSize(x.shape.slice(2), kernel.shape.slice(2), geometry, where);
    return { shape: [batchOf(x), knownDimension(where, kernel.shape, 0), ...size], dtype: "float32" };
  },
  gradient: ({ inputs: [x, kernel], attributes, upstream }) => [
    convTranspose2d(upstream, kernel, { ...attributes, outputSize: sizeOf(x) }),
    conv2dKernelGradient(x, upstream, { ...attributes, kernelSize: sizeOf(kernel) }),
  ],
  reference: ([x, kernel], attributes, shape) =>
    contract({ x: x.shape, w: kernel.shape, y: shape }, attributes, shape, (result, ix, iw, iy) => {
      result[iy] = (result[iy] ?? 0) + (x.data[ix] ?? 0) * (kernel.data[iw] ?? 0);
    }),
  onnx: ({ emitter, inputs: [x, kernel], types: [{ shape }, { shape: w }], attributes, output }) =>
    emitConvolution(emitter, [x, kernel], "response", attributes, { x: shape, w, y: output.shape }),
});

type TransposeGeometry = ConvolutionGeometry & { readonly outputSize: readonly [number, number] };

const convTranspose2dOf = defineOperator<TransposeGeometry, 2>({
  name: "convTranspose2d",
  arity: 2,
  type: ([y, kernel], { outputSize, ...geometry }, where) => {
    assertChannels(where, "input", y, knownDimension(where, kernel.shape, 0), kernel);
    assertGroups(where, geometry, knownDimension(where, kernel.shape, 0));
    const size = responseSize(outputSize, kernel.shape.slice(2), geometry, where);
    if (size.some((pixels, axis) => pixels !== y.shape[axis + 2])) {
      throw shapeError(
        where,
        `an input of ${formatShape(size)} pixels for an output of ${formatShape(outputSize)}`,
        formatShape(y.shape),
      );
    }
    return {
      shape: [batchOf(y), knownDimension(where, kernel.shape, 1) * geometry.groups, ...outputSize],
      dtype: "float32",
    };
  },
  gradient: ({ inputs: [y, kernel], attributes, upstream }) => [
    conv2d(upstream, kernel, attributes),
    conv2dKernelGradient(upstream, y, { ...attributes, kernelSize: sizeOf(kernel) }),
  ],
  reference: ([y, kernel], attributes, shape) =>
    contract({ x: shape, w: kernel.shape, y: y.shape }, attributes, shape, (result, ix, iw, iy) => {
      result[ix] = (result[ix] ?? 0) + (y.data[iy] ?? 0) * (kernel.data[iw] ?? 0);
    }),
  onnx: ({ emitter, inputs: [y, kernel], types: [{ shape }, { shape: w }], attributes, output }) =>
    emitConvolution(emitter, [y, kernel], "image", attributes, { x: output.shape, w, y: shape }),
});

type KernelGeometry = ConvolutionGeometry & { readonly kernelSize: readonly [number, number] };

const kernelGradientOf = defineOperator<KernelGeometry, 2>({
  name: "conv2dKernelGradient",
  arity: 2,
  type: ([x, y], { kernelSize, ...geometry }, where) => {
    const size = responseSize(x.shape.slice(2), kernelSize, geometry, where);
    const expected = [batchOf(x), knownDimension(where, y.shape, 1), ...size];
    if (expected.some((dimension, axis) => dimension !== y.shape[axis])) {
      throw shapeError(where, `responses ${formatShape(expected)}`, formatShape(y.shape));
    }
    const channels = knownDimension(where, x.shape, 1) / geometry.groups;
    if (x.shape.length !== 4 || y.shape.length !== 4) {
      throw shapeError(
        where,
        "two of [batch, channels, height, width]",
        `${formatShape(x.shape)}, ${formatShape(y.shape)}`,
      );
    }
    assertGroups(where, geometry, knownDimension(where, x.shape, 1), knownDimension(where, y.shape, 1));
    return { shape: [knownDimension(where, y.shape, 1), channels, ...kernelSize], dtype: "float32" };
  },
  gradient: ({ inputs: [x, y], attributes, upstream }) => [
    convTranspose2d(y, upstream, { ...attributes, outputSize: sizeOf(x) }),
    conv2d(x, upstream, attributes),
  ],
  reference: ([x, y], attributes, shape) =>
    contract({ x: x.shape, w: shape, y: y.shape }, attributes, shape, (result, ix, iw, iy) => {
      result[iw] = (result[iw] ?? 0) + (x.data[ix] ?? 0) * (y.data[iy] ?? 0);
    }),
  onnx: ({ emitter, inputs: [x, y], types: [{ shape }, { shape: responses }], attributes, output }) =>
    emitConvolution(emitter, [x, y], "kernel", attributes, { x: shape, w: output.shape, y: responses }),
});

function batchOf({ shape }: TensorType) {
  return shape[0] ?? 1;
}

function sizeOf({ shape }: TensorType): readonly [number, number] {
  return [knownDimension("conv2d", shape, 2), knownDimension("conv2d", shape, 3)];
}
