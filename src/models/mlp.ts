import { leakyRelu, reshape, type Tensor, tanh } from "../graph/index.ts";
import { dense, Network } from "../nn/index.ts";
import { type Architecture, discriminatorNormOf, flattened, type ImageFormat, imageShape } from "./architecture.ts";
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

  generator: ({ format, latent, width }) =>
    new Network("generator", ["batch", latent], (scope, z) => {
      const hidden1 = scope.layer("hidden1", (layer) => leakyRelu(dense(layer, z, { features: width }), 0.2));
      const hidden2 = scope.layer("hidden2", (layer) => leakyRelu(dense(layer, hidden1, { features: 2 * width }), 0.2));
      return scope.layer("image", (layer) => {
        const pixels = tanh(dense(layer, hidden2, { features: pixelCount(format) }));
        return reshape(pixels, [z.shape[0] ?? "batch", format.channels, format.height, format.width]);
      });
    }),

  discriminator: (options) =>
    new Network("discriminator", imageShape(options), (scope, image) => {
      const { width } = options;
      const { weightTransform } = normalisationOf(discriminatorNormOf(mlp, options));
      const hidden = (name: string, inputs: Tensor, features: number) =>
        scope.layer(name, (layer) => leakyRelu(dense(layer, inputs, { features, weightTransform }), 0.2));
      const hidden2 = hidden("hidden2", hidden("hidden1", flattened(image), 2 * width), width);
      return scope.layer("judge", (layer) => dense(layer, hidden2, { features: 1, weightTransform }));
    }),
};

function pixelCount({ height, width, channels }: ImageFormat): number {
  return height * width * channels;
}
