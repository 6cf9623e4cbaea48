export { type AutoencoderSettings, CLASS_WEIGHT, reconstructionNames } from "./autoencoder.ts";
export {
  type FamilyConfig,
  formatOf,
  hasCoders,
  type MethodConfig,
  type MethodResources,
  type ModelName,
  methodOf,
  networksOf,
  type TrainedNetwork,
  trainedNetworks,
} from "./catalogue.ts";
export { chosenClass, classSharesOf } from "./class-shares.ts";
export { corruptionNames, type NoiseImages } from "./corruption.ts";
export type { FeatureMatchingSettings } from "./feature-matching.ts";
export {
  augmentationNames,
  conditioningNames,
  type GanOptions,
  type GanSettings,
  gan,
  isOneStageLoss,
  LECAM_START,
  oneStageLosses,
  plainGan,
} from "./gan.ts";
export type { ClassifierSettings } from "./labels/classification.ts";
export type {
  Classes,
  Coding,
  LabelledBatch,
  Method,
  Phase,
  PhaseResult,
  Player,
  Players,
  StepInputs,
  Update,
} from "./method.ts";
export { type GaussianMixture, type MixtureTensors, mixtureCodes, mixtureConstants, mixtureFeeds } from "./mixture.ts";
export {
  fitMixture,
  fittingBytes,
  type MixtureFit,
  type MixtureFitOptions,
  mixtureLogDensities,
} from "./mixture-fit.ts";
export { fitClassMixture } from "./mixture-of-classes.ts";
export { inferencePlayers, initialPlayers } from "./players.ts";
export { askedClasses, classInput, drawnPictures, mixtureRoom, randomSize } from "./sampling.ts";
export { normalisedImages } from "./step-builder.ts";
export {
  buildTrainingStep,
  type LabelledInputs,
  type Stage,
  type StepOptions,
  type TrainingStep,
} from "./training-step.ts";
export { classModelNames, type VaeSettings } from "./vae.ts";
export type { VqVaeSettings } from "./vq-vae.ts";
