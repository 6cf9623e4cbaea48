import { leakyRelu, reshape, type Tensor, tanh } from "../graph/index.ts";
import { convolution, dense, dropout, Network, normal, type Scope, transposedConvolution } from "../nn/index.ts";
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
import { croppedTo, doubledChannels, pyramid, refusalOfPyramid } from "./pyramid.ts";
import { activated, structureOf } from "./structure.ts";

/** As many times the width as the smallest maps of 64 pixels have, the paper's size. */
const MOST_CHANNELS = 8;

/** The paper's weights, for layers that a norm brings to scale. */
const small = { initializer: normal(0.02) };

/**
 * The networks of Radford, Metz and Chintala 2016, "Unsupervised Representation Learning with Deep Convolutional
 * Generative Adversarial Networks": strided convolutions throughout, batch normalisation in both networks except at the
 * generator's output and the discriminator's input, ReLU in the generator, leaky ReLU of slope 0.2 in the discriminator,
 * weights drawn from N(0, 0.02^2). The discriminator can be normalised otherwise. Each halving doubles the channels, from
 * `width` to 8 times as many. `depth` is the number of 3x3 layers that follow at each size of map.
 */
export const dcgan: Architecture = {
  name: "dcgan",
  defaultWidth: 64,
  discriminatorNorms: ["batch", "spectral", "instance", "layer", "none"],
  refusal: refusalOfPyramid,

  choices: {
    kernel: [4, 5],
    depth: [0, 1, 2],
    activation: ["relu", "leakyRelu", "elu", "silu", "gelu"],
    norm: ["batch", "instance", "layer", "none"],
  },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) =>
    reading("discriminator", options, discriminatorNormOf(dcgan, options), options.verdicts ?? 1, small),
  encoder: (options) => {
    const { norm } = structureOf(dcgan, options.structure);
    return reading("encoder", options, norm, options.features, weightsFor(norm));
  },
};

/** Convolutions that halve or double a map exactly. */
function resizing(kernel: number) {
  return { kernel, stride: 2, padding: Math.floor((kernel - 1) / 2) };
}

/** Without a norm, weights that keep the scale from layer to layer: the layers' own. */
function weightsFor(norm: DiscriminatorNorm): Partial<typeof small> {
  return norm === "none" ? {} : small;
}

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
): Network {
  const { format, width } = options;
  const { kernel, depth, activation, norm } = structureOf(dcgan, options.structure);
  const { bias } = normalisationOf(norm);
  const weights = weightsFor(norm);
  // A kernel of odd side reaches one pixel less than twice the map.
  const doubling = { ...resizing(kernel), outputPadding: kernel % 2 };

  return new Network(name, requestShape(options), (scope, request) => {
    const { vector, normalised } = conditioning(scope, request, options, norm);
    const finished = (layer: Scope, x: Tensor) => activated(activation, normalised(layer, x));
    const convolved = (layer: Scope, x: Tensor) => finished(layer, withMapNoise(layer, x, options));
    const deepened = (layer: Scope, x: Tensor) =>
      deeper(layer, x, depth, (inner, map, filters) =>
        convolved(inner, convolution(inner, map, { ...sameSize, ...weights, filters, bias })),
      );
    const { base, halvings, sizes } = pyramid(format);
    const channels = (level: number) => doubledChannels(width, halvings - 1 - level, MOST_CHANNELS);
    let x = scope.layer("project", (layer) => {
      const projected = dense(layer, vector, { features: channels(0) * base[0] * base[1], bias, ...weights });
      return deepened(layer, finished(layer, reshape(projected, [request.shape[0] ?? "batch", channels(0), ...base])));
    });
    for (const [index, size] of sizes.slice(1, -1).entries()) {
      const level = index + 1;
      x = scope.layer(`up${level}`, (layer) => {
        const filters = channels(level);
        const doubled = transposedConvolution(layer, x, { ...doubling, ...weights, filters, bias });
        return deepened(layer, convolved(layer, croppedTo(doubled, size)));
      });
    }
    return scope.layer("image", (layer) =>
      squashed(transposedConvolution(layer, x, { ...doubling, ...small, filters: outputs })),
    );
  });
}

function reading(
  name: string,
  options: ArchitectureOptions,
  norm: DiscriminatorNorm,
  features: number,
  weights: Partial<typeof small>,
): Network {
  const { kernel, depth } = structureOf(dcgan, options.structure);
  const { weightTransform, bias, normalised } = normalisationOf(norm);
  const halving = { ...resizing(kernel), ...weights, weightTransform };
  const dropped = (scope: Scope, x: Tensor) => dropout(scope, leakyRelu(x, 0.2), { rate: options.dropout ?? 0 });
  const deepened = (scope: Scope, x: Tensor) =>
    deeper(scope, x, depth, (layer, map, filters) => {
      const y = convolution(layer, map, { ...sameSize, ...weights, filters, bias, weightTransform });
      return dropped(layer, normalised(layer, y));
    });

  return new Network(name, imageShape(options), (scope, image) => {
    const { halvings } = pyramid(options.format);
    let x = scope.layer("down1", (layer) =>
      deepened(layer, dropped(layer, convolution(layer, image, { ...halving, filters: options.width }))),
    );
    for (let index = 2; index <= halvings; index++) {
      const filters = doubledChannels(options.width, index - 1, MOST_CHANNELS);
      x = scope.layer(`down${index}`, (layer) => {
        const y = normalised(layer, convolution(layer, x, { ...halving, filters, bias }));
        const seen = index === halvings ? withBatchDeviation(layer, y, x, { ...options, weightTransform }) : y;
        return deepened(layer, dropped(layer, seen));
      });
    }
    return scope.layer("judge", (layer) => dense(layer, flattened(x), { features, ...small, weightTransform }));
  });
}

const sameSize = { kernel: 3, padding: 1 };

/** So many layers one after the other, of as many channels as the map has. */
function deeper(
  scope: Scope,
  x: Tensor,
  count: number,
  build: (scope: Scope, x: Tensor, filters: number) => Tensor,
): Tensor {
  let y = x;
  for (let index = 1; index <= count; index++) {
    y = scope.layer(`more${index}`, (layer) => build(layer, y, Number(x.shape[1])));
  }
  return y;
}
