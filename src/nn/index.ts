export { filled, heNormal, type Initializer, normal } from "./initializers.ts";
export { type BatchNormOptions, batchNorm } from "./layers/batch-norm.ts";
export { type ConvolutionLayerOptions, convolution, transposedConvolution } from "./layers/convolution.ts";
export { type DenseOptions, dense } from "./layers/dense.ts";
export { lossIfGenerated, lossIfReal, softplus } from "./losses.ts";
export { type Bindings, Network, type NetworkDefinition, Scope, type Variable } from "./network.ts";
export { type AdamOptions, adam } from "./optimizers/adam.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
