import { internalError } from "../foundation/errors.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";
import { m2 } from "./semi-supervised-vae/m2.ts";
import { stacked } from "./semi-supervised-vae/stacked.ts";
import type { VaeOptions } from "./vae.ts";

export interface SemiSupervisedVaeOptions extends VaeOptions {
  readonly batch: number;
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

/**
 * A variational autoencoder that learns classes from a few labels and all images (Kingma et al. 2014, "Semi-supervised Learning
 * with Deep Generative Models"). The class of an unlabelled image is summed over; the classifier learns from that, and
 * besides as every family's does.
 */
export function semiSupervisedVae({
  classModel,
  classWeight,
  classWarmup,
  ...others
}: SemiSupervisedVaeOptions): Method {
  if (classModel === undefined || classWeight === undefined || classWarmup === undefined) {
    throw internalError("semi-supervised VAE", "no settings");
  }
  const options = { ...others, pace: { weight: classWeight, warmup: classWarmup } };
  switch (classModel) {
    case "m2":
      return m2(options);
    case "m1+m2":
      return stacked(options);
  }
}
