import { leakyRelu, reshape, type Tensor, tanh } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import {
  type Architecture,
  type ArchitectureOptions,
  discriminatorNormOf,
  flattened,
  imageShape,
} from "./architecture.ts";
import { normalisationOf } from "./normalisation.ts";

const LARGEST = 128;

/**
 * Fully connected networks as in Goodfellow et al. 2014, "Generative Adversarial Nets": latent, two hidden layers of
 * `width` and twice `width` units, image; mirrored in the discriminator. Leaky ReLU of slope 0.2 throughout. Fast on tiny
 * grey pictures; it knows nothing of neighbouring pixels.
 */
export const mlp: Architecture = {
  name: "mlp",
  defaultWidth: 256,
  discriminatorNorms: ["none", "spectral"],

  refusal: ({ height, width }) => {
    if (Math.max(height, width) <= LARGEST) return undefined;
    const nearest = { height: Math.min(height, LARGEST), width: Math.min(width, LARGEST) };
    return { expected: `at most ${LARGEST}`, nearest };
  },

  choices: { kernel: [1], depth: [2], activation: ["leakyRelu"], norm: ["none"] },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) => reading("discriminator", options, 1),
  encoder: (options) => reading("encoder", options, options.features),
};

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
): Network {
  const { format, latent, width } = options;
  const { height, width: sideways } = format;
  return new Network(name, ["batch", latent], (scope, z) => {
    const hidden1 = scope.layer("hidden1", (layer) => leakyRelu(dense(layer, z, { features: width }), 0.2));
    const hidden2 = scope.layer("hidden2", (layer) => leakyRelu(dense(layer, hidden1, { features: 2 * width }), 0.2));
    return scope.layer("image", (layer) => {
      const pixels = squashed(dense(layer, hidden2, { features: outputs * height * sideways }));
      return reshape(pixels, [z.shape[0] ?? "batch", outputs, height, sideways]);
    });
  });
}

function reading(name: string, options: ArchitectureOptions, features: number): Network {
  return new Network(name, imageShape(options), (scope, image) => {
    const { width } = options;
    const { weightTransform } = normalisationOf(discriminatorNormOf(mlp, options));
    const hidden = (layerName: string, inputs: Tensor, units: number) =>
      scope.layer(layerName, (layer) => leakyRelu(dense(layer, inputs, { features: units, weightTransform }), 0.2));
    const hidden2 = hidden("hidden2", hidden("hidden1", flattened(image), 2 * width), width);
    return scope.layer("judge", (layer) => dense(layer, hidden2, { features, weightTransform }));
  });
}
