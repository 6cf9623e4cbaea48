import type { PixelFormat } from "../../data/index.ts";
import { multiply, relu, reshape, subtract, type Tensor } from "../../graph/index.ts";
import {
  type Bindings,
  batchNorm,
  convolution,
  dense,
  type Mode,
  Network,
  type Scope,
  type Variable,
} from "../../nn/index.ts";

/** Channels after each convolution; every one but the first halves height and width. */
const WIDTHS = [16, 32, 64];
/** Numbers of an image before the logits. */
const FEATURES = 128;
/** The longer side of the images that it sees, at most. */
const LARGEST_SIDE = 32;

/** What the network makes of a batch of images. */
interface Classification {
  /** [batch, 128] */
  readonly features: Tensor;
  /** [batch, classes] */
  readonly logits: Tensor;
  /** The values that the statistics take after a step. */
  readonly statistics: Bindings;
}

/** What images of a format are brought to: at most 32 pixels on the longer side, in their own proportions and channels. */
export function classifierInput({ height, width, channels }: PixelFormat): PixelFormat {
  const scale = Math.min(1, LARGEST_SIDE / Math.max(height, width));
  const scaled = (side: number) => Math.max(1, Math.round(side * scale));
  return { height: scaled(height), width: scaled(width), channels };
}

/**
 * A small convolutional network: three convolutions, and a layer that sees all of their last maps, each batch-normalised
 * and rectified. It is made to be learned in a minute on two cores, not to be the best.
 */
export class ClassifierNetwork {
  readonly variables: readonly Variable[];
  readonly #body: Network;
  readonly #head: Network;

  constructor({ channels, height, width }: PixelFormat, classes: number) {
    this.#body = new Network("body", ["batch", channels, height, width], (scope, pixels) => {
      const maps = WIDTHS.reduce((x, filters, index) => block(scope, x, filters, index), pixels);
      return scope.layer("features", (layer) =>
        relu(batchNorm(layer, dense(layer, flattened(maps), { features: FEATURES, bias: false }))),
      );
    });
    this.#head = new Network("head", ["batch", FEATURES], (scope, features) =>
      scope.layer("logits", (layer) => dense(layer, features, { features: classes })),
    );
    this.variables = [...this.#body.variables, ...this.#head.variables];
  }

  /** @param pixels 0…255, [batch, channels, height, width]. */
  apply(pixels: Tensor, bindings: Bindings, mode: Mode): Classification {
    const { output: features, statistics } = this.#body.apply(normalised(pixels), bindings, mode);
    return { features, logits: this.#head.apply(features, bindings, mode).output, statistics };
  }
}

function block(scope: Scope, x: Tensor, filters: number, index: number): Tensor {
  const stride = index === 0 ? 1 : 2;
  return scope.layer(`convolution${index + 1}`, (layer) =>
    relu(batchNorm(layer, convolution(layer, x, { filters, kernel: 3, stride, padding: 1, bias: false }))),
  );
}

function flattened(x: Tensor): Tensor {
  const [batch = "batch", ...rest] = x.shape;
  return reshape(x, [batch, rest.reduce<number>((product, size) => product * Number(size), 1)]);
}

/** 0…255 to -1…1. */
function normalised(pixels: Tensor): Tensor {
  return subtract(multiply(pixels, 2 / 255), 1);
}
