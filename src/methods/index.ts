export { formatOf, type MethodConfig, methodOf } from "./catalogue.ts";
export { type GanOptions, gan } from "./gan.ts";
export type { Method, Phase, Player, StepInputs } from "./method.ts";
export { buildTrainingStep, type TrainingStep } from "./training-step.ts";
