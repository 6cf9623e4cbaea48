import { internalError } from "../foundation/errors.ts";
import type { ImageFormat } from "../models/index.ts";
import type { Method, Update } from "./method.ts";

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

type Part = "encoder" | "decoder" | "prior";

export function vqVae({ codes }: VqVaeOptions): Method<Part> {
  throw internalError("vq-vae", `${codes} codes`);
}
