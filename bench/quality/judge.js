// The judge of the quality scripts: the small classifier that Atelier trains on the labels of the training images (the
// same weights for the same data and seed), and the scores that its features give of generated images.
import { imagesOf, openDataset } from "../../dist/data/index.js";
import { extractFeatures } from "../../dist/evaluation/index.js";
import { trainClassifier } from "../../dist/features/index.js";
import { frechetDistance, kernelDistance, manifoldScores } from "../../dist/metrics/index.js";
import { MatrixProducts } from "../../dist/runtime/index.js";

/** Images of either side of the Fréchet distance, and of precision and recall. */
const COMPARED = { frechet: 10_000, manifold: 5000 };

/**
 * @param data a data set with labels and test images, such as a folder of Fashion-MNIST.
 * @param format of the generated images, which the real ones are brought to.
 */
export async function openJudge(data, format) {
  const dataset = await openDataset(data, { format });
  const { train, heldOut, classNames, content } = dataset;
  const classifier = await trainClassifier(imagesOf(train, format), { classNames, seed: 0, content });
  const products = await MatrixProducts.open();
  const real = await featuresOf(imagesOf(heldOut, format, COMPARED.frechet));

  async function featuresOf(images) {
    return (await extractFeatures(classifier, images)).features;
  }

  return {
    dataset,
    /** Scores of generated images (an ImageSet) against held-out ones, in the classifier's features. */
    async score(images) {
      const generated = await featuresOf(images);
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
    async release() {
      await classifier.release();
      dataset.close();
    },
  };
}

function firstRows({ dimension, values }, count) {
  return { count, dimension, values: values.subarray(0, count * dimension) };
}
