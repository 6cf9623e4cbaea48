import {
  abs,
  add,
  constant,
  exp,
  expand,
  isEqual,
  isGreater,
  matmul,
  multiply,
  relu,
  reshape,
  select,
  subtract,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import type { TransformDraws } from "./draws.ts";

/*
 * Transforms that move pixels, one after the other: quarter turns, mirror, scale, translation. But for the transposition in a
 * quarter turn each maps rows to rows and columns to columns, so that all of them make A X B of an image X, with two small
 * matrices of its own: weights of linear interpolation, which are 0 and 1 where pixels move by whole numbers.
 *
 * What comes from outside of an image is 0, the middle of the range, as in DiffAugment (ADA continues images as a mirror
 * would). On a background of -1 or 1 such a border shows how far the image was moved, so that a generator which moves its own
 * pictures is found out even where every image is changed; on a background of 0 it does not.
 */

/** Batch, channels, height and width. */
export type PictureShape = readonly [batch: number, channels: number, height: number, width: number];

/** Largest translation as a share of the side (Zhao et al. 2020). */
const REACH = 1 / 8;
/** Deviation of the binary logarithm of the scale (Karras et al. 2020, appendix B). */
const SCALE_DEVIATION = 0.2;

/** How an axis is mapped: by `slope` around its middle, then `shift` pixels on, each [batch]; absent: 1 and 0. */
interface AxisMap {
  readonly slope?: Tensor | undefined;
  readonly shift?: Tensor | undefined;
}

/** What is drawn for each image; absent: not wanted. */
export interface Movement {
  /** Turns by 90 degrees, against the clock: 0 to 3. */
  readonly turns?: Tensor | undefined;
  /** 1 where left and right are exchanged. */
  readonly mirrored?: Tensor | undefined;
  /** What coordinates are divided by for an image of this scale. */
  readonly inverseScale?: Tensor | undefined;
  /** Pixels down and to the right, whole numbers. */
  readonly down?: Tensor | undefined;
  readonly right?: Tensor | undefined;
}

/** 0 to 3 quarter turns, all equally likely. */
export function quarterTurns(draws: TransformDraws): Tensor {
  return draws.ifApplied(draws.integer("turns", 4));
}

/** One image in two is mirrored. */
export function mirrors(draws: TransformDraws): Tensor {
  return draws.ifApplied(draws.integer("side", 2));
}

/** The scale is 2 to the power of N(0, 0.2^2). */
export function inverseScales(draws: TransformDraws): Tensor {
  return exp(multiply(draws.ifApplied(draws.normal("scale")), -SCALE_DEVIATION * Math.LN2));
}

/** Whole numbers of pixels, up to an eighth of the side, all equally likely. */
export function shifts(draws: TransformDraws, axis: string, side: number): Tensor {
  const most = Math.round(side * REACH);
  return draws.ifApplied(subtract(draws.integer(axis, 2 * most + 1), most));
}

/** Images [batch, channels, height, width], moved; quarter turns are for square ones. */
export function moved(images: Tensor, shape: PictureShape, movement: Movement): Tensor {
  const { turns, mirrored, inverseScale, down, right } = movement;
  // A turn is a transposition with the rows reversed, two reverse both axes, three transpose and reverse the columns.
  const turned = turns === undefined ? images : transposedWhereOdd(images, turns);
  const rowSigns = turns && signs(add(isEqual(turns, 1), isEqual(turns, 2)));
  const columnSigns = product(turns && signs(isGreater(turns, 1)), mirrored && signs(mirrored));
  const columns = { slope: product(columnSigns, inverseScale), shift: right };
  const rows = { slope: product(rowSigns, inverseScale), shift: down };
  return withMappedRows(withMappedColumns(turned, shape, columns), shape, rows);
}

function transposedWhereOdd(images: Tensor, turns: Tensor): Tensor {
  const odd = reshape(add(isEqual(turns, 1), isEqual(turns, 3)), [...turns.shape, 1, 1, 1]);
  return select(odd, transpose(images, [0, 1, 3, 2]), images);
}

/** -1 where the mask is 1, else 1. */
function signs(mask: Tensor): Tensor {
  return subtract(1, multiply(mask, 2));
}

function product(one: Tensor | undefined, other: Tensor | undefined): Tensor | undefined {
  return one === undefined || other === undefined ? (one ?? other) : multiply(one, other);
}

function withMappedColumns(images: Tensor, shape: PictureShape, map: AxisMap): Tensor {
  const [batch, channels, height, width] = shape;
  const weights = interpolation(batch, width, map);
  if (weights === undefined) return images;
  const lines = reshape(images, [batch, channels * height, width]);
  return reshape(matmul(lines, weights, { transposeRight: true }), shape);
}

function withMappedRows(images: Tensor, shape: PictureShape, map: AxisMap): Tensor {
  const [batch, channels, height] = shape;
  const weights = interpolation(batch, height, map);
  if (weights === undefined) return images;
  const ofChannels = expand(reshape(weights, [batch, 1, height, height]), [batch, channels, height, height]);
  return matmul(ofChannels, images);
}

/**
 * Weights of the old pixels (columns) in the new ones (rows) along an axis, [batch, side, side]; undefined where nothing moves.
 * They fall linearly with the distance from the place that a new pixel comes from. Images made smaller are not smoothed
 * before: what is drawn is seldom below 3/4, and real and generated images are treated alike.
 */
function interpolation(batch: number, side: number, { slope, shift }: AxisMap): Tensor | undefined {
  if (slope === undefined && shift === undefined) return undefined;
  const middle = (side - 1) / 2;
  const places = Float64Array.from({ length: side }, (_, place) => place - middle);
  const column = (x: Tensor | undefined, absent: number) => (x === undefined ? absent : reshape(x, [batch, 1]));
  const sources = multiply(subtract(constant(places, [1, side]), column(shift, 0)), column(slope, 1));
  return relu(subtract(1, abs(subtract(reshape(sources, [batch, side, 1]), constant(places, [side])))));
}
