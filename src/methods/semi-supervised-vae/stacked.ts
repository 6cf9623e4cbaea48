import { add, concat, multiply, slice, softplus, stopGradient, subtract, type Tensor } from "../../graph/index.ts";
import { classifierOf } from "../../models/index.ts";
import { classification } from "../labels/classification.ts";
import type { Method, Phase, Player } from "../method.ts";
import { vae, vaeParts } from "../vae.ts";
import { type Decoding, drawn, logNormal, normalOf, type Posterior, repeat } from "../vae-objectives.ts";
import { classLogWeight, classObjective } from "./class-bound.ts";
import { layered } from "./networks.ts";
import { type ClassVaeOptions, classesOf, taught } from "./options.ts";

/** Numbers of z2 at most: few, so that it says what the class does not, and the class again hardly pays. */
const STYLE = 8;
/** Of the logarithm of the variance of a number of z1: a smaller one would be an overflow, soon. */
const LEAST = -6;

type Part = "encoder" | "decoder" | "posterior" | "codes" | "classifier";

/**
 * M1+M2 of Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models": M1 is a variational autoencoder of the images, and
 * M2 a model of its codes z1, which have a class y and a code z2 of their own: p(y) is even, p(z2) = N(0, 1), p(z1 | y, z2) a normal
 * distribution. Both learn in the same step; what M2 learns does not reach M1. Unlike the paper's, the classifier sees the
 * image and not z1, so that it learns from changed images, too; the bound holds for any q(y | x).
 *
 * A picture is made from z2 and the noise of z1.
 */
export function stacked({ classes, classifier: settings, pace, teacher, ...options }: ClassVaeOptions): Method<Part> {
  const { latent, averageHalfLife, freeBits } = options;
  const first = vae(options);
  const { observed, posteriorOf, logProbability, picture, weightOf } = vaeParts(options);
  const style = Math.min(latent, STYLE);
  /** p(z1 | y, z2), of rows of z2 and y beside one another. */
  const codesOf = (rows: Tensor, codes: Player): Posterior => {
    const { mean, logVariance } = normalOf(codes(rows));
    return { mean, logVariance: add(softplus(subtract(logVariance, LEAST)), LEAST) };
  };
  /** log p(z1 | y, z2) of every image and class. */
  const decodingOf = (z1: Tensor, codes: Player): Decoding => {
    const targets = repeat(z1, classes);
    return (rows) => logNormal(targets, codesOf(rows, codes));
  };

  const second: Phase<Part> = {
    trains: { posterior: options.encoder, codes: options.decoder, classifier: teacher },
    losses: (inputs, { encoder, posterior, codes, classifier }) => {
      const images = observed(inputs);
      const batch = Number(images.shape[0]);
      const seen = posteriorOf(images, encoder);
      const z1 = stopGradient(drawn(seen, inputs.noise("z1", [batch, latent])));
      const lessons = classification({ ...settings, classes }, inputs, classifier);
      const { losses, report, classDivergence } = classObjective(
        {
          features: z1,
          logits: classifier(inputs.real),
          known: inputs.known(classes),
          decoding: decodingOf(z1, codes),
        },
        posterior,
        { noise: inputs.noise("style", [batch, style]), weight: weightOf(inputs), freeBits },
      );
      const bound = losses.decoder;
      const lesson = taught(inputs, lessons.loss, bound, pace);
      return {
        losses: { posterior: bound, codes: bound, classifier: lesson },
        report: { codeLoss: report.loss, styleDivergence: report.divergence, classDivergence, ...lessons.report },
        memory: lessons.memory,
      };
    },
  };
  return {
    networks: {
      ...first.networks,
      posterior: layered("posterior", { inputs: latent + classes, outputs: 2 * style, depth: 2 }),
      codes: layered("codes", { inputs: style + classes, outputs: 2 * latent, depth: 2 }),
      classifier: (options.architecture.classifier ?? classifierOf)({ ...options, ...settings, classes }),
    },
    phases: [...first.phases, second],
    latent: style + latent,
    sample: (draws, { codes, decoder }, asked) => {
      const [batch = "batch"] = draws.shape;
      const z2 = slice(draws, [0, 0], [batch, style]);
      const ofClass = codesOf(concat([z2, classesOf(asked)], 1), codes);
      return picture(drawn(ofClass, slice(draws, [0, style], [batch, latent])), decoder);
    },
    coding: {
      encode: (images, { encoder }) => posteriorOf(images, encoder).mean,
      decode: (z1, { decoder }) => picture(z1, decoder),
    },
    logWeight: (inputs, { encoder, decoder, posterior, codes }) => {
      const images = observed(inputs);
      const batch = Number(images.shape[0]);
      const seen = posteriorOf(images, encoder);
      const z1 = drawn(seen, inputs.noise("z1", [batch, latent]));
      const observation = { features: z1, decoding: decodingOf(z1, codes) };
      const logPrior = classLogWeight(observation, posterior, {
        noise: inputs.noise("style", [batch, style]),
        classes,
      });
      return add(logProbability(z1, images, decoder), add(logPrior, multiply(logNormal(z1, seen), -1)));
    },
    classes: { count: classes, classify: (images, { classifier }) => classifier(images), isConditional: true },
    averaged: ["encoder", "decoder", "posterior", "codes", "classifier"],
    averageHalfLife,
  };
}
