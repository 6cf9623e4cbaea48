import { add, averagePool2d, relu, reshape, sum, type Tensor, tanh, upsampleNearest2d } from "../graph/index.ts";
import { batchNorm, convolution, dense, glorotNormal, Network, normal, type Scope } from "../nn/index.ts";
import { type Architecture, type ArchitectureOptions, discriminatorNormOf, imageShape } from "./architecture.ts";
import { type DiscriminatorNorm, type Normalisation, normalisationOf } from "./normalisation.ts";
import { pyramid, refusalOfPyramid } from "./pyramid.ts";

const sameSize = { kernel: 3, padding: 1 };

/**
 * Residual networks in the manner of Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks"
 * (appendix B.4), with the pyramid of channels of Mescheder et al. 2018. Generator: blocks that double the picture by
 * repeating pixels, with batch normalisation. Discriminator: blocks that halve it by averaging, then the sum over pixels;
 * by spectral normalisation, so that no sample of a batch influences another.
 *
 * The layers at the picture's full size have `width` channels, and each halving doubles them. At 32 pixels and width 16 a
 * generator and a discriminator multiply 22 million times each for a picture (DCGAN of width 64: 18 million each).
 */
export const resnet: Architecture = {
  name: "resnet",
  defaultWidth: 16,
  discriminatorNorms: ["spectral", "none", "instance", "layer", "batch"],
  refusal: refusalOfPyramid,

  choices: { kernel: [3], depth: [1], activation: ["relu"], norm: ["batch"] },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) => reading("discriminator", options, discriminatorNormOf(resnet, options), 1),
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
    let channels = width * 2 ** halvings;
    let x = scope.layer("project", (layer) =>
      reshape(
        dense(layer, z, { features: channels * base[0] * base[1], initializer: glorotNormal(latent, channels) }),
        [z.shape[0] ?? "batch", channels, ...base],
      ),
    );
    for (let index = 1; index <= halvings; index++) {
      channels /= 2;
      x = scope.layer(`up${index}`, (layer) => doublingBlock(layer, x, channels));
    }
    return scope.layer("image", (layer) =>
      squashed(
        convolution(layer, relu(batchNorm(layer, x)), {
          ...sameSize,
          filters: outputs,
          initializer: glorotNormal(9 * channels, 9 * outputs),
        }),
      ),
    );
  });
}

function reading(name: string, options: ArchitectureOptions, norm: DiscriminatorNorm, features: number): Network {
  return new Network(name, imageShape(options), (scope, image) => {
    const { halvings } = pyramid(options.format);
    const normalisation = normalisationOf(norm);
    const { weightTransform } = normalisation;
    let channels = options.width;
    let x = scope.layer("picture", (layer) =>
      convolution(layer, image, { ...sameSize, filters: channels, weightTransform }),
    );
    for (let index = 1; index <= halvings; index++) {
      channels *= 2;
      x = scope.layer(`down${index}`, (layer) => halvingBlock(layer, x, channels, normalisation));
    }
    return scope.layer("judge", (layer) =>
      dense(layer, sum(relu(x), [2, 3]), { features, initializer: normal(0.02), weightTransform }),
    );
  });
}

/** [batch, channels, height, width] -> [batch, filters, 2 height, 2 width]. */
function doublingBlock(scope: Scope, x: Tensor, filters: number): Tensor {
  const first = scope.layer("first", (layer) =>
    convolution(layer, upsampleNearest2d(relu(batchNorm(layer, x)), 2), { ...sameSize, filters, bias: false }),
  );
  const second = scope.layer("second", (layer) =>
    convolution(layer, relu(batchNorm(layer, first)), { ...sameSize, filters, bias: false }),
  );
  // The shortcut's convolution sees single pixels, so it gives the same before the picture grows, for less.
  return add(second, upsampleNearest2d(shortcut(scope, x, filters), 2));
}

/** [batch, channels, height, width] -> [batch, filters, height / 2, width / 2]. */
function halvingBlock(scope: Scope, x: Tensor, filters: number, norm: Normalisation): Tensor {
  const { weightTransform, bias, normalised } = norm;
  const first = scope.layer("first", (layer) =>
    convolution(layer, relu(normalised(layer, x)), { ...sameSize, filters: Number(x.shape[1]), bias, weightTransform }),
  );
  const second = scope.layer("second", (layer) =>
    convolution(layer, relu(normalised(layer, first)), { ...sameSize, filters, weightTransform }),
  );
  return add(halved(second), shortcut(scope, halved(x), filters, weightTransform));
}

function shortcut(
  scope: Scope,
  x: Tensor,
  filters: number,
  weightTransform?: Normalisation["weightTransform"],
): Tensor {
  const initializer = glorotNormal(Number(x.shape[1]), filters);
  return scope.layer("shortcut", (layer) =>
    convolution(layer, x, { filters, kernel: 1, bias: false, initializer, weightTransform }),
  );
}

function halved(x: Tensor): Tensor {
  return averagePool2d(x, { kernel: [2, 2] });
}
