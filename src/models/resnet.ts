import { add, averagePool2d, relu, reshape, sum, type Tensor, tanh, upsampleNearest2d } from "../graph/index.ts";
import { convolution, dense, dropout, glorotNormal, Network, normal, type Scope } from "../nn/index.ts";
import { type Architecture, type ArchitectureOptions, discriminatorNormOf, imageShape } from "./architecture.ts";
import { withBatchDeviation } from "./batch-deviation.ts";
import { conditioning, requestShape } from "./class-conditioning.ts";
import { withMapNoise } from "./map-noise.ts";
import { type DiscriminatorNorm, type Normalisation, normalisationOf } from "./normalisation.ts";
import { croppedTo, doubledChannels, pyramid, refusalOfPyramid } from "./pyramid.ts";
import { activated, structureOf } from "./structure.ts";

const sameSize = { kernel: 3, padding: 1 };

/** As many times the width as the smallest maps of 64 pixels have. */
const MOST_CHANNELS = 16;

/**
 * Residual networks in the manner of Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks"
 * (appendix B.4), with the pyramid of channels of Mescheder et al. 2018. Generator: blocks that double the picture by
 * repeating pixels, with batch normalisation. Discriminator: blocks that halve it by averaging, then the sum over pixels;
 * by spectral normalisation, so that no sample of a batch influences another. `depth` is the number of blocks at each size
 * of map.
 *
 * The layers at the picture's full size have `width` channels, and each halving doubles them, up to 16 times. At 32 pixels
 * and width 16 a generator and a discriminator multiply 22 million times each for a picture (DCGAN of width 64: 18 million
 * each).
 */
export const resnet: Architecture = {
  name: "resnet",
  defaultWidth: 16,
  discriminatorNorms: ["spectral", "none", "instance", "layer", "batch"],
  refusal: refusalOfPyramid,

  choices: {
    kernel: [3],
    depth: [1, 2],
    activation: ["relu", "leakyRelu", "elu", "silu", "gelu"],
    norm: ["batch", "instance", "layer", "none"],
  },

  generator: (options) => picture("generator", options, options.format.channels, tanh),
  decoder: (options) => picture("decoder", options, options.outputs, (x) => x),
  discriminator: (options) =>
    reading("discriminator", options, discriminatorNormOf(resnet, options), options.verdicts ?? 1),
  encoder: (options) => reading("encoder", options, structureOf(resnet, options.structure).norm, options.features),
};

/** What the blocks of a network have in common. */
interface BlockStyle extends Pick<Normalisation, "weightTransform" | "bias"> {
  /** Norm and activation, before a convolution. */
  readonly prepared: (scope: Scope, x: Tensor) => Tensor;
  /** After a convolution. */
  readonly finished: (scope: Scope, x: Tensor) => Tensor;
  /** Whether the second convolution of a block has a bias. */
  readonly lastBias: boolean;
}

/** A change of size, to the map itself and to what a convolution made of it. */
type Resize = (x: Tensor) => Tensor;

function picture(
  name: string,
  options: ArchitectureOptions,
  outputs: number,
  squashed: (x: Tensor) => Tensor,
): Network {
  const { format, width } = options;
  const { depth, activation, norm } = structureOf(resnet, options.structure);
  const { bias } = normalisationOf(norm);
  return new Network(name, requestShape(options), (scope, request) => {
    const { vector, normalised } = conditioning(scope, request, options, norm);
    const style: BlockStyle = {
      prepared: (layer, x) => activated(activation, normalised(layer, x)),
      finished: (layer, x) => withMapNoise(layer, x, options),
      weightTransform: undefined,
      bias,
      lastBias: bias,
    };
    const { base, halvings, sizes } = pyramid(format);
    const channels = (level: number) => doubledChannels(width, halvings - level, MOST_CHANNELS);
    let x = scope.layer("project", (layer) =>
      reshape(
        dense(layer, vector, {
          features: channels(0) * base[0] * base[1],
          initializer: glorotNormal(Number(vector.shape[1]), channels(0)),
        }),
        [request.shape[0] ?? "batch", channels(0), ...base],
      ),
    );
    for (const [index, size] of sizes.slice(1).entries()) {
      const level = index + 1;
      x = scope.layer(`up${level}`, (layer) => {
        const doubled: Resize = (map) => croppedTo(upsampleNearest2d(map, 2), size);
        return deeper(layer, doublingBlock(layer, x, channels(level), doubled, style), depth, style);
      });
    }
    return scope.layer("image", (layer) =>
      squashed(
        convolution(layer, style.prepared(layer, x), {
          ...sameSize,
          filters: outputs,
          initializer: glorotNormal(9 * width, 9 * outputs),
        }),
      ),
    );
  });
}

