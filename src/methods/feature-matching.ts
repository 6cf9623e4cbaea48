import { internalError } from "../foundation/errors.ts";
import { add, concat, multiply, slice, type Tensor } from "../graph/index.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import { virtualAdversarialLoss } from "../nn/index.ts";
import { featureMatchingLoss, realityLoss } from "./feature-matching/losses.ts";
import { networksFor } from "./feature-matching/networks.ts";
import { type ClassifierSettings, classification } from "./labels/classification.ts";
import { crossEntropy } from "./labels/one-hot.ts";
import type { Method, PhaseResult, Player, Players, StepInputs, Update } from "./method.ts";

/** What a user decides about a classifier that learns against a generator. */
export interface FeatureMatchingSettings {
  /** Weight of what images without labels and generated ones teach; 0: it learns from the labelled images alone. */
  readonly unlabelledWeight: number;
  /** Weight of virtual adversarial training on all images; 0: none. */
  readonly virtualAdversarial: number;
  /** Length of its changes of an image, all pixels taken together. */
  readonly virtualAdversarialLength: number;
}

export interface FeatureMatchingOptions extends FeatureMatchingSettings {
  /** `mlp` for fully connected networks; others for their own generator and a convolutional classifier. */
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Size of the generator's random vector. */
  readonly latent: number;
  readonly width: number;
  /** Of the generators that are not `mlp`. */
  readonly structure?: Partial<Structure> | undefined;
  readonly batch: number;
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  readonly generator: Update;
  readonly discriminator: Update;
  readonly averageHalfLife: number;
}

type Part = "generator" | "discriminator";

/**
 * A classifier that learns from few labels and many images by telling images from generated ones (Salimans et al. 2016,
 * "Improved Techniques for Training GANs", sections 3.1 and 5). It is the discriminator of a GAN: K logits l, and the more of
 * them are large, the more x is an image, log Z(x) = logsumexp l(x). With f the layer before the logits both players move in a step,
 * from the same point:
 *
 *   discriminator:  minimise  -E log p(y | x)  +  weight ( -1/2 E log D(x) - 1/2 E log(1 - D(G(z))) ),   D = Z / (Z + 1)
 *   generator G:    minimise  |E f(x) - E f(G(z))|^2
 *
 * Pictures of such a generator are worse than those of a GAN, and the classifier better than one that learns from its labels alone.
 */
export function featureMatching(options: FeatureMatchingOptions): Method<Part> {
  const { architecture, latent, batch, classes, averageHalfLife } = options;
  return {
    networks: networksFor(architecture, { ...options, rows: batch }),
    phases: [
      {
        trains: { discriminator: options.discriminator, generator: options.generator },
        losses: (inputs, players) => {
          const generated = players.generator(inputs.noise("latent", [batch, latent]));
          return options.unlabelledWeight === 0
            ? lessonOfLabels(options, inputs, players, generated)
            : lessonOfAll(options, inputs, players, generated);
        },
      },
    ],
    latent,
    sample: (vectors, { generator }) => generator(vectors),
    classes: { count: classes, classify: (images, { discriminator }) => discriminator(images), isConditional: false },
    averaged: ["generator", "discriminator"],
    averageHalfLife,
  };
}

/** The discriminator sees labelled images alone; the generator learns from it as always. */
function lessonOfLabels(
  { classifier, classes }: FeatureMatchingOptions,
  { real, labelled }: StepInputs,
  { discriminator }: Players<Part>,
  generated: Tensor,
): PhaseResult<Part> {
  const known = labelled(classifier.batch, classes);
  const classLoss = crossEntropy(discriminator(known.images), known.classes);
  const seen = judged(discriminator, [real, generated]);
  const generatorLoss = featureMatchingLoss(seen.features(0), seen.features(1));
  return {
    losses: { discriminator: classLoss, generator: generatorLoss },
    report: { classLoss, generatorLoss },
  };
}

function lessonOfAll(
  options: FeatureMatchingOptions,
  inputs: StepInputs,
  { discriminator }: Players<Part>,
  generated: Tensor,
): PhaseResult<Part> {
  const { classifier, classes, unlabelledWeight, virtualAdversarial, virtualAdversarialLength } = options;
  const { real } = inputs;
  const known = inputs.labelled(classifier.batch, classes);
  const taught = classifier.pseudoLabels > 0 ? classification({ ...classifier, classes }, inputs, discriminator) : null;
  const seen = judged(discriminator, [real, generated, ...(taught === null ? [known.images] : [])]);
  const unlabelledLoss = realityLoss(seen.logits(0), seen.logits(1));
  const generatorLoss = featureMatchingLoss(seen.features(0), seen.features(1));
  const { loss, report, memory } = taught ?? lessonOf(crossEntropy(seen.logits(2), known.classes));
  const discriminatorLoss = add(loss, multiply(unlabelledLoss, unlabelledWeight));
  const all = { ...report, unlabelledLoss, generatorLoss };
  if (virtualAdversarial === 0) {
    return { losses: { discriminator: discriminatorLoss, generator: generatorLoss }, report: all, memory };
  }
  const directions = inputs.noise("virtual adversarial", real.shape.map(Number));
  const length = { epsilon: virtualAdversarialLength };
  const robustnessLoss = virtualAdversarialLoss(discriminator, real, directions, length);
  return {
    losses: {
      discriminator: add(discriminatorLoss, multiply(robustnessLoss, virtualAdversarial)),
      generator: generatorLoss,
    },
    report: { ...all, robustnessLoss },
    memory,
  };
}

const lessonOf = (classLoss: Tensor) => ({ loss: classLoss, report: { classLoss }, memory: {} });

/** Groups of images that pass the network as one batch: what it says of each group. */
function judged(network: Player, groups: readonly Tensor[]) {
  const { output, shown } = network.inside(concat(groups, 0));
  const features = shown.get("features");
  if (features === undefined) throw internalError("feature matching", "the classifier shows no features");
  const counts = groups.map(({ shape }) => Number(shape[0]));
  const rowsOf = (x: Tensor, group: number): Tensor => {
    const first = counts.slice(0, group).reduce((total, count) => total + count, 0);
    return slice(x, [first, 0], [counts[group] ?? 0, Number(x.shape[1])]);
  };
  return { logits: (group: number) => rowsOf(output, group), features: (group: number) => rowsOf(features, group) };
}
