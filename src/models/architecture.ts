import { elementCount, reshape, type Tensor } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";

/** The images that a model makes or judges. */
export interface ImageFormat {
  /** In pixels. */
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface ArchitectureOptions {
  readonly format: ImageFormat;
  /** Size of the random vector that a picture is made from. */
  readonly latent: number;
  /** Scales every layer: channels of the layer nearest the image, or units of the smallest hidden layer. */
  readonly width: number;
}

/** A pair of networks that fit each other. */
export interface Architecture {
  readonly name: string;
  /** Width where the user does not name one. */
  readonly defaultWidth: number;
  /** Why images of this size cannot be made, and the nearest size that can; undefined where they can. */
  readonly refusal: (format: ImageFormat) => { readonly expected: string; readonly nearest: number } | undefined;
  /** [batch, latent] -> [batch, channels, height, width] in [-1, 1]. */
  readonly generator: (options: ArchitectureOptions) => Network;
  /** [batch, channels, height, width] -> logits [batch, 1]: above 0 for "real". */
  readonly discriminator: (options: ArchitectureOptions) => Network;
}

/** Shape of a batch of the options' images. */
export function imageShape({ format }: ArchitectureOptions) {
  return ["batch", format.channels, format.height, format.width] as const;
}

/** [batch, …] -> [batch, features]. */
export function flattened(x: Tensor): Tensor {
  const [batch = "batch", ...rest] = x.shape;
  return reshape(x, [batch, elementCount(rest.map(Number))]);
}
