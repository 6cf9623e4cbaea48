export { type AutoencoderSettings, corruptionNames, reconstructionNames } from "./autoencoder.ts";
export {
  type FamilyConfig,
  formatOf,
  type MethodConfig,
  type MethodResources,
  type ModelName,
  methodOf,
  networksOfModel,
  type TrainedNetwork,
  trainedNetworks,
} from "./catalogue.ts";
export { augmentationNames, type GanOptions, type GanSettings, gan, plainGan } from "./gan.ts";
export type { Coding, Method, Phase, PhaseResult, Player, Players, StepInputs, Update } from "./method.ts";
export { inferencePlayers, initialPlayers } from "./players.ts";
export { normalisedImages } from "./step-builder.ts";
export { buildTrainingStep, type Stage, type StepOptions, type TrainingStep } from "./training-step.ts";
export { likelihoodNames, type VaeSettings } from "./vae.ts";
export type { VqVaeSettings } from "./vq-vae.ts";
