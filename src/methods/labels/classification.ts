import {
  add,
  concat,
  isGreater,
  max,
  mean,
  multiply,
  slice,
  softmax,
  stopGradient,
  type Tensor,
} from "../../graph/index.ts";
import { augment, type TransformName } from "../../nn/index.ts";
import type { PhaseResult, StepInputs } from "../method.ts";
import { aligned } from "./alignment.ts";
import { crossEntropies, crossEntropy, likeliest } from "./one-hot.ts";

/** What a user decides about how classes are learned. */
export interface ClassifierSettings {
  /** Channels of the classifier's first layer, where it is a network of its own. */
  readonly width: number;
  /** Labelled images a step. */
  readonly batch: number;
  /** Weight of what the classifier's own certain answers on all images teach it; 0: it learns from the labels alone. */
  readonly pseudoLabels: number;
  /** Probability from which an answer is certain, in [0, 1). */
  readonly threshold: number;
  /** Changes of the images on which it must keep to its answer, and under which it sees the labelled ones. */
  readonly transforms: readonly TransformName[];
  /** Whether its answers are brought to the classes' shares among the labels before they are taken for certain. */
  readonly alignment: boolean;
}

export interface ClassificationOptions extends ClassifierSettings {
  readonly classes: number;
}

export interface Classification {
  /** Shape []. */
  readonly loss: Tensor;
  /** What all images, as they are, seem to be: logits [batch, classes], without gradient. To be asked for only where it is needed. */
  readonly onReal: () => Tensor;
  readonly report: Readonly<Record<string, Tensor>>;
  readonly memory: NonNullable<PhaseResult<string>["memory"]>;
}

/**
 * What a classifier learns in a step from a few labelled images and all others (Sohn et al. 2020, "FixMatch: Simplifying
 * Semi-Supervised Learning with Consistency and Confidence", equations 3 and 4). With a(.) a small change of an image, A(.) a
 * large one, q = p(. | a(u)), brought to the shares of the labels by {@link aligned}, and y* the class that q holds most probable:
 *
 *   -mean log p(y | A(x))  -  weight mean [max q >= threshold] log p(y* | A(u))       (x, y) labelled, u any image
 *
 * No gradient flows through q. The paper changes labelled images by a(.): where there are a handful, they are known by heart
 * then, and q is certain and wrong.
 * @param classify images [batch, channels, height, width] -> logits [batch, classes]. It sees the labelled and the largely
 *   changed images as one batch.
 */
export function classification(
  options: ClassificationOptions,
  inputs: Pick<StepInputs, "real" | "uniform" | "labelled" | "known" | "memory">,
  classify: (images: Tensor) => Tensor,
): Classification {
  const { batch, classes, pseudoLabels, threshold, transforms, alignment } = options;
  const { real, uniform } = inputs;
  const changed = (images: Tensor, name: string, how: readonly TransformName[]) =>
    augment(images, (draw, shape) => uniform(`classification/${name}/${draw}`, shape), { transforms: how });
  const labelled = inputs.labelled(batch, classes);
  const seen = changed(labelled.images, "labelled", transforms);
  const answers = () => stopGradient(classify(changed(real, "small", SMALL)));
  if (pseudoLabels === 0) {
    const classLoss = crossEntropy(classify(seen), labelled.classes);
    return { loss: classLoss, onReal: answers, report: { classLoss }, memory: {} };
  }
  const { logits: onReal, memory } = alignment
    ? aligned(answers(), inputs.known(classes), inputs)
    : { logits: answers(), memory: {} };
  const count = Number(real.shape[0]);
  const logits = classify(concat([seen, changed(real, "large", transforms)], 0));
  const classLoss = crossEntropy(slice(logits, [0, 0], [batch, classes]), labelled.classes);
  const isCertain = isGreater(max(softmax(onReal, 1), [1]), threshold);
  const ofEach = crossEntropies(slice(logits, [batch, 0], [count, classes]), likeliest(onReal));
  const pseudoLoss = mean(multiply(ofEach, isCertain));
  return {
    loss: add(classLoss, multiply(pseudoLoss, pseudoLabels)),
    onReal: () => onReal,
    report: { classLoss, pseudoLoss, certain: mean(isCertain) },
    memory,
  };
}

/** Changes that leave every class as it is. */
const SMALL: readonly TransformName[] = ["translation"];
