import type { GanOptions } from "./gan/settings.ts";
import { gan } from "./gan.ts";
import type { ClassifierSettings } from "./labels/classification.ts";
import type { Method, Update } from "./method.ts";

export interface ConditionalGanOptions extends GanOptions {
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

export function conditionalGan(options: ConditionalGanOptions): Method {
  return gan(options);
}
