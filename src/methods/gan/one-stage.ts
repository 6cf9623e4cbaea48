import { internalError } from "../../foundation/errors.ts";
import {
  add,
  divide,
  exp,
  gradient,
  isEqual,
  maximum,
  multiply,
  negate,
  reshape,
  stopGradient,
  subtract,
  sum,
  type Tensor,
} from "../../graph/index.ts";
import type { AdversarialLossName } from "../../nn/index.ts";

/**
 * For each loss the slope of the generator's loss at the logit D(x) of a generated picture over that of the discriminator's:
 * from [batch, 1] to [batch, 1], or the same number everywhere. The hinge loss has none: the discriminator's slope is 0 below
 * -1, the generator's is -1 everywhere.
 */
const slopeRatios = {
  /** -s(-D) over s(D). */
  nonSaturating: (logits: Tensor) => negate(exp(negate(maximum(logits, MOST_CERTAIN)))),
  /** -s(D) over s(D). */
  minimax: () => -1,
  /** D - 1 over D + 1. Both slopes must not be 0: a picture at exactly -1 teaches the generator nothing in this step. */
  leastSquares: (logits: Tensor) => {
    const slope = add(logits, 1);
    return divide(subtract(logits, 1), add(slope, isEqual(slope, 0)));
  },
  /** -1 over 1. */
  wasserstein: () => -1,
} as const satisfies Partial<Record<AdversarialLossName, (logits: Tensor) => Tensor | number>>;

/** Logits below it are taken for it, so that the ratio stays finite in float32; s(-60) is 1e-26. */
const MOST_CERTAIN = -60;

/** Whether both players can learn from this loss in one stage. */
export function isOneStageLoss(name: AdversarialLossName): name is keyof typeof slopeRatios {
  return name in slopeRatios;
}

/** Those losses. */
export function oneStageLosses(): readonly string[] {
  return Object.keys(slopeRatios);
}

/**
 * A scalar with the gradient of the generator's loss, made of the discriminator's gradient with respect to each picture: both
 * differ by a factor alone where a picture is judged by itself (Shen et al. 2021, "Training Generative Adversarial Networks in
 * One Stage").
 * @param onGenerated the discriminator's logits [batch, 1] on the pictures.
 * @param loss the discriminator's loss for them.
 */
export function lossInOneStage(name: AdversarialLossName, pictures: Tensor, onGenerated: Tensor, loss: Tensor): Tensor {
  if (!isOneStageLoss(name)) throw internalError("one-stage updates", `the ${name} loss`);
  const ratio = slopeRatios[name](onGenerated);
  const [batch = "batch", ...others] = pictures.shape;
  const factor = typeof ratio === "number" ? ratio : reshape(ratio, [batch, ...others.map(() => 1)]);
  return alongSlope(pictures, multiply(gradient(loss, pictures), factor));
}

/** A scalar whose gradient with respect to x is `slope`. */
function alongSlope(x: Tensor, slope: Tensor): Tensor {
  return sum(multiply(x, stopGradient(slope)));
}
