import { type ImageSource, locationText, sidesOf, sizeOf } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { architectures } from "../models/index.ts";
import type { Config, UnscoredConfig } from "./config.ts";
import { assertAutoencoderFits } from "./settings/autoencoder.ts";
import { assertFeatureMatchingFits } from "./settings/feature-matching.ts";
import { assertGanFits } from "./settings/gan.ts";
import { assertVaeFits } from "./settings/vae.ts";
import { assertVqVaeFits } from "./settings/vq-vae.ts";

// What must hold between the keys of a configuration, and between them and the data.

/** @throws AtelierError (usage) when keys do not go together, or not with the number of training images. */
export function assertFits(config: UnscoredConfig, images: number): void {
  assertFormatFits(config);
  if (config.batch > images) throw batchTooLarge(config, images);
  assertTrainingFits(config);
}

/** @throws AtelierError (usage) when keys do not go together, whatever the data. */
export function assertTogether(config: Config): void {
  assertTrainingFits(config);
  assertEvaluationFits(config);
}

function assertTrainingFits(config: UnscoredConfig): void {
  assertFormatFits(config);
  assertDivides(config.microBatches, config.batch);
  assertClassifierFits(config);
  assertFamilyFits(config);
}

/** @throws AtelierError (usage) where the labelled images of a step cannot be divided among its parts. */
function assertClassifierFits({ classifier, microBatches }: UnscoredConfig): void {
  if (classifier === undefined || classifier.batch % microBatches === 0) return;
  const below = classifier.batch - (classifier.batch % microBatches);
  throw new AtelierError({
    kind: "usage",
    where: "classifier.batch",
    expected: `a multiple of the ${microBatches} microBatches`,
    received: String(classifier.batch),
    help: `use ${[below, below + microBatches].filter((batch) => batch > 0).join(" or ")}`,
  });
}

function assertEvaluationFits({ evaluation: { metrics, best } }: Config): void {
  if (metrics.includes(best)) return;
  throw new AtelierError({
    kind: "usage",
    where: "evaluation.best",
    expected: `one of evaluation.metrics: ${metrics.join(", ")}`,
    received: best,
    help: `add "${best}" to evaluation.metrics, or set evaluation.best to ${metrics[0] ?? "one of them"}`,
  });
}

function assertFormatFits({ model, size, channels, architecture }: UnscoredConfig): void {
  // Its networks are its own: see assertVqVaeFits.
  if (model === "vq-vae") return;
  const refusal = architectures[architecture].refusal({ ...sidesOf(size), channels });
  if (refusal === undefined) return;
  throw new AtelierError({
    kind: "usage",
    where: "--size",
    expected: `${refusal.expected} for the ${architecture} architecture`,
    received: String(size),
    help: `use --size ${sizeOf(refusal.nearest)}`,
  });
}

function assertFamilyFits(config: UnscoredConfig): void {
  assertFeaturesUsed(config);
  if (config.model === "gan") assertGanFits(config.gan, config.architecture, config);
  if (config.model === "vae") assertVaeFits(config.vae, config);
  if (config.model === "autoencoder") assertAutoencoderFits(config.autoencoder, config);
  if (config.model === "vq-vae") assertVqVaeFits(config);
  if (config.model === "feature-matching") assertFeatureMatchingFits(config.featureMatching, config);
}

/** @throws AtelierError (usage) for a network that training would not learn from. */
function assertFeaturesUsed({ model, features }: UnscoredConfig): void {
  if (features === undefined || model === "autoencoder") return;
  throw new AtelierError({
    kind: "usage",
    where: "--features",
    expected: "an autoencoder, which is the model that learns from a pretrained network",
    received: `--model ${model}`,
    help: "add --model autoencoder --set autoencoder.reconstruction=perceptual; for scores, use --set evaluation.features=FILE",
  });
}

/** Whether a batch can be worked through in so many parts: equal ones, of at least the 2 images that statistics need. */
const divides = (parts: number, batch: number): boolean => batch % parts === 0 && batch / parts >= 2;

/** The numbers of parts that a batch can be worked through in, ascending. */
export function possibleParts(batch: number): readonly number[] {
  return Array.from({ length: batch }, (_, index) => index + 1).filter((parts) => divides(parts, batch));
}

/** @throws AtelierError (usage) that names the nearest numbers of parts that a batch can have. */
export function assertDivides(parts: number, batch: number): void {
  if (divides(parts, batch)) return;
  const possible = possibleParts(batch);
  const nearest = [possible.findLast((count) => count < parts), possible.find((count) => count > parts)];
  throw new AtelierError({
    kind: "usage",
    where: "microBatches",
    expected: `a number that divides the batch of ${batch} into equal parts of at least 2 images`,
    received: String(parts),
    help: `use ${nearest.filter((count) => count !== undefined).join(" or ")}`,
  });
}

/**
 * A batch that fits: `wanted`, or half the images where there are fewer than twice as many; less where the parts would not
 * be equal.
 */
export function fittingBatch(images: number, parts: number, wanted = 64): number {
  const most = Math.max(2, Math.min(wanted, Math.floor(images / 2)));
  const equal = most - (most % parts);
  return divides(parts, equal) ? equal : most;
}

/** The error for data without enough images. */
export function tooFewImages(source: Pick<ImageSource, "location">, images: number): AtelierError {
  return new AtelierError({
    kind: "data",
    where: locationText(source),
    expected: "at least 2 images to learn from",
    received: String(images),
    help: "add pictures: some hundreds are a good beginning; `atelier data` shows what is found in a folder",
  });
}

/** The error for a batch that the data cannot fill with different images. */
export function batchTooLarge({ batch, microBatches }: UnscoredConfig, images: number, broken = 0): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: "--batch",
    expected: `at most the number of training images, ${images}${broken === 0 ? "" : ` (${broken} more are broken)`}`,
    received: String(batch),
    help: `use --batch ${fittingBatch(images, microBatches)}`,
  });
}
