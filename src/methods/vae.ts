import { add, isGreater, multiply, subtract, type Tensor } from "../graph/index.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import { type LikelihoodName, likelihoods } from "../nn/index.ts";
import type { Method, Player, StepInputs, Update } from "./method.ts";
import {
  drawn,
  evidenceObjective,
  importanceWeightedObjective,
  logRatio,
  normalOf,
  type Objective,
  type Posterior,
  repeat,
} from "./vae-objectives.ts";

/** What a user decides about a variational autoencoder. */
export interface VaeSettings {
  /** p(x | z) of a pixel. */
  readonly likelihood: LikelihoodName;
  /** Whether each pixel is drawn anew at every step, 1 with the probability that its brightness is (`bernoulli` only). */
  readonly binarise: boolean;
  /** Weight of the divergence from the prior; 1 for the bound of the likelihood. */
  readonly beta: number;
  /** Steps in which that weight grows from 0. */
  readonly warmup: number;
  /** Nats of each number of the code that cost nothing, on average over a batch (one draw only). */
  readonly freeBits: number;
  /** Draws of z for each image in the objective; above 1 it is the importance-weighted bound. */
  readonly importanceSamples: number;
  /** What codes of new pictures are drawn from. */
  readonly sampling: "prior" | "mixture";
  /** Components of the mixture. */
  readonly components: number;
  /** How classes are part of the model; there where classes are learned, as are the next. */
  readonly classModel?: (typeof classModelNames)[number] | undefined;
  /** Nats of the bound of an image that a nat of the classifier's loss counts as much as. */
  readonly classWeight?: number | undefined;
  /** Steps in which what the bound teaches the classifier grows from 0 to that. */
  readonly classWarmup?: number | undefined;
}

/** Of Kingma et al. 2014, "Semi-supervised Learning with Deep Generative Models", see semi-supervised-vae.ts. */
export const classModelNames = ["m1+m2", "m2"] as const;

export interface VaeOptions extends VaeSettings {
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Numbers of a code. */
  readonly latent: number;
  readonly width: number;
  readonly structure?: Partial<Structure> | undefined;
  readonly encoder: Update;
  readonly decoder: Update;
  readonly averageHalfLife: number;
}

type Part = "encoder" | "decoder";

/**
 * The variational autoencoder of Kingma and Welling 2014, "Auto-Encoding Variational Bayes". The encoder says which codes z an
 * image may have, q(z | x), the decoder which images a code may have, p(x | z); codes are N(0, 1) before an image is
 * seen. Both networks make a lower bound of log p(x) large.
 */
export function vae(options: VaeOptions): Method<Part> {
  const { architecture, latent } = options;
  const { observed, outputs, posteriorOf, logProbability, picture, objective } = vaeParts(options);
  return {
    networks: {
      encoder: architecture.encoder({ ...options, features: 2 * latent }),
      decoder: architecture.decoder({ ...options, outputs }),
    },
    phases: [
      {
        trains: { encoder: options.encoder, decoder: options.decoder },
        losses: (inputs, { encoder, decoder }) => {
          const images = observed(inputs);
          return objective(inputs, images, posteriorOf(images, encoder), decoder);
        },
      },
    ],
    latent,
    sample: (codes, { decoder }) => picture(codes, decoder),
    coding: {
      encode: (images, { encoder }) => posteriorOf(images, encoder).mean,
      decode: (codes, { decoder }) => picture(codes, decoder),
      mixture: options.sampling === "mixture" ? options.components : undefined,
    },
    logWeight: (inputs, { encoder, decoder }) => {
      const images = observed(inputs);
      const posterior = posteriorOf(images, encoder);
      const z = drawn(posterior, inputs.noise("code", [Number(images.shape[0]), latent]));
      return add(logProbability(z, images, decoder), logRatio(z, posterior));
    },
    averaged: ["encoder", "decoder"],
    averageHalfLife: options.averageHalfLife,
  };
}

/** What variational autoencoders are put together from. */
export function vaeParts(options: VaeOptions) {
  const { format, latent, beta, warmup, freeBits, importanceSamples } = options;
  const likelihood = likelihoods[options.likelihood];
  const logProbability = (z: Tensor, images: Tensor, decoder: Player) => likelihood.logProbability(decoder(z), images);

  /** Bowman et al. 2016, "Generating Sentences from a Continuous Space", section 3.1. */
  const weightOf = (inputs: Pick<StepInputs, "scalar">): Tensor =>
    inputs.scalar("beta", (step) => beta * (step < warmup ? step / warmup : 1));

  return {
    /** Numbers that the decoder gives for each pixel. */
    outputs: likelihood.outputs * format.channels,
    /** The images whose probability counts. */
    observed: ({ real, uniform }: Pick<StepInputs, "real" | "uniform">): Tensor =>
      options.binarise ? binarised(real, uniform("binarisation", real.shape.map(Number))) : real,
    /** q(z | x). */
    posteriorOf: (images: Tensor, encoder: Player): Posterior => normalOf(encoder(images)),
    /** log p(x | z), [batch]. */
    logProbability,
    /** E x under p(x | z). */
    picture: (codes: Tensor, decoder: Player): Tensor => likelihood.mean(decoder(codes)),
    /** The weight of the divergence at this step. */
    weightOf,
    objective: (inputs: StepInputs, images: Tensor, posterior: Posterior, decoder: Player): Objective => {
      const batch = Number(images.shape[0]);
      const targets = repeat(images, importanceSamples);
      const decoding = (z: Tensor) => logProbability(z, targets, decoder);
      const weight = weightOf(inputs);
      if (importanceSamples === 1) {
        const noise = inputs.noise("code", [batch, latent]);
        return evidenceObjective(posterior, decoding, { noise, weight, freeBits });
      }
      const noise = inputs.noise("code", [batch, importanceSamples, latent]);
      return importanceWeightedObjective(posterior, decoding, { noise, weight });
    },
  };
}

/**
 * Images of -1 and 1: each pixel is 1 with the probability that its brightness is (Salakhutdinov and Murray 2008, "On the
 * Quantitative Analysis of Deep Belief Networks"), drawn anew whenever an image is seen, as in Burda et al. 2016.
 */
function binarised(images: Tensor, uniform: Tensor): Tensor {
  return subtract(multiply(isGreater(multiply(add(images, 1), 0.5), uniform), 2), 1);
}
