import { add, clip, mean, multiply, negate, square, stopGradient, subtract, sum, type Tensor } from "../graph/index.ts";
import { gridDecoder, gridEncoder, gridOf, type ImageFormat } from "../models/index.ts";
import type { Method, Players, Update } from "./method.ts";
import { codebookNetwork } from "./vq-vae/codebook.ts";
import { nearestCodes, oneHotMaps, perplexity, straightThrough, vectorMaps } from "./vq-vae/codes.ts";
import { drawnCodes } from "./vq-vae/drawing.ts";
import { priorNetwork, weightsOf } from "./vq-vae/prior.ts";

/** What a user decides about a vector-quantised autoencoder. */
export interface VqVaeSettings {
  /** Vectors of the codebook. */
  readonly codes: number;
  /** Numbers of such a vector. */
  readonly codeSize: number;
  /** Weight of the encoder's distance from the chosen vectors. */
  readonly commitment: number;
  /** Share of the codebook's moving averages that a step keeps, in [0, 1). */
  readonly decay: number;
  /** Channels and layers of the network that draws codes for new pictures. */
  readonly priorWidth: number;
  readonly priorDepth: number;
}

export interface VqVaeOptions extends VqVaeSettings {
  readonly format: ImageFormat;
  /** Channels of the encoder and decoder. */
  readonly width: number;
  readonly batch: number;
  readonly encoder: Update;
  readonly decoder: Update;
  readonly prior: Update;
  readonly averageHalfLife: number;
}

type Part = "encoder" | "codebook" | "decoder" | "prior";

/**
 * A vector-quantised autoencoder (van den Oord et al. 2017, "Neural Discrete Representation Learning") with E the encoder, D
 * the decoder, e the codebook's vectors and sg what no gradient flows through:
 *
 *   q = e_k, k = argmin_j |E(x) - e_j| at each position of the grid
 *   E, D:  minimise  |D(E(x) + sg(q - E(x))) - x|² + commitment |E(x) - sg(q)|²      means over all numbers; equation 3
 *   prior: minimise  -log p(k), a mean over positions
 *
 * The codebook is no parameter: it follows the encoder by moving averages. The prior learns the codes of the moment, and
 * nothing of what it learns reaches the others. A new picture is D of codes that the prior draws.
 */
export function vqVae(options: VqVaeOptions): Method<Part> {
  const { format, codes, codeSize, commitment, decay, priorWidth, priorDepth: depth } = options;
  const grid = gridOf(format);

  const encode = (images: Tensor, { encoder, codebook }: Players<Part>): Tensor => {
    const maps = encoder(images);
    return nearestCodes(maps, codebook(maps));
  };
  const decode = (drawn: Tensor, { codebook, decoder }: Players<Part>): Tensor =>
    clip(decoder(vectorMaps(oneHotMaps(drawn, codes, grid), codebook(drawn))), { min: -1, max: 1 });

  return {
    networks: {
      encoder: gridEncoder(options),
      codebook: codebookNetwork({ codes, codeSize, decay, grid }),
      decoder: gridDecoder(options),
      prior: priorNetwork({ codes, grid, width: priorWidth, depth }),
    },
    phases: [
      {
        // The codebook has no parameters to be moved by an optimiser: to be trained is to keep its statistics.
        trains: {
          encoder: options.encoder,
          decoder: options.decoder,
          codebook: { optimizer: options.encoder.optimizer },
        },
        losses: ({ real }, { encoder, codebook, decoder }) => {
          const maps = encoder(real);
          const vectors = codebook(maps);
          const chosen = oneHotMaps(nearestCodes(maps, vectors), codes, grid);
          const quantised = stopGradient(vectorMaps(chosen, vectors));
          const pictures = decoder(straightThrough(maps, quantised));
          const reconstructionLoss = mean(square(subtract(pictures, real)));
          const commitmentLoss = mean(square(subtract(maps, quantised)));
          const loss = add(reconstructionLoss, multiply(commitmentLoss, commitment));
          return {
            losses: { encoder: loss, decoder: loss, codebook: loss },
            report: { reconstructionLoss, commitmentLoss, codePerplexity: perplexity(chosen) },
          };
        },
      },
      {
        trains: { prior: options.prior },
        losses: ({ real }, players) => {
          const drawn = stopGradient(encode(real, players));
          const chosen = oneHotMaps(drawn, codes, grid);
          const priorNats = negate(mean(sum(multiply(chosen, players.prior(drawn)), [1])));
          return { losses: { prior: priorNats }, report: { priorNats } };
        },
      },
    ],
    latent: grid.rows * grid.columns,
    sample: (latent, players) => {
      // What the prior says of these numbers as codes is not asked for: only its weights are.
      const weights = weightsOf(players.prior.inside(latent).shown, { grid, depth });
      return decode(drawnCodes(weights, latent), players);
    },
    isDiscrete: true,
    coding: { encode, decode },
    averaged: ["encoder", "codebook", "decoder", "prior"],
    averageHalfLife: options.averageHalfLife,
  };
}
