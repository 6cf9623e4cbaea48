import { add, clip, isGreater, mean, multiply, stopGradient, subtract, type Tensor } from "../../graph/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";
import type { GanSettings } from "./settings.ts";

/** Batches from one decision to the next. */
const INTERVAL = 4;
/** Images in which the probability can go from 0 to 1. */
const IMAGES = 500_000;
/** The largest float32 below 1. */
const MOST = 1 - 2 ** -24;

export interface AdaptiveAugmentation {
  /** Of each transform of each image in this step: shape [], in [0, 1). */
  readonly probability: Tensor;
  /** The method's state after the discriminator's verdicts on this step's real images, [batch, 1]. */
  readonly memory: (onReal: Tensor) => NonNullable<PhaseResult<string>["memory"]>;
}

/**
 * The controller of Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", section 3: the more real
 * images the discriminator knows for real, the more often images are changed. From 0 on, after every fourth batch,
 *
 *   p <- p + sign(r - target) images / 500 000      r = E sign D(x), over the real images of the last four batches
 *
 * The decision on four batches is made at the beginning of the next step, so that all parts of a batch go by the same one.
 * @param images images a step.
 */
export function adaptiveAugmentation(
  { adaTarget, images }: Pick<GanSettings, "adaTarget"> & { readonly images: number },
  { memory, scalar }: Pick<StepInputs, "memory" | "scalar">,
): AdaptiveAugmentation {
  const isDue = scalar("ada/due", (step) => Number(step > 0 && step % INTERVAL === 0));
  // Sum over the batches since the last decision of r - target.
  const excess = memory("ada/excess", []);
  const change = multiply(multiply(signOf(excess), isDue), (INTERVAL * images) / IMAGES);
  const probability = stopGradient(clip(add(probabilityNow({ memory }), change), { min: 0, max: MOST }));
  return {
    probability,
    memory: (onReal) => ({
      "ada/probability": probability,
      "ada/excess": add(multiply(excess, subtract(1, isDue)), subtract(meanSign(onReal), adaTarget)),
    }),
  };
}

/** The probability as the last decision left it: shape []. */
export function probabilityNow({ memory }: Pick<StepInputs, "memory">): Tensor {
  return memory("ada/probability", []);
}

/** Share of values above 0 less share of those below: shape [], in [-1, 1]. */
export function meanSign(x: Tensor): Tensor {
  return mean(signOf(x));
}

function signOf(x: Tensor): Tensor {
  return subtract(isGreater(x, 0), isGreater(0, x));
}
