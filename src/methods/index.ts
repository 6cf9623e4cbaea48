export { formatOf, type MethodConfig, methodOf } from "./catalogue.ts";
export { type GanOptions, gan } from "./gan.ts";
export type { Method, Phase, Player, StepInputs, Update } from "./method.ts";
export { normalisedImages } from "./step-builder.ts";
export { buildTrainingStep, type Stage, type StepOptions, type TrainingStep } from "./training-step.ts";
