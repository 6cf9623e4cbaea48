import type { AutoencoderOptions } from "./autoencoder.ts";
import { autoencoder } from "./autoencoder.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";

export interface ClassifiedAutoencoderOptions extends AutoencoderOptions {
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

export function classifiedAutoencoder(options: ClassifiedAutoencoderOptions): Method {
  return autoencoder(options);
}
