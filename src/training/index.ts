export {
  type Config,
  commonSchema,
  configKeys,
  leaves,
  mergeConfigs,
  type PartialConfig,
  parseConfig,
  partialConfigSchema,
} from "./config.ts";
export type { Plan } from "./defaults.ts";
export type { TrainingEvent } from "./events.ts";
export { generatorOf } from "./generator-of-run.ts";
export { estimateMemory, type MemoryEstimate, memoryWarning, outputsOf } from "./memory.ts";
export { preparationOf } from "./preparation.ts";
export { openRun, parseJson, RunFolder } from "./run-folder.ts";
export { evaluateSubject, type SubjectEvaluation } from "./scoring/evaluate-subject.ts";
export type { EvaluationControl, EvaluationRequest } from "./scoring/request.ts";
export { type PreparedRun, prepareRun, startRun, type TrainOptions, train } from "./train.ts";