function reading(name: string, options: ArchitectureOptions, norm: DiscriminatorNorm, features: number): Network {
  const { depth } = structureOf(resnet, options.structure);
  const { weightTransform, bias, normalised } = normalisationOf(norm);
  const style: BlockStyle = {
    prepared: (scope, x) => relu(normalised(scope, x)),
    finished: (_scope, x) => x,
    weightTransform,
    bias,
    lastBias: true,
  };
  return new Network(name, imageShape(options), (scope, image) => {
    const { halvings } = pyramid(options.format);
    let x = scope.layer("picture", (layer) =>
      convolution(layer, image, { ...sameSize, filters: options.width, weightTransform }),
    );
    for (let index = 1; index <= halvings; index++) {
      const filters = doubledChannels(options.width, index, MOST_CHANNELS);
      x = scope.layer(`down${index}`, (layer) => {
        const y = halvingBlock(layer, x, filters, style);
        const seen = index === halvings ? withBatchDeviation(layer, y, x, { ...options, weightTransform }) : y;
        return dropout(layer, deeper(layer, seen, depth, style), { rate: options.dropout ?? 0 });
      });
    }
    return scope.layer("judge", (layer) =>
      dense(layer, sum(relu(x), [2, 3]), { features, initializer: normal(0.02), weightTransform }),
    );
  });
}

/** [batch, channels, height, width] -> [batch, filters, 2 height, 2 width], or what `doubled` makes of the size. */
function doublingBlock(scope: Scope, x: Tensor, filters: number, doubled: Resize, style: BlockStyle): Tensor {
  const first = convolved(scope, "first", x, filters, style.bias, style, doubled);
  const second = convolved(scope, "second", first, filters, style.lastBias, style);
  // The shortcut's convolution sees single pixels, so it gives the same before the picture grows, for less.
  return add(second, doubled(shortcut(scope, x, filters, style)));
}

/** [batch, channels, height, width] -> [batch, filters, height / 2, width / 2]. */
function halvingBlock(scope: Scope, x: Tensor, filters: number, style: BlockStyle): Tensor {
  const first = convolved(scope, "first", x, Number(x.shape[1]), style.bias, style);
  const second = convolved(scope, "second", first, filters, style.lastBias, style);
  return add(halved(second), shortcut(scope, halved(x), filters, style));
}

/** The map after the first block of its size, through the other blocks: two convolutions each, beside the map itself. */
function deeper(scope: Scope, x: Tensor, depth: number, style: BlockStyle): Tensor {
  const channels = Number(x.shape[1]);
  let y = x;
  for (let index = 1; index < depth; index++) {
    y = scope.layer(`more${index}`, (layer) => {
      const first = convolved(layer, "first", y, channels, style.bias, style);
      return add(y, convolved(layer, "second", first, channels, style.lastBias, style));
    });
  }
  return y;
}

/** A 3x3 layer of a block: norm, activation, change of size, convolution. */
function convolved(
  scope: Scope,
  name: string,
  x: Tensor,
  filters: number,
  bias: boolean,
  { prepared, finished, weightTransform }: BlockStyle,
  resized: Resize = (map) => map,
): Tensor {
  return scope.layer(name, (layer) => {
    const y = convolution(layer, resized(prepared(layer, x)), { ...sameSize, filters, bias, weightTransform });
    return finished(layer, y);
  });
}

function shortcut(scope: Scope, x: Tensor, filters: number, { weightTransform }: BlockStyle): Tensor {
  const initializer = glorotNormal(Number(x.shape[1]), filters);
  return scope.layer("shortcut", (layer) =>
    convolution(layer, x, { filters, kernel: 1, bias: false, initializer, weightTransform }),
  );
}

function halved(x: Tensor): Tensor {
  return averagePool2d(x, { kernel: [2, 2] });
}
