import { internalError } from "../foundation/errors.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";

/** What a user decides about a classifier that learns against a generator. */
export interface FeatureMatchingSettings {
  /** Weight of what images without labels and generated ones teach; 0: it learns from the labelled images alone. */
  readonly unlabelledWeight: number;
}

export interface FeatureMatchingOptions extends FeatureMatchingSettings {
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Size of the generator's random vector. */
  readonly latent: number;
  readonly width: number;
  readonly structure?: Partial<Structure> | undefined;
  readonly batch: number;
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  readonly generator: Update;
  readonly discriminator: Update;
  readonly averageHalfLife: number;
}

export function featureMatching(_options: FeatureMatchingOptions): Method<"generator" | "discriminator"> {
  throw internalError("feature matching", "it is being built");
}
