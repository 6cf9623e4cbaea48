import {
  add,
  averagePool2d,
  glu,
  leakyRelu,
  mean,
  multiply,
  type Tensor,
  tanh,
  upsampleNearest2d,
} from "../graph/index.ts";
import {
  batchNorm,
  type ConvolutionLayerOptions,
  convolution,
  dense,
  dropout,
  Network,
  normal,
  type Scope,
} from "../nn/index.ts";
import {
  type Architecture,
  type ArchitectureOptions,
  flattened,
  type ImageFormat,
  imageShape,
} from "./architecture.ts";
import { withBatchDeviation } from "./batch-deviation.ts";
import { type DiscriminatorNorm, normalisationOf } from "./normalisation.ts";

/** Channels of the last map, as a multiple of the width; every larger map has half of the next. */
const LAST_MULTIPLE = 8;

/** Pixels that the shorter side of the last map has at least, and the longer of a redrawn picture at most. */
const SMALLEST_MAP = 8;
const LARGEST_REDRAWN = 64;

/** The name under which the last map is shown. */
const FEATURES = "features";

const sameSize = { kernel: 3, padding: 1 };
const small = { initializer: normal(0.02) };
/** A verdict for each place of the last map. */
const places = { kernel: 4, bias: false, ...small };

/**
 * The discriminator of Liu et al. 2021, section 3.2 and the authors' programs: residual blocks halve the picture until the
 * shorter side has 8 to 15 pixels; then a 1x1 and a 4x4 convolution give a logit for each place of that map. Their mean is
 * the picture's logit, where the authors average the loss over places instead. The last map is shown as `features`.
 *
 * With a number of `features` the network is an encoder: these are computed from the whole map, not by place.
 */
export function reading(
  name: string,
  options: ArchitectureOptions,
  norm: DiscriminatorNorm,
  features?: number,
): Network {
  // An encoder without a norm has weights that keep the scale of signals: the layers' own.
  const weights = features !== undefined && norm === "none" ? {} : small;
  const { weightTransform, bias, normalised } = normalisationOf(norm);
  const beforeActivation: Convolved = (layer, x, geometry) =>
    normalised(layer, convolution(layer, x, { ...geometry, ...weights, bias, weightTransform }));
  const convolved: Convolved = (layer, x, geometry) => leakyRelu(beforeActivation(layer, x, geometry), 0.2);
  const kept = (layer: Scope, x: Tensor) => dropout(layer, x, { rate: options.dropout ?? 0 });
  return new Network(name, imageShape(options), (scope, image) => {
    const { halvings } = lastMap(options.format);
    const channels = (level: number) =>
      Math.max(1, Math.floor(options.width * LAST_MULTIPLE * 2 ** (level - halvings)));
    let x = scope.layer("picture", (layer) =>
      leakyRelu(convolution(layer, image, { ...sameSize, ...weights, filters: channels(0), weightTransform }), 0.2),
    );
    for (let level = 1; level <= halvings; level++) {
      x = scope.layer(`down${level}`, (layer) => kept(layer, halvingBlock(layer, x, channels(level), convolved)));
    }
    scope.show(FEATURES, x);
    const described = scope.layer("describe", (layer) => {
      const y = beforeActivation(layer, x, { kernel: 1, filters: 2 * channels(halvings) });
      return kept(layer, leakyRelu(withBatchDeviation(layer, y, x, { ...options, weightTransform }), 0.2));
    });
    return scope.layer("judge", (layer) =>
      features === undefined
        ? mean(convolution(layer, described, { ...places, filters: options.verdicts ?? 1, weightTransform }), [2, 3])
        : dense(layer, flattened(described), { features, ...small, weightTransform }),
    );
  });
}

/**
 * Draws the picture again from the discriminator's last map (section 3.2): blocks of nearest-neighbour upsampling, 3x3
 * convolution, batch normalisation and gated linear unit double it, up to the picture's own size or 64 pixels of the longer
 * side (the authors: 128). A map whose side is longer already is drawn as large as it is.
 */
export const redrawing: NonNullable<Architecture["redrawer"]> = ({ format, width }) => {
  const { size, halvings } = lastMap(format);
  const room = Math.floor(Math.log2(LARGEST_REDRAWN / Math.max(...size)));
  const doublings = Math.max(0, Math.min(halvings, room));
  const network = new Network("redrawer", ["batch", LAST_MULTIPLE * width, ...size], (scope, features) => {
    let x = features;
    for (let level = 1; level <= doublings; level++) {
      const filters = level === 1 ? 2 * width : width;
      x = scope.layer(`up${level}`, (layer) => {
        const grown = upsampleNearest2d(x, 2);
        const y = convolution(layer, grown, { ...sameSize, ...small, filters: 2 * filters, bias: false });
        return glu(batchNorm(layer, y), 1);
      });
    }
    return scope.layer("image", (layer) =>
      tanh(convolution(layer, x, { ...sameSize, ...small, filters: format.channels })),
    );
  });
  return { from: FEATURES, network };
};

/** Size of the discriminator's last map, and how often the picture is halved to it. */
function lastMap({ height, width }: ImageFormat): {
  readonly size: readonly [number, number];
  readonly halvings: number;
} {
  let size: readonly [number, number] = [height, width];
  let halvings = 0;
  while (Math.min(...size) >= 2 * SMALLEST_MAP) {
    size = [Math.floor(size[0] / 2), Math.floor(size[1] / 2)];
    halvings++;
  }
  return { size, halvings };
}

/** Convolution, norm, leaky ReLU. */
type Convolved = (
  scope: Scope,
  x: Tensor,
  geometry: Pick<ConvolutionLayerOptions, "kernel" | "filters" | "stride" | "padding">,
) => Tensor;

/** [batch, channels, height, width] -> [batch, filters, height / 2, width / 2]: the mean of a deep and a direct way. */
function halvingBlock(scope: Scope, x: Tensor, filters: number, convolved: Convolved): Tensor {
  const halving = { kernel: 4, stride: 2, padding: 1, filters };
  const first = scope.layer("first", (layer) => convolved(layer, x, halving));
  const deep = scope.layer("second", (layer) => convolved(layer, first, { ...sameSize, filters }));
  const direct = scope.layer("direct", (layer) =>
    convolved(layer, averagePool2d(x, { kernel: [2, 2] }), { kernel: 1, filters }),
  );
  return multiply(add(deep, direct), 0.5);
}
