import type { Architecture } from "./architecture.ts";
import { dcgan } from "./dcgan.ts";
import { fastgan } from "./fastgan.ts";
import { mlp } from "./mlp.ts";
import { resnet } from "./resnet.ts";

export type {
  Architecture,
  ArchitectureOptions,
  ClassifierOptions,
  DecoderOptions,
  EncoderOptions,
  ImageFormat,
} from "./architecture.ts";
export { classifierOf } from "./classifier.ts";
export { type Grid, type GridCoderOptions, gridDecoder, gridEncoder, gridOf, refusalOfGrid } from "./grid-coder.ts";
export {
  type DiscriminatorNorm,
  discriminatorNormNames,
  usesBatchStatistics,
} from "./normalisation.ts";
export {
  type ActivationName,
  activationNames,
  type NetworkNorm,
  networkNormNames,
  type Structure,
  type StructureChoices,
} from "./structure.ts";

export const architectureNames = ["dcgan", "mlp", "resnet", "fastgan"] as const;
export type ArchitectureName = (typeof architectureNames)[number];

export const architectures: Readonly<Record<ArchitectureName, Architecture>> = { dcgan, mlp, resnet, fastgan };
