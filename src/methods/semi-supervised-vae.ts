import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";
import type { VaeOptions } from "./vae.ts";
import { vae } from "./vae.ts";

export interface SemiSupervisedVaeOptions extends VaeOptions {
  readonly batch: number;
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

export function semiSupervisedVae(options: SemiSupervisedVaeOptions): Method {
  return vae(options);
}
