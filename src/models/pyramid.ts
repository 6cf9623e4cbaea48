import { slice, type Tensor } from "../graph/index.ts";
import type { Architecture, ImageFormat } from "./architecture.ts";

const SMALLEST = 16;
const LARGEST = 256;
const STEP = 4;

/** The refusal of architectures that halve and double pictures: sides of a multiple of 4 from 16 to 256 pixels fit. */
export const refusalOfPyramid: Architecture["refusal"] = ({ height, width }) => {
  const nearest = (side: number) => Math.min(LARGEST, Math.max(SMALLEST, Math.round(side / STEP) * STEP));
  if (nearest(height) === height && nearest(width) === width) return undefined;
  return {
    expected: `a multiple of ${STEP} from ${SMALLEST} to ${LARGEST}`,
    nearest: { height: nearest(height), width: nearest(width) },
  };
};

type Size = readonly [height: number, width: number];

/** The maps between the smallest and the picture. */
export interface Pyramid {
  /** Of the smallest map, the shorter side of which has 4 to 15 pixels. */
  readonly base: Size;
  /** How often the picture is halved to it. */
  readonly halvings: number;
  /** Of every map, from the base to the picture. */
  readonly sizes: readonly Size[];
}

/**
 * Halves a picture as long as at least 4 pixels of each side are left. A side that becomes odd is halved no further where
 * it has at most 15 pixels, and rounded up where it has more: 28, 14, 7; 100, 50, 25, 13.
 */
export function pyramid({ height, width }: Pick<ImageFormat, "height" | "width">): Pyramid {
  let base: Size = [height, width];
  const sizes: Size[] = [base];
  while (base.every((side) => side >= 8 && (side % 2 === 0 || side > 15))) {
    base = [Math.ceil(base[0] / 2), Math.ceil(base[1] / 2)];
    sizes.unshift(base);
  }
  return { base, halvings: sizes.length - 1, sizes };
}

/** Doubled maps [batch, channels, height, width] without the last row or column, where the size before was rounded up. */
export function croppedTo(x: Tensor, [height, width]: Size): Tensor {
  const [batch = "batch", channels = 1, ...size] = x.shape;
  if (size[0] === height && size[1] === width) return x;
  return slice(x, [0, 0, 0, 0], [batch, channels, height, width]);
}

/**
 * Channels that double with every halving of the map, up to `most` times the width. Every doubling of channels makes a
 * layer's parameters four times as many, and the smallest maps, where they sit, are few pixels.
 */
export function doubledChannels(width: number, doublings: number, most: number): number {
  return width * Math.min(2 ** doublings, most);
}
