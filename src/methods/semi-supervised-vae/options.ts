import { internalError } from "../../foundation/errors.ts";
import { add, multiply, type Tensor } from "../../graph/index.ts";
import type { ClassifierSettings } from "../labels/classification.ts";
import type { StepInputs, Update } from "../method.ts";
import type { VaeOptions } from "../vae.ts";

/** What M2 and M1+M2 are made from. */
export interface ClassVaeOptions extends Omit<VaeOptions, "classModel" | "classWeight" | "classWarmup"> {
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  readonly pace: Pace;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

/** How much the bound teaches the classifier beside the labels. */
export interface Pace {
  /** Nats of the bound of an image that a nat of the classifier's own loss counts as much as. */
  readonly weight: number;
  /** Steps in which the bound's part grows from 0. */
  readonly warmup: number;
}

/**
 * What the classifier makes small: its own loss, and the bound, by and by. Before the model knows classes, the bound differs
 * between them by chance, by hundreds of nats: it would teach the classifier any classes but those of the labels.
 */
export function taught(inputs: Pick<StepInputs, "scalar">, loss: Tensor, bound: Tensor, pace: Pace): Tensor {
  const { weight, warmup } = pace;
  const share = inputs.scalar("class bound", (step) => (step < warmup ? step / warmup : 1) / weight);
  return add(loss, multiply(bound, share));
}

/** Classes that pictures are asked of: a model of classes makes no others. */
export function classesOf(asked: Tensor | undefined): Tensor {
  if (asked === undefined) throw internalError("semi-supervised VAE", "pictures of no class");
  return asked;
}
