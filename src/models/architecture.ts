import { AtelierError } from "../foundation/errors.ts";
import { elementCount, reshape, type Tensor } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import type { DiscriminatorNorm } from "./normalisation.ts";

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
  /** One of the architecture's `discriminatorNorms`. Default: the first of them. */
  readonly discriminatorNorm?: DiscriminatorNorm | undefined;
}

/** A pair of networks that fit each other. */
export interface Architecture {
  readonly name: string;
  /** Width where the user does not name one. */
  readonly defaultWidth: number;
  /** What the discriminator's layers can be normalised by; the first is the usual one. */
  readonly discriminatorNorms: readonly [DiscriminatorNorm, ...DiscriminatorNorm[]];
  /** Why images of this size cannot be made, and the nearest size that can; undefined where they can. */
  readonly refusal: (
    format: ImageFormat,
  ) => { readonly expected: string; readonly nearest: Pick<ImageFormat, "height" | "width"> } | undefined;
  /** [batch, latent] -> [batch, channels, height, width] in [-1, 1]. */
  readonly generator: (options: ArchitectureOptions) => Network;
  /** [batch, channels, height, width] -> logits [batch, 1]: above 0 for "real". */
  readonly discriminator: (options: ArchitectureOptions) => Network;
}

/** Shape of a batch of the options' images. */
export function imageShape({ format }: ArchitectureOptions) {
  return ["batch", format.channels, format.height, format.width] as const;
}

/**
 * The norm that an architecture's discriminator gets.
 * @throws AtelierError (usage) when the architecture does not know the one that is asked for.
 */
export function discriminatorNormOf(
  { name, discriminatorNorms }: Pick<Architecture, "name" | "discriminatorNorms">,
  { discriminatorNorm }: Pick<ArchitectureOptions, "discriminatorNorm">,
): DiscriminatorNorm {
  const norm = discriminatorNorm ?? discriminatorNorms[0];
  if (discriminatorNorms.includes(norm)) return norm;
  throw new AtelierError({
    kind: "usage",
    where: `discriminatorNorm of ${name}`,
    expected: discriminatorNorms.join(", "),
    received: norm,
    help: `choose one of these, or leave it out for ${discriminatorNorms[0]}`,
  });
}

/** [batch, …] -> [batch, features]. */
export function flattened(x: Tensor): Tensor {
  const [batch = "batch", ...rest] = x.shape;
  return reshape(x, [batch, elementCount(rest.map(Number))]);
}
