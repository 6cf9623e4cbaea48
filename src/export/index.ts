export { type AnimationOptions, assertAnimation, encodeAnimation } from "./animation.ts";
export { encodeArchive, encodeLatents } from "./archive.ts";
export { type AskedClass, withoutClasses } from "./asked-classes.ts";
export { Autoencoder, type AutoencoderFiles } from "./autoencoder.ts";
export { type CoderMetadata, encodeCoders } from "./autoencoder-files.ts";
export { Classifier } from "./classifier.ts";
export { type ClassifierMetadata, encodeClassifier } from "./classifier-file.ts";
export { encodeComparison, type NamedPicture } from "./comparison.ts";
export {
  type Direction,
  type DirectionsOptions,
  latentDirections,
  principalDirections,
  traversal,
} from "./directions.ts";
export { Generator, type InterpolateOptions, type Sample, type SampleOptions } from "./generator.ts";
export { assertSmooth, encodeGenerator, type GeneratorMetadata, readGeneratorMetadata } from "./generator-file.ts";
export {
  type InterpolationKind,
  interpolated,
  interpolationKinds,
  interpolationPath,
  type PathOptions,
} from "./interpolation.ts";
export { encodeLabelledGrid, type GridLabels } from "./labelled-grid.ts";
export { type Combination, combined, combinedClasses, parseTerms, type Term } from "./latent-arithmetic.ts";
export type { PerceptualView } from "./perceptual-distance.ts";
export { assertGrid, encodeGrid, encodePicture, type GridOptions, toBytes } from "./picture.ts";
export { type Projection, type ProjectionOptions, projectImages } from "./projection.ts";
export {
  againstTraining,
  type ConfigurationEntry,
  copyingNote,
  type DataSummary,
  extractorName,
  type GridAtStep,
  headlineOf,
  type Incident,
  levels,
  mergedRefusals,
  type Picture,
  type ReportEvaluation,
  type ReportInput,
  type ReportMetric,
  type ReportProgress,
  type ReportScoreCard,
  type ReportStep,
  reasonsAgainst,
  renderReport,
  scoredWord,
  scoreGroups,
  scoreRange,
  scoreValue,
} from "./report.ts";
