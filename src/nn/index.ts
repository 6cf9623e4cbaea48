export { type AugmentOptions, augment } from "./augmentation/augment.ts";
export type { UniformSource } from "./augmentation/draws.ts";
export { type TransformName, transformNames } from "./augmentation/transforms.ts";
export {
  filled,
  glorotNormal,
  glorotUniform,
  heNormal,
  type Initializer,
  normal,
  orthogonal,
  uniform,
} from "./initializers.ts";
export {
  type MultiHeadAttentionOptions,
  multiHeadAttention,
  type SelfAttentionOptions,
  selfAttention2d,
} from "./layers/attention.ts";
export { type BatchNormOptions, batchNorm } from "./layers/batch-norm.ts";
export {
  type ConvolutionLayerOptions,
  convolution,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from "./layers/convolution.ts";
export { type DenseOptions, dense } from "./layers/dense.ts";
export { type EmbeddingOptions, embedding } from "./layers/embedding.ts";
export { gatedConvolution } from "./layers/gated-convolution.ts";
export { type GroupNormOptions, groupNorm, instanceNorm, type NormOptions } from "./layers/group-norm.ts";
export { type LayerNormOptions, layerNorm } from "./layers/layer-norm.ts";
export { type MinibatchDeviationOptions, minibatchDeviation } from "./layers/minibatch-deviation.ts";
export { sampleAffine } from "./layers/moments.ts";
export { type DropoutOptions, dropout, type GaussianNoiseOptions, gaussianNoise } from "./layers/noise.ts";
export { fixedWeightNorm, spectralNorm, type WeightTransform, weightNorm } from "./layers/weight-transforms.ts";
export { type Likelihood, type LikelihoodName, likelihoodNames, likelihoods } from "./likelihoods.ts";
export {
  type AdversarialLoss,
  type AdversarialLossName,
  adversarialLosses,
  adversarialLossNames,
  lossIfGenerated,
  lossIfReal,
} from "./losses.ts";
export {
  type Bindings,
  type Mode,
  Network,
  type NetworkDefinition,
  type NoiseSource,
  Scope,
  type Variable,
} from "./network.ts";
export { type AdamOptions, adam } from "./optimizers/adam.ts";
export { type AdamWOptions, adamw } from "./optimizers/adamw.ts";
export { type OptimizerChoice, type OptimizerName, optimizerNames, optimizerOf } from "./optimizers/choice.ts";
export { type ClippedGradients, clippedByGlobalNorm } from "./optimizers/clipping.ts";
export type { Optimizer } from "./optimizers/optimizer.ts";
export { type RmspropOptions, rmsprop } from "./optimizers/rmsprop.ts";
export { type SgdOptions, sgd } from "./optimizers/sgd.ts";
export { gradientPenalty, r1Penalty, randomInterpolates } from "./penalties.ts";
export {
  bernoulliCrossEntropy,
  featureDistance,
  meanAbsoluteError,
  meanSquaredError,
  SSIM_WINDOW,
  structuralDissimilarity,
} from "./reconstruction-losses.ts";
export { type Schedule, type ScheduleOptions, type ScheduleShape, scheduleOf, scheduleShapes } from "./schedules.ts";
export { type VirtualAdversarialOptions, virtualAdversarialLoss, worstDirection } from "./virtual-adversarial.ts";
