// The public library. What is exported here is a contract; the rooms below may change.

export { type Dataset, type OpenDatasetOptions, openDataset, type PixelFormat, type Split } from "./data/index.ts";
export type { MetricName, Score, ScoreCard } from "./evaluation/index.ts";
export {
  type AskedClass,
  Autoencoder,
  type AutoencoderFiles,
  Classifier,
  type ClassifierMetadata,
  type CoderMetadata,
  type Direction,
  type DirectionsOptions,
  encodeAnimation,
  Generator,
  type GeneratorMetadata,
  type InterpolateOptions,
  type InterpolationKind,
  interpolationPath,
  latentDirections,
  type PathOptions,
  type PerceptualView,
  type Projection,
  type ProjectionOptions,
  principalDirections,
  projectImages,
  type Sample,
  type SampleOptions,
  traversal,
} from "./export/index.ts";
export { AtelierError, type ErrorDetails, type ErrorKind } from "./foundation/errors.ts";
export {
  type FeatureMatrix,
  frechetDistance,
  frechetInfinity,
  frechetInterval,
  inceptionScore,
  kernelDistance,
  kernelInterval,
  manifoldScores,
  nearestNeighbours,
} from "./metrics/index.ts";
export { type Matrix, MatrixProducts } from "./runtime/index.ts";
export {
  type Config,
  type EvaluationControl,
  type EvaluationRequest,
  evaluateSubject as evaluate,
  type PartialConfig,
  type SubjectEvaluation,
  type TrainingEvent,
  type TrainOptions,
  train,
} from "./training/index.ts";
