import { leakyRelu, reshape, type Tensor, tanh } from "../graph/index.ts";
import { dense, dropout, Network } from "../nn/index.ts";
import {
  type Architecture,
  type ArchitectureOptions,
  discriminatorNormOf,
  flattened,
  imageShape,
} from "./architecture.ts";
import { withBatchDeviation } from "./batch-deviation.ts";
import { conditioning, requestShape } from "./class-conditioning.ts";
import { withMapNoise } from "./map-noise.ts";
import { type DiscriminatorNorm, normalisationOf } from "./normalisation.ts";
import { activated, structureOf } from "./structure.ts";

const LARGEST = 128;

/**
 * Fully connected networks as in Goodfellow et al. 2014, "Generative Adversarial Nets": latent, hidden layers of `width`,
 * then twice `width` units, image; mirrored in the discriminator. Leaky ReLU of slope 0.2. Fast on tiny grey pictures; it
 * knows nothing of neighbouring pixels. `depth` is the number of hidden layers: all but the one farthest from the picture
 * have twice `width` units, so that a width of 64 and a depth of 3 are 100-64-128-128-784 for pictures of 28 pixels.
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

  choices: {
    kernel: [1],
    depth: [2, 1, 3, 4],
    activation: ["leakyRelu", "relu", "elu", "silu", "gelu"],
    norm: ["none", "batch", "layer"],
  },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) =>
    reading("discriminator", options, discriminatorNormOf(mlp, options), options.verdicts ?? 1),
  encoder: (options) => reading("encoder", options, structureOf(mlp, options.structure).norm, options.features),
};

/** Units of the hidden layers, from the latent vector to the picture. */
function hiddenUnits({ width }: ArchitectureOptions, depth: number): readonly number[] {
  return Array.from({ length: depth }, (_, index) => (index === 0 ? width : 2 * width));
}

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
): Network {
  const { height, width } = options.format;
  const { depth, activation, norm } = structureOf(mlp, options.structure);
  const { bias } = normalisationOf(norm);
  return new Network(name, requestShape(options), (scope, request) => {
    const { vector, normalised } = conditioning(scope, request, options, norm);
    let x = vector;
    for (const [index, features] of hiddenUnits(options, depth).entries()) {
      x = scope.layer(`hidden${index + 1}`, (layer) => {
        const units = withMapNoise(layer, dense(layer, x, { features, bias }), options);
        return activated(activation, normalised(layer, units));
      });
    }
    return scope.layer("image", (layer) => {
      const pixels = squashed(dense(layer, x, { features: outputs * height * width }));
      return reshape(pixels, [request.shape[0] ?? "batch", outputs, height, width]);
    });
  });
}

function reading(name: string, options: ArchitectureOptions, norm: DiscriminatorNorm, features: number): Network {
  const { depth } = structureOf(mlp, options.structure);
  const { weightTransform, bias, normalised } = normalisationOf(norm);
  return new Network(name, imageShape(options), (scope, image) => {
    let x = flattened(image);
    for (const [index, units] of hiddenUnits(options, depth).toReversed().entries()) {
      x = scope.layer(`hidden${index + 1}`, (layer) => {
        const y = normalised(layer, dense(layer, x, { features: units, bias, weightTransform }));
        const seen = index === depth - 1 ? withBatchDeviation(layer, y, x, { ...options, weightTransform }) : y;
        return dropout(layer, leakyRelu(seen, 0.2), { rate: options.dropout ?? 0 });
      });
    }
    return scope.layer("judge", (layer) => dense(layer, x, { features, weightTransform }));
  });
}
