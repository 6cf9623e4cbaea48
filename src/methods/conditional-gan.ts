import { internalError } from "../foundation/errors.ts";
import { add, concat, keepAxes, multiply, slice, sum, type Tensor } from "../graph/index.ts";
import { classifierOf } from "../models/index.ts";
import type { Game } from "./gan/game.ts";
import { rotationLoss, TURNS } from "./gan/rotation.ts";
import type { GanOptions } from "./gan/settings.ts";
import { phasesOf } from "./gan.ts";
import { type ClassifierSettings, classification } from "./labels/classification.ts";
import { crossEntropy, drawnClasses, filledClasses } from "./labels/one-hot.ts";
import type { Method, Player, StepInputs, Update } from "./method.ts";

export interface ConditionalGanOptions extends GanOptions {
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

/** How much the turns of G's pictures weigh to G, beside what turns of real images weigh to D (Chen et al. 2019, section 4). */
const SHARE_OF_GENERATOR = 0.2;

/**
 * Class-conditional generation from few labels (Lucic et al. 2019, "High-Fidelity Image Generation With Fewer Labels",
 * S3GAN). Beside G and D there is a classifier C, as in Li et al. 2017, "Triple Generative Adversarial Nets". A step is
 *
 *   C:  classification from the labelled images and, where it is certain, from all others (labels/classification.ts)
 *   D:  minimise  loss(D(x, y), real) + loss(D(G(z, c), c), generated)      c drawn evenly; y the label of x, or what C says
 *   G:  minimise  loss(D(G(z, c), c), real)
 *
 * with one of two ways in which D goes by classes:
 *
 *   projection:  D(x, y) = d(x) + sum_k y_k p_k(x), with p linear in D's last features (Miyato and Koyama 2018, "cGANs with
 *                Projection Discriminator", equation 3)
 *   auxiliary:   D(x, y) = d(x), and p(x) are logits of the classes, which D and G both make right (Odena et al. 2017,
 *                "Conditional Image Synthesis with Auxiliary Classifier GANs", equation 3)
 *
 * D's verdicts on an image are d, p_1 … p_K and, where `rotation` is above 0, logits of four turns.
 */
export function conditionalGan(options: ConditionalGanOptions): Method<"generator" | "discriminator" | "classifier"> {
  const { architecture, latent, batch, classes, averageHalfLife } = options;
  const { conditioning = "projection", rotation = 0 } = options;
  const redrawer = architecture.redrawer?.(options);
  const drawn = (inputs: StepInputs) => drawnClasses(inputs, { batch, classes });

  // What verdicts [batch, verdicts] say: whether an image is real, and of it as one of the classes wanted.
  const logitFor = (wanted: Tensor) => (verdicts: Tensor) => {
    const whole = columns(verdicts, 0, 1);
    if (conditioning === "auxiliary") return whole;
    return add(whole, keepAxes(sum(multiply(ofClasses(verdicts), wanted), [1]), whole, [1]));
  };
  const ofClasses = (verdicts: Tensor) => columns(verdicts, 1, classes);
  const classLosses = (verdicts: Tensor, wanted: Tensor) =>
    conditioning === "auxiliary" ? [crossEntropy(ofClasses(verdicts), wanted)] : [];
  const turnLosses = (kind: "real" | "generated", images: Tensor, discriminator: Player, inputs: StepInputs) => {
    if (rotation === 0) return [];
    const ofTurns = (turned: Tensor) => columns(discriminator(turned), 1 + classes, TURNS);
    const weight = kind === "real" ? rotation : rotation * SHARE_OF_GENERATOR;
    return [multiply(rotationLoss(images, ofTurns, inputs, kind), weight)];
  };

  const game: Game = {
    ...options,
    redrawnFrom: redrawer?.from,
    besideDiscriminator: { classifier: options.teacher },
    pictures: (inputs, { generator }) => generator(concat([inputs.noise("latent", [batch, latent]), drawn(inputs)], 1)),
    ofReal(inputs, { discriminator, classifier }) {
      if (classifier === undefined) throw internalError("conditional GAN", "nothing tells classes apart");
      const lesson = classification({ ...options.classifier, classes }, inputs, classifier);
      const filled = filledClasses(inputs.known(classes), lesson.onReal());
      return {
        logit: logitFor(filled),
        forDiscriminator: (images, verdicts) => [
          ...classLosses(verdicts, filled),
          ...turnLosses("real", images, discriminator, inputs),
        ],
        lesson: { losses: { classifier: lesson.loss }, report: lesson.report, memory: lesson.memory },
      };
    },
    ofGenerated(inputs, { discriminator }) {
      const wanted = drawn(inputs);
      return {
        logit: logitFor(wanted),
        forDiscriminator: (_, verdicts) => classLosses(verdicts, wanted),
        forGenerator: (images, verdicts) => [
          ...classLosses(verdicts, wanted),
          ...turnLosses("generated", images, discriminator, inputs),
        ],
      };
    },
  };

  return {
    networks: {
      generator: architecture.generator(options),
      discriminator: architecture.discriminator({
        ...options,
        verdicts: 1 + classes + (rotation > 0 ? TURNS : 0),
      }),
      classifier: (architecture.classifier ?? classifierOf)({ ...options, ...options.classifier, classes }),
      ...(redrawer !== undefined && { redrawer: redrawer.network }),
    },
    phases: phasesOf(game),
    latent,
    sample(vectors, { generator }, wanted) {
      if (wanted === undefined) throw internalError("conditional GAN", "no class is asked for");
      return generator(concat([vectors, wanted], 1));
    },
    classes: { count: classes, classify: (images, { classifier }) => classifier(images), isConditional: true },
    averaged: ["generator", "classifier"],
    averageHalfLife,
  };
}

/** Some of the numbers of each row of x, [batch, numbers]. */
function columns(x: Tensor, first: number, count: number): Tensor {
  return slice(x, [0, first], [x.shape[0] ?? "batch", count]);
}
