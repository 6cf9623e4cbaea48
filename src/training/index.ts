export { type Config, commonSchema, type PartialConfig, partialConfigSchema } from "./config.ts";
export type { Plan } from "./defaults.ts";
export type { TrainingEvent } from "./events.ts";
export { classifierOf, codersOf, generatorOf } from "./generator-of-run.ts";
export { openAsOwn, openOtherImages, openOwnImages } from "./images-of-run.ts";
export { type HeldOutLikelihood, type LikelihoodOptions, likelihoodOf } from "./likelihood.ts";
export { estimateMemory, type MemoryEstimate, memoryWarning, outputsOf } from "./memory.ts";
export { type Guess, type ImageToLabel, type NextLabels, nextLabels } from "./next-labels.ts";
export { configKeys, leaves, mergeConfigs, parseConfig } from "./parse-config.ts";
export { preparationOf } from "./preparation.ts";
export { type PreparedRun, prepareRun, type TrainOptions } from "./prepare.ts";
export { loadResources } from "./resources.ts";
export { compareRuns, type RunComparison } from "./run-comparison.ts";
export {
  assertFree,
  assertNoSweep,
  freeRunPath,
  hasRun,
  latestRunPath,
  openRun,
  parseJson,
  RunFolder,
  sweepFile,
} from "./run-folder.ts";
export { type RunSummary, type StepScores, summariseRun } from "./run-summary.ts";
export { evaluateSubject, type SubjectEvaluation } from "./scoring/evaluate-subject.ts";
export type { EvaluationControl, EvaluationRequest } from "./scoring/request.ts";
export type { TimeEstimate } from "./time-estimate.ts";
export { startRun, train } from "./train.ts";
