import { add, multiply, relu, type Tensor } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import { type AutoencoderOptions, autoencoder, CLASS_WEIGHT, codingLoss } from "./autoencoder.ts";
import { type ClassifierSettings, classification } from "./labels/classification.ts";
import type { Method, Players, Update } from "./method.ts";

export interface ClassifiedAutoencoderOptions extends AutoencoderOptions {
  /** Classes of which labels are there. */
  readonly classes: number;
  /** How they are learned. */
  readonly classifier: ClassifierSettings;
  /** Moves the network that tells classes apart. */
  readonly teacher: Update;
}

/** Units of the classifier's hidden layer. */
const HIDDEN = 64;

/**
 * An autoencoder whose codes tell classes apart: besides what {@link autoencoder} makes small on all images, a small classifier
 * that reads the code learns from the labelled images, and from its own certain answers on all (see {@link classification}),
 *
 *   L(x, D(E(c(x)))) + weight * (what the classifier h(E(.)) learns),
 *
 * which the encoder learns, too. New pictures of a class come from a mixture that is fitted to the codes of its images, so
 * that the decoder needs to know nothing of classes.
 */
export function classifiedAutoencoder(
  options: ClassifiedAutoencoderOptions,
): Method<"encoder" | "decoder" | "classifier"> {
  const { classes, classifier: settings, teacher, ...plain } = options;
  const { latent, classWeight = CLASS_WEIGHT } = plain;
  const base = autoencoder(plain);
  const classify = (images: Tensor, { encoder, classifier }: Players<"encoder" | "classifier">) =>
    classifier(encoder(images));
  return {
    ...base,
    networks: { ...base.networks, classifier: classifierOf(latent, classes) },
    phases: [
      {
        trains: { encoder: options.encoder, decoder: options.decoder, classifier: teacher },
        losses: (inputs, players) => {
          const coding = codingLoss(plain, inputs, players);
          const lesson = classification({ ...settings, classes }, inputs, (images) => classify(images, players));
          // One sum for all networks, so that its gradient is taken once.
          const loss = add(coding.loss, multiply(lesson.loss, classWeight));
          return {
            losses: { encoder: loss, decoder: loss, classifier: loss },
            report: { ...coding.report, ...lesson.report },
            memory: lesson.memory,
          };
        },
      },
    ],
    classes: { count: classes, classify, isConditional: true },
    averaged: ["encoder", "decoder", "classifier"],
  };
}

/** Codes [batch, latent] -> logits [batch, classes]. */
function classifierOf(latent: number, classes: number): Network {
  return new Network("classifier", ["batch", latent], (scope, codes) => {
    const hidden = scope.layer("hidden", (layer) => relu(dense(layer, codes, { features: HIDDEN })));
    return scope.layer("classes", (layer) => dense(layer, hidden, { features: classes }));
  });
}
