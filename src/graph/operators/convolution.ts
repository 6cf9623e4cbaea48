import { type Emitter, emitTranspose, int, ints, type OnnxAttribute, type Target } from "../emitter.ts";
import { type ConvolutionForm, chooseConvolution, chooseKernelGradient, chooseTransposed } from "../lowering/choose.ts";
import { type ConvolutionCase, type ConvolutionGeometry, convolutionCase } from "../lowering/convolution-case.ts";
import { defineOperator } from "../operator.ts";
import { formatShape, knownDimension, shapeError, type TensorType } from "../shape.ts";
import type { Computed, Tensor } from "../tensor.ts";
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
  onnx: ({ emitter, inputs: [x, kernel], types: [xType, kernelType], attributes, output }) => {
    const sizes = convolutionCase(attributes, xType, kernelType, output);
    return (
      lowered(emitter, x, kernel, sizes, chooseConvolution) ??
      emitter.node("Conv", [x, kernel], { attributes: onnxAttributes(attributes) })
    );
  },
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
  onnx: ({
    emitter,
    inputs: [y, kernel],
    types: [yType, kernelType],
    attributes: { outputSize, ...geometry },
    output,
  }) => {
    const sizes = convolutionCase(geometry, output, kernelType, yType);
    const form = lowered(emitter, y, kernel, sizes, chooseTransposed);
    if (form !== undefined) return form;
    const { strides, padding, dilations } = geometry;
    const slack = [0, 1].map((axis) => {
      const reach = (dilations[axis] ?? 1) * (Number(kernelType.shape[axis + 2]) - 1) + 1;
      const covered = (Number(yType.shape[axis + 2]) - 1) * (strides[axis] ?? 1) + reach;
      return (outputSize[axis] ?? 0) - covered + (padding[axis] ?? 0) + (padding[axis + 2] ?? 0);
    });
    return emitter.node("ConvTranspose", [y, kernel], {
      attributes: { ...onnxAttributes(geometry), output_padding: ints(slack) },
    });
  },
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
  onnx: ({ emitter, inputs: [x, y], types: [xType, yType], attributes, output }) => {
    const sizes = convolutionCase(attributes, xType, output, yType);
    const form = lowered(emitter, x, y, sizes, chooseKernelGradient);
    if (form !== undefined) return form;
    const { groups } = attributes;
    const parts = Array.from({ length: groups }, (_, group) =>
      swappedConvolution(
        emitter,
        channelGroup(emitter, x, xType, group, groups),
        channelGroup(emitter, y, yType, group, groups),
        attributes,
      ),
    );
    return groups === 1 ? (parts[0] ?? "") : emitter.node("Concat", parts, { attributes: { axis: int(0) } });
  },
});

/** The kernel gradient as a convolution whose batch and channels, and whose stride and dilation, change places. */
function swappedConvolution(emitter: Emitter, x: string, y: string, geometry: KernelGeometry): string {
  const swapped = (name: string) => emitTranspose(emitter, name, [1, 0, 2, 3]);
  const { strides, padding, dilations, kernelSize } = geometry;
  const product = emitter.node("Conv", [swapped(x), swapped(y)], {
    attributes: onnxAttributes({ strides: dilations, dilations: strides, padding, groups: 1 }),
  });
  // Rows and columns that the strided convolution never reached give extra kernel elements: they are cut off.
  const bounds = [[0, 0], kernelSize, [2, 3]].map((values) => emitter.integers(values));
  return swapped(emitter.node("Slice", [product, ...bounds]));
}

/** The faster form that the target has for this case, if any. */
function lowered(
  emitter: Emitter,
  left: string,
  right: string,
  sizes: ConvolutionCase | undefined,
  choose: (target: Target, sizes: ConvolutionCase) => ConvolutionForm | undefined,
): string | undefined {
  return sizes === undefined ? undefined : choose(emitter.target, sizes)?.(emitter, left, right, sizes);
}

function channelGroup(emitter: Emitter, name: string, { shape }: TensorType, group: number, groups: number): string {
  if (groups === 1) return name;
  const size = Number(shape[1]) / groups;
  const bounds = [[group * size], [(group + 1) * size], [1]].map((values) => emitter.integers(values));
  return emitter.node("Slice", [name, ...bounds]);
}

function onnxAttributes({ strides, padding, dilations, groups }: ConvolutionGeometry): Record<string, OnnxAttribute> {
  return { strides: ints(strides), pads: ints(padding), dilations: ints(dilations), group: int(groups) };
}

function batchOf({ shape }: TensorType) {
  return shape[0] ?? 1;
}

function sizeOf({ shape }: TensorType): readonly [number, number] {
  return [knownDimension("conv2d", shape, 2), knownDimension("conv2d", shape, 3)];
}
