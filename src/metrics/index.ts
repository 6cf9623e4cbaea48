export {
  accuracyOf,
  confusionOf,
  errorOf,
  type LabelledShare,
  predictedClasses,
  rightGuesses,
} from "./classification.ts";
export { authenticImages, copyingStatistic, copyRatios, excessProbability } from "./copying.ts";
export { asMatrix, type FeatureMatrix, meanOf, rowsAt, rowsBetween } from "./feature-matrix.ts";
export { type FrechetDistance, frechetDistance, frechetInterval } from "./frechet-distance.ts";
export { frechetInfinity } from "./frechet-infinity.ts";
export { type InceptionScore, inceptionScore } from "./inception-score.ts";
export { bootstrapInterval, type Interval, shareInterval } from "./intervals.ts";
export { type KernelDistance, kernelDistance, kernelInterval } from "./kernel-distance.ts";
export { bitsPerDimension, evidenceBound, importanceWeightedBound } from "./likelihood.ts";
export { type ManifoldScores, manifoldScores } from "./manifold.ts";
export { type Neighbours, nearestNeighbours } from "./neighbours.ts";
export { meanSquaredError, peakSignalToNoise, structuralSimilarity } from "./reconstruction.ts";
