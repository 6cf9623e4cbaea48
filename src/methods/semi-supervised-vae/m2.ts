import { concat, type Tensor } from "../../graph/index.ts";
import { classifierOf } from "../../models/index.ts";
import { classification } from "../labels/classification.ts";
import { likeliest } from "../labels/one-hot.ts";
import type { Method } from "../method.ts";
import { vaeParts } from "../vae.ts";
import { normalOf, repeat } from "../vae-objectives.ts";
import { classLogWeight, classObjective } from "./class-bound.ts";
import { layered } from "./networks.ts";
import { type ClassVaeOptions, classesOf, taught } from "./options.ts";

/** Numbers that an image becomes before a class is put beside them. */
const FEATURES = 256;

type Part = "encoder" | "posterior" | "decoder" | "classifier";

/**
 * M2 of Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models": a picture x has a class y and a code z, which says all
 * that the class does not. p(y) is even, p(z) = N(0, 1), and the decoder gives p(x | y, z). What an image may be is q(y | x) q(z | x, y): the
 * classifier and the encoder, whose last layers, `posterior`, see the class.
 */
export function m2({ classes, classifier: settings, pace, teacher, ...options }: ClassVaeOptions): Method<Part> {
  const { architecture, latent, averageHalfLife, freeBits } = options;
  const { observed, outputs, logProbability, picture, weightOf } = vaeParts(options);
  return {
    networks: {
      encoder: architecture.encoder({ ...options, features: FEATURES }),
      posterior: layered("posterior", { inputs: FEATURES + classes, outputs: 2 * latent, depth: 1 }),
      decoder: architecture.decoder({ ...options, latent: latent + classes, outputs }),
      classifier: (options.architecture.classifier ?? classifierOf)({ ...options, ...settings, classes }),
    },
    phases: [
      {
        trains: {
          encoder: options.encoder,
          posterior: options.encoder,
          decoder: options.decoder,
          classifier: teacher,
        },
        losses: (inputs, { encoder, posterior, decoder, classifier }) => {
          const images = observed(inputs);
          const lessons = classification({ ...settings, classes }, inputs, classifier);
          const targets = repeat(images, classes);
          const { losses, report, classDivergence } = classObjective(
            {
              features: encoder(images),
              logits: classifier(inputs.real),
              known: inputs.known(classes),
              decoding: (z) => logProbability(z, targets, decoder),
            },
            posterior,
            { noise: inputs.noise("code", [Number(images.shape[0]), latent]), weight: weightOf(inputs), freeBits },
          );
          const bound = losses.decoder;
          const lesson = taught(inputs, lessons.loss, bound, pace);
          return {
            losses: { encoder: bound, posterior: bound, decoder: bound, classifier: lesson },
            report: { ...report, classDivergence, ...lessons.report },
            memory: lessons.memory,
          };
        },
      },
    ],
    latent,
    sample: (z, { decoder }, asked) => picture(concat([z, classesOf(asked)], 1), decoder),
    coding: {
      encode: (images, { encoder, posterior, classifier }) => {
        const y = likeliest(classifier(images));
        return concat([normalOf(posterior(concat([encoder(images), y], 1))).mean, y], 1);
      },
      decode: (codes, { decoder }) => picture(codes, decoder),
    },
    logWeight: (inputs, { encoder, posterior, decoder }) => {
      const images = observed(inputs);
      const targets = repeat(images, classes);
      const decoding = (z: Tensor) => logProbability(z, targets, decoder);
      const noise = inputs.noise("code", [Number(images.shape[0]), latent]);
      return classLogWeight({ features: encoder(images), decoding }, posterior, { noise, classes });
    },
    classes: { count: classes, classify: (images, { classifier }) => classifier(images), isConditional: true },
    averaged: ["encoder", "posterior", "decoder", "classifier"],
    averageHalfLife,
  };
}
