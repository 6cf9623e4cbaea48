import {
  add,
  conv2d,
  convTranspose2d,
  formatShape,
  reshape,
  type Shape,
  shapeError,
  type Tensor,
} from "../../graph/index.ts";
import { filled, heNormal, type Initializer } from "../initializers.ts";
import type { Scope } from "../network.ts";
import type { WeightTransform } from "./weight-transforms.ts";

export interface ConvolutionLayerOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** Side of the square kernel, in pixels. */
  readonly kernel: number;
  /** Pixels between neighbouring applications (of a transposed convolution: between outputs of neighbours). Default: 1. */
  readonly stride?: number;
  /** Zero pixels added at each side. Default: 0. */
  readonly padding?: number;
  /** Pixels between neighbouring kernel elements. Default: 1. */
  readonly dilation?: number;
  /** Number of channel groups that are convolved apart; it divides channels and filters. Default: 1. */
  readonly groups?: number;
  /** Add a trained constant to each channel. Default: true. */
  readonly bias?: boolean;
  /** Default: {@link heNormal} of the inputs that each output sums. */
  readonly initializer?: Initializer;
  /** Makes the weight that is used from the trained one, such as spectral normalisation. Default: none. */
  readonly weightTransform?: WeightTransform | undefined;
}

export interface TransposedConvolutionOptions extends ConvolutionLayerOptions {
  /** Pixels added at the bottom and right of the output, below `stride`. Default: 0. */
  readonly outputPadding?: number;
}

/**
 * [batch, channels, height, width] -> [batch, filters, …], cross-correlation with zero padding.
 * Variables: weight [filters, channels / groups, kernel, kernel], bias [filters].
 * @throws AtelierError when x is not of that form or the groups do not divide channels and filters.
 */
export function convolution(scope: Scope, x: Tensor, options: ConvolutionLayerOptions): Tensor {
  const { filters, kernel, groups = 1, bias = true, weightTransform = untransformed } = options;
  const { channels } = imageSize(scope, x.shape);
  assertGroups(scope, groups, channels, filters);
  const initializer = options.initializer ?? heNormal((channels / groups) * kernel * kernel);
  const weight = scope.parameter("weight", [filters, channels / groups, kernel, kernel], initializer);
  const y = conv2d(x, weightTransform(scope, weight, 0), geometryOf(options));
  return bias ? withBias(scope, y, filters) : y;
}

/**
 * The transposed convolution, adjoint of {@link convolution}: height becomes
 * (height - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + outputPadding.
 * Variables: weight [channels, filters / groups, kernel, kernel], bias [filters].
 * @throws AtelierError as {@link convolution}, and when `outputPadding` is not below `stride`.
 */
export function transposedConvolution(scope: Scope, x: Tensor, options: TransposedConvolutionOptions): Tensor {
  const { filters, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, outputPadding = 0 } = options;
  const { bias = true, weightTransform = untransformed } = options;
  const { channels, height, width } = imageSize(scope, x.shape);
  assertGroups(scope, groups, channels, filters);
  if (outputPadding < 0 || outputPadding >= stride)
    throw shapeError(scope.path, `an output padding from 0 to below the stride ${stride}`, `${outputPadding}`);
  const initializer = options.initializer ?? heNormal(((channels / groups) * kernel * kernel) / (stride * stride));
  const weight = scope.parameter("weight", [channels, filters / groups, kernel, kernel], initializer);
  const grown = (size: number) => (size - 1) * stride - 2 * padding + dilation * (kernel - 1) + 1 + outputPadding;
  const y = convTranspose2d(x, weightTransform(scope, weight, 1), {
    ...geometryOf(options),
    outputSize: [grown(height), grown(width)],
  });
  return bias ? withBias(scope, y, filters) : y;
}

const untransformed: WeightTransform = (_scope, weight) => weight;

function geometryOf({ stride = 1, padding = 0, dilation = 1, groups = 1 }: ConvolutionLayerOptions) {
  return {
    strides: [stride, stride],
    padding: [padding, padding, padding, padding],
    dilations: [dilation, dilation],
    groups,
  } as const;
}

function withBias(scope: Scope, y: Tensor, filters: number): Tensor {
  return add(y, reshape(scope.parameter("bias", [filters], filled(0)), [filters, 1, 1]));
}

function assertGroups(scope: Scope, groups: number, channels: number, filters: number): void {
  if (channels % groups === 0 && filters % groups === 0) return;
  throw shapeError(scope.path, `groups that divide ${channels} channels and ${filters} filters`, `${groups}`);
}

function imageSize(scope: Scope, shape: Shape): { channels: number; height: number; width: number } {
  const [, channels, height, width] = shape;
  if (shape.length === 4 && typeof channels === "number" && typeof height === "number" && typeof width === "number") {
    return { channels, height, width };
  }
  throw shapeError(scope.path, "[batch, channels, height, width]", formatShape(shape));
}
