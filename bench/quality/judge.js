// The judge of the quality scripts: the small classifier that Atelier trains on the labels of the training images (the
// same weights for the same data and seed), and the scores that its features give of generated images.
import { imagesOf, openDataset } from "../../dist/data/index.js";
import { extractFeatures } from "../../dist/evaluation/index.js";
import { trainClassifier } from "../../dist/features/index.js";
import {
  confusionOf,
  frechetDistance,
  kernelDistance,
  manifoldScores,
  predictedClasses,
  rightGuesses,
  shareInterval,
} from "../../dist/metrics/index.js";
import { MatrixProducts } from "../../dist/runtime/index.js";

/** Images of either side of the Fréchet distance, and of precision and recall. */
const COMPARED = { frechet: 10_000, manifold: 5000 };

/**
 * @param data a data set with labels and test images, such as a folder of Fashion-MNIST.
 * @param format of the generated images, which the real ones are brought to.
 * @param others as of `openDataset`: where the data names no test images, the seed and share that decide which are held out.
 */
export async function openJudge(data, format, others = {}) {
  const dataset = await openDataset(data, { ...others, format });
  const { train, heldOut, classNames, content } = dataset;
  const classifier = await trainClassifier(imagesOf(train, format), { classNames, seed: 0, content });
  const products = await MatrixProducts.open();
  const extracted = new WeakMap();
  const compared = imagesOf(heldOut, format, COMPARED.frechet);
  const { features: real } = await seen(compared);

  /** What the classifier says of images, which pass through it once. */
  async function seen(images) {
    if (!extracted.has(images)) extracted.set(images, await extractFeatures(classifier, images));
    return extracted.get(images);
  }

  return {
    dataset,
    /** Scores of generated images (an ImageSet) against held-out ones, in the classifier's features. */
    async score(images) {
      const { features: generated } = await seen(images);
      const { value: frechet } = await frechetDistance(real, generated, products);
      const kid = await kernelDistance(real, generated, products, { seed: 0 });
      const few = (set) => firstRows(set, Math.min(COMPARED.manifold, real.count, generated.count));
      const { precision, recall, coverage } = await manifoldScores(few(real), few(generated), products, { seed: 0 });
      return {
        frechet,
        kid: kid.value,
        precision: precision.value,
        recall: recall.value,
        coverage: coverage.value,
        images: generated.count,
      };
    },
    /** The kernel distance alone: of few images nothing else is sure. */
    async kernelDistance(images) {
      const { features: generated } = await seen(images);
      return (await kernelDistance(real, generated, products, { seed: 0 })).value;
    },
    /**
     * How often the classifier finds the class that each image has as its label.
     * @returns the share with its interval, that of every class by name, and what the worst class was taken for.
     */
    async labelAccuracy(images) {
      const { logits } = await seen(images);
      const predicted = predictedClasses(logits, classNames.length);
      const counts = confusionOf(predicted, images.labels, classNames.length);
      const shares = counts.map((row, index) => row[index] / row.reduce((sum, count) => sum + count, 0));
      const worst = shares.indexOf(Math.min(...shares.filter((share) => !Number.isNaN(share))));
      const takenFor = classNames
        .map((name, index) => [name, counts[worst][index]])
        .filter(([, count]) => count > 0)
        .sort(([, one], [, other]) => other - one);
      return {
        ...shareOf(rightGuesses(predicted, images.labels)),
        ofClass: Object.fromEntries(classNames.map((name, index) => [name, shares[index]])),
        worst: { class: classNames[worst], accuracy: shares[worst], takenFor: Object.fromEntries(takenFor) },
      };
    },
    /** How often it is right about held-out images: what it cannot tell apart, no generated image can be blamed for. */
    async ownAccuracy() {
      return (await this.labelAccuracy(compared)).value;
    },
    async release() {
      await classifier.release();
      dataset.close();
    },
  };
}

/** A share of images with its interval. @param right 1 for each image that is right, 0 for one that is not. */
export function shareOf(right) {
  const { low, high } = shareInterval(right);
  return { value: right.reduce((sum, hit) => sum + hit, 0) / right.length, low, high, images: right.length };
}

function firstRows({ dimension, values }, count) {
  return { count, dimension, values: values.subarray(0, count * dimension) };
}
