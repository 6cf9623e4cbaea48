import { mean, square, subtract, tanh } from "../graph/index.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import type { Method, Update } from "./method.ts";

export const reconstructionNames = ["mse", "l1", "bernoulli", "ssim", "perceptual"] as const;
export const corruptionNames = ["none", "gaussian", "saltAndPepper", "images"] as const;

/** What a user decides about an autoencoder. */
export interface AutoencoderSettings {
  /** How far a reconstruction is from its image. */
  readonly reconstruction: (typeof reconstructionNames)[number];
  /** What is done to the images that are encoded; those without it are to be reconstructed. */
  readonly corruption: (typeof corruptionNames)[number];
  /** Deviation of `gaussian` noise in [-1, 1]; share of pixels of `saltAndPepper`; largest opacity of `images`. */
  readonly corruptionAmount: number;
  /** A folder or file of images that are laid over the others, of `images`. */
  readonly corruptionImages?: string | undefined;
  /** Weight of the mean absolute value of the codes; 0 for none. */
  readonly sparsity: number;
  /** Components of the mixture that is fitted to the codes for sampling. */
  readonly components: number;
}

export interface AutoencoderOptions extends AutoencoderSettings {
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

export function autoencoder(options: AutoencoderOptions): Method<Part> {
  const { architecture, format, latent, averageHalfLife } = options;
  return {
    networks: {
      encoder: architecture.encoder({ ...options, features: latent }),
      decoder: architecture.decoder({ ...options, outputs: format.channels }),
    },
    phases: [
      {
        trains: { encoder: options.encoder, decoder: options.decoder },
        losses: ({ real }, { encoder, decoder }) => {
          const loss = mean(square(subtract(tanh(decoder(encoder(real))), real)));
          return { losses: { encoder: loss, decoder: loss }, report: { reconstructionLoss: loss } };
        },
      },
    ],
    latent,
    sample: (codes, { decoder }) => tanh(decoder(codes)),
    coding: {
      encode: (images, { encoder }) => encoder(images),
      decode: (codes, { decoder }) => tanh(decoder(codes)),
      mixture: options.components,
    },
    averaged: ["encoder", "decoder"],
    averageHalfLife,
  };
}
