import {
  add,
  divide,
  exp,
  multiply,
  sigmoid,
  slice,
  softplus,
  square,
  subtract,
  sum,
  type Tensor,
} from "../graph/index.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import type { Method, Update } from "./method.ts";

export const likelihoodNames = ["bernoulli", "gaussian", "logistic"] as const;

/** What a user decides about a variational autoencoder. */
export interface VaeSettings {
  /** p(x | z) of a pixel. */
  readonly likelihood: (typeof likelihoodNames)[number];
  /** Whether each pixel is drawn anew at every step, 1 with the probability that its brightness is (`bernoulli` only). */
  readonly binarise: boolean;
  /** Weight of the divergence from the prior; 1 for the bound of the likelihood. */
  readonly beta: number;
  /** Steps in which that weight grows from 0. */
  readonly warmup: number;
  /** Nats of each number of the code that cost nothing. */
  readonly freeBits: number;
  /** Draws of z for each image in the objective; above 1 it is the importance-weighted bound. */
  readonly importanceSamples: number;
  /** What codes of new pictures are drawn from. */
  readonly sampling: "prior" | "mixture";
  /** Components of the mixture. */
  readonly components: number;
}

export interface VaeOptions extends VaeSettings {
  readonly architecture: Architecture;
  readonly format: ImageFormat;
  /** Numbers of a code. */
  readonly latent: number;
  readonly width: number;
  readonly structure?: Partial<Structure> | undefined;
  readonly batch: number;
  readonly encoder: Update;
  readonly decoder: Update;
  readonly averageHalfLife: number;
}

type Part = "encoder" | "decoder";

export function vae(options: VaeOptions): Method<Part> {
  const { architecture, format, latent, batch, averageHalfLife } = options;
  const picture = (codes: Tensor, decoder: (x: Tensor) => Tensor) => subtract(multiply(sigmoid(decoder(codes)), 2), 1);
  return {
    networks: {
      encoder: architecture.encoder({ ...options, features: 2 * latent }),
      decoder: architecture.decoder({ ...options, outputs: format.channels }),
    },
    phases: [
      {
        trains: { encoder: options.encoder, decoder: options.decoder },
        losses: ({ real, noise }, { encoder, decoder }) => {
          const codes = encoder(real);
          const center = slice(codes, [0, 0], [batch, latent]);
          const logVariance = slice(codes, [0, latent], [batch, latent]);
          const z = add(center, multiply(exp(multiply(logVariance, 0.5)), noise("code", [batch, latent])));
          const logits = decoder(z);
          const target = multiply(add(real, 1), 0.5);
          const reconstruction = divide(sum(subtract(softplus(logits), multiply(target, logits))), batch);
          const divergence = divide(
            multiply(sum(subtract(add(exp(logVariance), square(center)), add(logVariance, 1))), 0.5),
            batch,
          );
          const loss = add(reconstruction, divergence);
          return { losses: { encoder: loss, decoder: loss }, report: { loss, reconstruction, divergence } };
        },
      },
    ],
    latent,
    sample: (codes, { decoder }) => picture(codes, decoder),
    coding: {
      encode: (images, { encoder }) => slice(encoder(images), [0, 0], [images.shape[0] ?? "batch", latent]),
      decode: (codes, { decoder }) => picture(codes, decoder),
    },
    averaged: ["encoder", "decoder"],
    averageHalfLife,
  };
}
