export {
  elu,
  type GeluOptions,
  gelu,
  glu,
  type HardSigmoidOptions,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  prelu,
  relu,
  silu,
  softplus,
} from "./activations.ts";
export { add, divide, multiply, negate, square, subtract } from "./arithmetic.ts";
export { averagePool2d, globalAveragePool } from "./average-pooling.ts";
export { concat, pad, slice } from "./blocks.ts";
export { type Borders, edgePad2d, reflectPad2d } from "./borders.ts";
export { channelAffine } from "./channelwise.ts";
export { isEqual, isGreater, select } from "./comparisons.ts";
export {
  type ConvolutionOptions,
  conv2d,
  conv2dKernelGradient,
  convolutionOfCase,
  convTranspose2d,
} from "./convolution.ts";
export { flip } from "./flip.ts";
export { cos, erf, exp, log, power, sigmoid, sin, sqrt, tanh } from "./functions.ts";
export { gather, oneHot, scatterAdd } from "./gather.ts";
export type { Coordinates, Interpolation, NearestRule } from "./interpolation.ts";
export { abs, type ClipBounds, clip, maximum, minimum, rampSlope } from "./kinks.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export { maxPool2d, scatterToMaxima, selectAtMaxima } from "./max-pooling.ts";
export { expand, reshape, stopGradient, toFloat, transpose } from "./movement.ts";
export type { PoolingOptions } from "./pooling-windows.ts";
export { argmax, keepAxes, max, mean, min, sum, variance } from "./reductions.ts";
export { type ResizeOptions, resize2d, upsampleNearest2d } from "./resize.ts";
export { logSoftmax, logSumExp, softmax } from "./softmax.ts";
