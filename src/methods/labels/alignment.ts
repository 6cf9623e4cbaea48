import { add, log, mean, multiply, softmax, stopGradient, subtract, sum, type Tensor } from "../../graph/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";

/** Share of a step's answers in their running mean, with up to so many classes; with more it goes over more steps. */
const MOMENTUM = 0.03;
const FEW_CLASSES = 10;
/**
 * Labels of all classes together, in batches of them, that count as seen before the first. Where few images have one they come by
 * rarely: with hardly any before, a class would count as several times as frequent as others for the accident of coming first.
 */
const BEFORE = 0.5;

export interface Alignment {
  /** The logits of answers in which the classes are as frequent as in the labels: [batch, classes], without gradient. */
  readonly logits: Tensor;
  readonly memory: NonNullable<PhaseResult<string>["memory"]>;
}

/**
 * Distribution alignment (Berthelot et al. 2020, "ReMixMatch", section 3.1): the probability of each class is multiplied by its
 * share p(y) among the labels and divided by its share among the classifier's answers so far,
 *
 *   q'(y) ~ q(y) p(y) / mean q(y),
 *
 * so that a class is not given up because another one looks like it. p(y) is the mean over the labels that come by in the batches
 * of all images, and is even where none has come yet.
 * @param logits answers on the step's images: [batch, classes].
 * @param known what is known of their classes: [batch, classes].
 */
export function aligned(logits: Tensor, known: Tensor, { memory }: Pick<StepInputs, "memory">): Alignment {
  const classes = Number(logits.shape[1]);
  const momentum = MOMENTUM / Math.max(1, classes / FEW_CLASSES);
  const answers = memory("alignment/answers", [classes], 1 / classes);
  const labels = memory("alignment/labels", [classes], BEFORE / classes);
  const toLabels = subtract(subtract(log(labels), log(sum(labels))), log(answers));
  const now = mean(softmax(logits, 1), [0]);
  return {
    logits: stopGradient(add(logits, toLabels)),
    memory: {
      "alignment/answers": stopGradient(add(answers, multiply(subtract(now, answers), momentum))),
      "alignment/labels": add(labels, mean(known, [0])),
    },
  };
}
