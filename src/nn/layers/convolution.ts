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

export interface ConvolutionLayerOptions {
  /** Number of output channels. */
  readonly filters: number;
  /** Side of the square kernel, in pixels. */
  readonly kernel: number;
  /** Pixels between neighbouring applications (of a transposed convolution: between outputs of neighbours). Default: 1. */
  readonly stride?: number;
  /** Zero pixels added at each side. Default: 0. */
  readonly padding?: number;
  /** Add a trained constant to each channel. Default: true. */
  readonly bias?: boolean;
  /** Default: {@link heNormal} of the inputs that each output sums. */
  readonly initializer?: Initializer;
}

/** [batch, channels, height, width] -> [batch, filters, …]. Variables: weight [filters, channels, kernel, kernel], bias [filters]. */
export function convolution(scope: Scope, x: Tensor, options: ConvolutionLayerOptions): Tensor {
  const { filters, kernel, stride = 1, padding = 0 } = options;
  const { channels } = imageSize(scope, x.shape);
  const initializer = options.initializer ?? heNormal(channels * kernel * kernel);
  const weight = scope.parameter("weight", [filters, channels, kernel, kernel], initializer);
  const y = conv2d(x, weight, { strides: [stride, stride], padding: [padding, padding, padding, padding] });
  return withBias(scope, y, filters, options.bias ?? true);
}

/**
 * The transposed convolution: height becomes (height - 1) * stride - 2 * padding + kernel.
 * Variables: weight [channels, filters, kernel, kernel], bias [filters].
 */
export function transposedConvolution(scope: Scope, x: Tensor, options: ConvolutionLayerOptions): Tensor {
  const { filters, kernel, stride = 1, padding = 0 } = options;
  const { channels, height, width } = imageSize(scope, x.shape);
  const initializer = options.initializer ?? heNormal((channels * kernel * kernel) / (stride * stride));
  const weight = scope.parameter("weight", [channels, filters, kernel, kernel], initializer);
  const grown = (size: number) => (size - 1) * stride - 2 * padding + kernel;
  const y = convTranspose2d(x, weight, {
    strides: [stride, stride],
    padding: [padding, padding, padding, padding],
    outputSize: [grown(height), grown(width)],
  });
  return withBias(scope, y, filters, options.bias ?? true);
}

function withBias(scope: Scope, y: Tensor, filters: number, bias: boolean): Tensor {
  if (!bias) return y;
  return add(y, reshape(scope.parameter("bias", [filters], filled(0)), [filters, 1, 1]));
}

function imageSize(scope: Scope, shape: Shape): { channels: number; height: number; width: number } {
  const [, channels, height, width] = shape;
  if (shape.length === 4 && typeof channels === "number" && typeof height === "number" && typeof width === "number") {
    return { channels, height, width };
  }
  throw shapeError(scope.path, "[batch, channels, height, width]", formatShape(shape));
}
