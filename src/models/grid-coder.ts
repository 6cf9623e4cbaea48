import { add, relu, type Tensor } from "../graph/index.ts";
import { convolution, Network, type Scope, transposedConvolution } from "../nn/index.ts";
import type { ImageFormat } from "./architecture.ts";

/** The positions of a code that has the form of a small map. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
}

/** More positions would make the network that draws them one by one slow and long. */
const MOST_POSITIONS = 100;

/** Sides in pixels: of two positions, and what the other networks stop at. */
const SMALLEST = 8;
const LARGEST = 256;

/** How often an image is halved on its way to a grid: twice, or as often as leaves at most 100 positions. */
function halvingsOf({ height, width }: Pick<ImageFormat, "height" | "width">): number {
  return Math.max(2, Math.ceil(Math.log((height * width) / MOST_POSITIONS) / Math.log(4)));
}

/** The grid of codes of an image that {@link refusalOfGrid} does not refuse. */
export function gridOf(format: Pick<ImageFormat, "height" | "width">): Grid {
  const scale = 2 ** halvingsOf(format);
  return { rows: format.height / scale, columns: format.width / scale };
}

/** Why images of this size cannot be brought to a grid, and a size that can, no larger; undefined where they can. */
export function refusalOfGrid({ height, width }: Pick<ImageFormat, "height" | "width">) {
  const scale = 2 ** halvingsOf({ height, width });
  const fits = (side: number) => side % scale === 0 && side >= SMALLEST && side <= LARGEST;
  if (fits(height) && fits(width)) return undefined;
  const below = (side: number) => Math.min(LARGEST, Math.max(SMALLEST, side - (side % scale)));
  return {
    expected: `sides that are multiples of ${scale} from ${SMALLEST} to ${LARGEST}`,
    nearest: { height: below(height), width: below(width) },
  };
}

export interface GridCoderOptions {
  readonly format: ImageFormat;
  /** Channels of every layer. */
  readonly width: number;
  /** Numbers at each position of the grid. */
  readonly codeSize: number;
}

const halving = { kernel: 4, stride: 2, padding: 1 };
const sameSize = { kernel: 3, padding: 1 };
const RESIDUAL_BLOCKS = 2;

/**
 * [batch, channels, height, width] -> [batch, codeSize, rows, columns]: the encoder of van den Oord et al. 2017, "Neural
 * Discrete Representation Learning", section 4.1: convolutions that halve the image, then residual blocks. It takes no
 * statistics over the batch.
 */
export function gridEncoder({ format, width, codeSize }: GridCoderOptions): Network {
  return new Network("encoder", ["batch", format.channels, format.height, format.width], (scope, image) => {
    let x = image;
    for (let index = 1; index <= halvingsOf(format); index++) {
      x = relu(scope.layer(`down${index}`, (layer) => convolution(layer, x, { ...halving, filters: width })));
    }
    x = scope.layer("mix", (layer) => convolution(layer, x, { ...sameSize, filters: width }));
    x = relu(residualBlocks(scope, x));
    return scope.layer("code", (layer) => convolution(layer, x, { kernel: 1, filters: codeSize }));
  });
}

/** [batch, codeSize, rows, columns] -> [batch, channels, height, width]: {@link gridEncoder} backwards; no function at the end. */
export function gridDecoder({ format, width, codeSize }: GridCoderOptions): Network {
  const { rows, columns } = gridOf(format);
  return new Network("decoder", ["batch", codeSize, rows, columns], (scope, codes) => {
    let x = scope.layer("mix", (layer) => convolution(layer, codes, { ...sameSize, filters: width }));
    x = relu(residualBlocks(scope, x));
    const halvings = halvingsOf(format);
    for (let index = 1; index < halvings; index++) {
      x = relu(scope.layer(`up${index}`, (layer) => transposedConvolution(layer, x, { ...halving, filters: width })));
    }
    return scope.layer("image", (layer) => transposedConvolution(layer, x, { ...halving, filters: format.channels }));
  });
}

/** Each adds to x a convolution over neighbours and one over channels, with half as many between them. */
function residualBlocks(scope: Scope, x: Tensor): Tensor {
  const filters = Number(x.shape[1]);
  let sum = x;
  for (let index = 1; index <= RESIDUAL_BLOCKS; index++) {
    const before = sum;
    sum = scope.layer(`block${index}`, (block) => {
      const near = block.layer("near", (layer) =>
        convolution(layer, relu(before), { ...sameSize, filters: Math.ceil(filters / 2) }),
      );
      return add(
        before,
        block.layer("channels", (layer) => convolution(layer, relu(near), { kernel: 1, filters })),
      );
    });
  }
  return sum;
}
