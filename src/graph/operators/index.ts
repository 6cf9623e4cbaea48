export { concat, pad, slice } from "./blocks.ts";
export { channelAffine } from "./channelwise.ts";
export {
  type ConvolutionOptions,
  conv2d,
  conv2dKernelGradient,
  convTranspose2d,
} from "./convolution.ts";
export {
  abs,
  add,
  divide,
  exp,
  leakyRelu,
  log,
  multiply,
  negate,
  rampSlope,
  relu,
  sigmoid,
  sqrt,
  square,
  subtract,
  tanh,
} from "./elementwise.ts";
export { type MatmulOptions, matmul } from "./matmul.ts";
export { expand, reshape, stopGradient, toFloat, transpose } from "./movement.ts";
export { mean, sum } from "./reductions.ts";
