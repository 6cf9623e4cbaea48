import type { Architecture, ImageFormat, Structure } from "../../models/index.ts";
import type { Network } from "../../nn/index.ts";
import { convolutionalClassifier } from "./convolutions.ts";
import { perceptron, perceptronGenerator } from "./perceptrons.ts";

export interface NetworkOptions {
  readonly format: ImageFormat;
  /** Size of the generator's random vector. */
  readonly latent: number;
  /** Scales every layer. */
  readonly width: number;
  readonly classes: number;
  /** Images whose noise is drawn apart: images i and i + rows of a batch get the same. */
  readonly rows: number;
  /** How the layers of a convolutional generator are built. */
  readonly structure?: Partial<Structure> | undefined;
}

/**
 * The networks of an architecture: the paper's for `mlp`; for the others their own generator, and a convolutional classifier.
 * This is called discriminator, and shows the layer before its logits as `features`.
 */
export function networksFor(
  architecture: Architecture,
  options: NetworkOptions,
): { readonly generator: Network; readonly discriminator: Network } {
  if (architecture.name === "mlp")
    return { generator: perceptronGenerator(options), discriminator: perceptron(options) };
  const { format, latent, width, structure } = options;
  return {
    generator: architecture.generator({ format, latent, width, structure }),
    discriminator: convolutionalClassifier(options),
  };
}
