import { AtelierError } from "../foundation/errors.ts";
import { elementCount, reshape, type Tensor } from "../graph/index.ts";
import type { Network } from "../nn/index.ts";
import type { DiscriminatorNorm } from "./normalisation.ts";
import type { Structure, StructureChoices } from "./structure.ts";

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
  /** Scales every layer: channels of the layer nearest the image, or units of the smallest hidden layer; see the architecture. */
  readonly width: number;
  /** How the layers are built, of the architecture's `choices`. Default: the first of each. */
  readonly structure?: Partial<Structure> | undefined;
  /**
   * Classes that a generator or decoder makes pictures of: its input is then [batch, latent + classes], whose last numbers
   * say how much of each class is asked for, of sum 1. Default: 0.
   */
  readonly classes?: number | undefined;
  /** Numbers that the discriminator gives for an image. Default: 1. */
  readonly verdicts?: number | undefined;
  /** One of the architecture's `discriminatorNorms`. Default: the first of them. */
  readonly discriminatorNorm?: DiscriminatorNorm | undefined;
  /** Share of each hidden layer's outputs that the discriminator or encoder drops in training, in [0, 1). Default: 0. */
  readonly dropout?: number | undefined;
  /** Whether the discriminator sees how far the pictures of a batch differ (Karras et al. 2018). Default: false. */
  readonly minibatchDeviation?: boolean | undefined;
  /**
   * Whether noise is added to the generator's maps in training, by a trained factor for each channel that begins as 0 (Karras
   * et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", section 3.2). Outside of
   * training there is none, so that a vector always gives the same picture. Default: false.
   */
  readonly mapNoise?: boolean | undefined;
}

export interface ClassifierOptions {
  readonly format: ImageFormat;
  /** Channels of the first layer. */
  readonly width: number;
  readonly classes: number;
}

export interface EncoderOptions extends ArchitectureOptions {
  /** Numbers that an image becomes. */
  readonly features: number;
}

export interface DecoderOptions extends ArchitectureOptions {
  /** Numbers for each pixel of the picture. */
  readonly outputs: number;
}

/** A pair of networks that fit each other. */
export interface Architecture {
  readonly name: string;
  /** Width where the user does not name one. */
  readonly defaultWidth: number;

  /** Size of the random vector where the user does not name one. Default: 100. */
  readonly defaultLatent?: number;
  /** What the discriminator's layers can be normalised by; the first is the usual one. */
  readonly discriminatorNorms: readonly [DiscriminatorNorm, ...DiscriminatorNorm[]];
  /** What can be chosen about the layers. */
  readonly choices: StructureChoices;
  /** Why images of this size cannot be made, and the nearest size that can; undefined where they can. */
  readonly refusal: (
    format: ImageFormat,
  ) => { readonly expected: string; readonly nearest: Pick<ImageFormat, "height" | "width"> } | undefined;
  /** [batch, latent + classes] -> [batch, channels, height, width] in [-1, 1]. */
  readonly generator: (options: ArchitectureOptions) => Network;
  /** [batch, channels, height, width] -> [batch, verdicts]; with one, logits above 0 for "real". */
  readonly discriminator: (options: ArchitectureOptions) => Network;
  /** [batch, channels, height, width] -> [batch, features]: the discriminator's layers, normalised as `structure.norm` says. */
  readonly encoder: (options: EncoderOptions) => Network;
  /** [batch, latent + classes] -> [batch, outputs, height, width]: the generator's layers, and no function at the end. */
  readonly decoder: (options: DecoderOptions) => Network;
  /** Tells classes apart: [batch, channels, height, width] -> logits [batch, classes]. Default: `classifierOf`. */
  readonly classifier?: (options: ClassifierOptions) => Network;
  /**
   * Of architectures whose discriminator is to draw real images again from what it shows of its inside: a network from the
   * tensor shown as `from` to a picture [batch, channels, height', width'] in [-1, 1], which may be smaller than the image
   * but has its proportions, up to rounding (Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis", section 3.2).
   */
  readonly redrawer?: (options: ArchitectureOptions) => { readonly from: string; readonly network: Network };
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
