import { internalError } from "../foundation/errors.ts";

/** How often something is so among images that have a label. */
export interface LabelledShare {
  /** Share, 0…1; NaN where no image has a label. */
  readonly value: number;
  /** Images with a label. */
  readonly images: number;
  /** Images without one (-1), which are left out. */
  readonly unlabelled: number;
}

/** The class of the largest logit of each image, the first of equal ones. `logits` is [count, classes]. */
export function predictedClasses(logits: Float32Array, classes: number): Int32Array {
  if (classes < 1 || logits.length % classes !== 0) {
    throw internalError("predictedClasses", `${logits.length} logits of ${classes} classes`);
  }
  const predicted = new Int32Array(logits.length / classes);
  for (let image = 0; image < predicted.length; image++) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let index = 0; index < classes; index++) {
      const logit = logits[image * classes + index] ?? Number.NaN;
      if (Number.isNaN(logit)) throw internalError("predictedClasses", `image ${image} has a logit that is no number`);
      if (logit <= largest) continue;
      largest = logit;
      predicted[image] = index;
    }
  }
  return predicted;
}

/**
 * How often images of one class were taken for another: [true class][predicted class], as counts. Images without a label
 * (-1) are left out, so that the counts add up to the labelled images.
 */
export function confusionOf(predicted: ArrayLike<number>, labels: Int32Array, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => Array.from({ length: classes }, () => 0));
  for (const [label, guess] of labelledPairs(predicted, labels)) {
    const row = counts[label];
    if (row?.[guess] === undefined) throw internalError("confusionOf", `class ${label} or ${guess} of ${classes}`);
    row[guess]++;
  }
  return counts;
}

/** For each image with a label, in order, 1 where its class was predicted and 0 where another was. */
export function rightGuesses(predicted: ArrayLike<number>, labels: Int32Array): Uint8Array {
  return Uint8Array.from(labelledPairs(predicted, labels), ([label, guess]) => Number(label === guess));
}

/** Share of the labelled images whose class was predicted. */
export function accuracyOf(predicted: ArrayLike<number>, labels: Int32Array): LabelledShare {
  const right = rightGuesses(predicted, labels);
  const images = right.length;
  return { value: right.reduce((sum, hit) => sum + hit, 0) / images, images, unlabelled: labels.length - images };
}

/** Share of the labelled images for which another class was predicted. */
export function errorOf(predicted: ArrayLike<number>, labels: Int32Array): LabelledShare {
  const accuracy = accuracyOf(predicted, labels);
  return { ...accuracy, value: 1 - accuracy.value };
}

function* labelledPairs(predicted: ArrayLike<number>, labels: Int32Array): Generator<readonly [number, number]> {
  if (predicted.length !== labels.length) {
    throw internalError("classification", `${predicted.length} predictions and ${labels.length} labels`);
  }
  for (const [image, label] of labels.entries()) if (label >= 0) yield [label, predicted[image] ?? -1];
}
