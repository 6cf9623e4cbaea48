export { type Classify, classifyAll } from "./classified.ts";
export { imagesOfBoth } from "./drawn-images.ts";
export { evaluate } from "./evaluate.ts";
export { type ExtractedSet, extractFeatures } from "./extraction.ts";
export {
  diversityOf,
  type FeatureScoreOptions,
  type RunningMetric,
  runningMetrics,
  scoreFeatures,
} from "./feature-scores.ts";
export { imagesToLabel, type UnlabelledImages } from "./label-choice.ts";
export {
  type MetricName,
  metricDescriptions,
  metricGroups,
  metricNames,
  type ScoreName,
  scoreNames,
} from "./metric-names.ts";
export { realFeatures } from "./real-features.ts";
export { type Reconstruct, type ReconstructionScores, scoreReconstructions } from "./reconstruction.ts";
export {
  type Confusion,
  type Copying,
  type Refusal,
  type Score,
  type ScoreCard,
  scoreCardSchema,
} from "./score-card.ts";
export type {
  EvaluateOptions,
  Evaluation,
  EvaluationReference,
  EvaluationSubject,
  ImageLikelihood,
  MeasureLikelihood,
  ReferenceSplit,
} from "./subject.ts";
