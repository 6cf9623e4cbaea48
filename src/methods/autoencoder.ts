import type { PresetName } from "../features/index.ts";
import { internalError } from "../foundation/errors.ts";
import { abs, add, divide, mean, multiply, sqrt, square, type Tensor, tanh } from "../graph/index.ts";
import type { Architecture, ImageFormat, Structure } from "../models/index.ts";
import {
  bernoulliCrossEntropy,
  featureDistance,
  likelihoods,
  meanAbsoluteError,
  meanSquaredError,
  structuralDissimilarity,
} from "../nn/index.ts";
import { corrupted, type corruptionNames, type NoiseImages } from "./corruption.ts";
import type { Method, Players, StepInputs, Update } from "./method.ts";

export const reconstructionNames = ["mse", "l1", "bernoulli", "ssim", "perceptual"] as const;

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
  /** Weight of the mean absolute value of the codes, relative to their root mean square; 0 for none. */
  readonly sparsity: number;
  /** Components of the mixture that is fitted to the codes for sampling; where classes are learned, of each class. */
  readonly components: number;
  /** Weight, beside the reconstruction, of what is learned of classes, where they are. Default: {@link CLASS_WEIGHT}. */
  readonly classWeight?: number | undefined;
  /** How the network of `perceptual` wants its pixels: the name of a preset. Absent: as its file shows. */
  readonly preset?: PresetName | undefined;
  /** Values inside the network of `perceptual` that are compared. Absent: the last map of each size. */
  readonly layers?: readonly string[] | undefined;
}

/** What {@link AutoencoderSettings.classWeight} is where nothing is said. */
export const CLASS_WEIGHT = 0.1;

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
  /** Where the reconstruction is `perceptual`: pictures in [-1, 1] -> what layers of a frozen network see in them. */
  readonly features?: ((pictures: Tensor) => readonly Tensor[]) | undefined;
  /** Where the corruption is `images`. */
  readonly noiseImages?: NoiseImages | undefined;
}

type Part = "encoder" | "decoder";

/**
 * An autoencoder (Hinton and Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks"): min over E and D of
 * L(x, D(E(c(x)))), where c is the corruption of a denoising one (Vincent et al. 2010), plus the weighted density of the codes.
 */
export function autoencoder(options: AutoencoderOptions): Method<Part> {
  const { architecture, format, latent, averageHalfLife } = options;
  const { picture } = reconstructionOf(options);
  return {
    networks: {
      encoder: architecture.encoder({ ...options, features: latent }),
      decoder: architecture.decoder({ ...options, outputs: format.channels }),
    },
    phases: [
      {
        trains: { encoder: options.encoder, decoder: options.decoder },
        losses: (inputs, players) => {
          const { loss, report } = codingLoss(options, inputs, players);
          return { losses: { encoder: loss, decoder: loss }, report };
        },
      },
    ],
    latent,
    sample: (codes, { decoder }) => picture(decoder(codes)),
    coding: {
      encode: (images, { encoder }) => encoder(images),
      decode: (codes, { decoder }) => picture(decoder(codes)),
      mixture: options.components,
    },
    averaged: ["encoder", "decoder"],
    averageHalfLife,
  };
}

/** What an autoencoder makes small in a step, shape [], and what of it is shown. */
export function codingLoss(
  options: AutoencoderOptions,
  inputs: Pick<StepInputs, "real" | "noise" | "uniform">,
  { encoder, decoder }: Players<Part>,
): { readonly loss: Tensor; readonly report: Readonly<Record<string, Tensor>> } {
  const codes = encoder(corrupted(inputs.real, inputs, options));
  const reconstructionLoss = reconstructionOf(options).loss(decoder(codes), inputs.real);
  if (options.sparsity === 0) return { loss: reconstructionLoss, report: { reconstructionLoss } };
  const codeDensity = densityOf(codes);
  const loss = add(reconstructionLoss, multiply(codeDensity, options.sparsity));
  return { loss, report: { reconstructionLoss, codeDensity } };
}

/** How the decoder's output becomes a picture, and how far it is from the image. */
interface Reconstruction {
  readonly picture: (decoded: Tensor) => Tensor;
  readonly loss: (decoded: Tensor, images: Tensor) => Tensor;
}

/** Weight of the pixels beside the features: networks that recognise things hardly see colour and brightness. */
const PIXEL_WEIGHT = 0.1;

function reconstructionOf({ reconstruction, features }: AutoencoderOptions): Reconstruction {
  const ofPictures = (loss: Reconstruction["loss"]): Reconstruction => ({
    picture: tanh,
    loss: (decoded, images) => loss(tanh(decoded), images),
  });
  switch (reconstruction) {
    case "mse":
      return ofPictures(meanSquaredError);
    case "l1":
      return ofPictures(meanAbsoluteError);
    case "bernoulli":
      return { picture: likelihoods.bernoulli.mean, loss: bernoulliCrossEntropy };
    case "ssim":
      return ofPictures(structuralDissimilarity);
    case "perceptual":
      return ofPictures((made, images) => {
        const pixels = meanSquaredError(made, images);
        if (features === undefined) throw internalError("autoencoder", "no network of features");
        return add(featureDistance(features, made, images), multiply(pixels, PIXEL_WEIGHT));
      });
  }
}

/** Keeps the slope finite for a code of zeros. */
const TINY = 1e-8;

/**
 * The mean absolute value of a code over its root mean square, the mean over the batch: 1 where all numbers of a code are as
 * large, 1 / sqrt(size) where all but one are 0 (Hoyer 2004, "Non-negative Matrix Factorization with Sparseness
 * Constraints", equation 4, without its affine scale). The plain mean absolute value would be made small by small codes,
 * which the first layer of the decoder makes large again (Olshausen and Field 1996 hold the variance of the codes for that reason):
 * of this quotient the size of a code is no part.
 * @param codes [batch, size].
 */
function densityOf(codes: Tensor): Tensor {
  return mean(divide(mean(abs(codes), [1]), sqrt(add(mean(square(codes), [1]), TINY))));
}
