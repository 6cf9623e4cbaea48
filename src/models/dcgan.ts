import { leakyRelu, relu, reshape, type Tensor, tanh } from "../graph/index.ts";
import { batchNorm, convolution, dense, Network, normal, transposedConvolution } from "../nn/index.ts";
import {
  type Architecture,
  type ArchitectureOptions,
  discriminatorNormOf,
  flattened,
  imageShape,
} from "./architecture.ts";
import { type DiscriminatorNorm, normalisationOf } from "./normalisation.ts";
import { pyramid, refusalOfPyramid } from "./pyramid.ts";

/** All convolutions: each halves or doubles the picture. */
const halving = { kernel: 4, stride: 2, padding: 1, initializer: normal(0.02) };

/**
 * The networks of Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
 * Generative Adversarial Networks": strided convolutions throughout, batch normalisation in both networks except at the
 * generator's output and the discriminator's input, ReLU in the generator, leaky ReLU of slope 0.2 in the discriminator,
 * weights drawn from N(0, 0.02^2). The discriminator can be normalised otherwise.
 */
export const dcgan: Architecture = {
  name: "dcgan",
  defaultWidth: 64,

  discriminatorNorms: ["batch", "spectral", "instance", "layer", "none"],
  refusal: refusalOfPyramid,

  choices: { kernel: [4], depth: [0], activation: ["relu"], norm: ["batch"] },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) => reading("discriminator", options, discriminatorNormOf(dcgan, options), 1),
  encoder: (options) => reading("encoder", options, "batch", options.features),
};

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
): Network {
  const { format, latent, width } = options;
  return new Network(name, ["batch", latent], (scope, z) => {
    const { base, halvings } = pyramid(format);
    let channels = width * 2 ** (halvings - 1);
    let x = scope.layer("project", (layer) => {
      const features = channels * base[0] * base[1];
      const projected = dense(layer, z, { features, bias: false, initializer: normal(0.02) });
      return relu(batchNorm(layer, reshape(projected, [z.shape[0] ?? "batch", channels, ...base])));
    });
    for (let index = 1; index < halvings; index++) {
      channels /= 2;
      const filters = channels;
      x = scope.layer(`up${index}`, (layer) =>
        relu(batchNorm(layer, transposedConvolution(layer, x, { ...halving, filters, bias: false }))),
      );
    }
    return scope.layer("image", (layer) => squashed(transposedConvolution(layer, x, { ...halving, filters: outputs })));
  });
}

function reading(name: string, options: ArchitectureOptions, norm: DiscriminatorNorm, features: number): Network {
  return new Network(name, imageShape(options), (scope, image) => {
    const { halvings } = pyramid(options.format);
    const { weightTransform, bias, normalised } = normalisationOf(norm);
    const halved = { ...halving, weightTransform };
    let channels = options.width;
    let x = scope.layer("down1", (layer) =>
      leakyRelu(convolution(layer, image, { ...halved, filters: channels }), 0.2),
    );
    for (let index = 2; index <= halvings; index++) {
      channels *= 2;
      const filters = channels;
      x = scope.layer(`down${index}`, (layer) =>
        leakyRelu(normalised(layer, convolution(layer, x, { ...halved, filters, bias })), 0.2),
      );
    }
    return scope.layer("judge", (layer) =>
      dense(layer, flattened(x), { features, initializer: normal(0.02), weightTransform }),
    );
  });
}
