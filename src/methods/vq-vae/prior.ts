import { internalError } from "../../foundation/errors.ts";
import { add, constant, conv2d, glu, logSoftmax, multiply, relu, reshape, type Tensor } from "../../graph/index.ts";
import type { Grid } from "../../models/index.ts";
import { filled, glorotNormal, Network, normal } from "../../nn/index.ts";
import { oneHotMaps, vectorMaps } from "./codes.ts";

export interface PriorOptions {
  readonly codes: number;
  readonly grid: Grid;
  /** Channels of the layers. */
  readonly width: number;
  /** Layers, at least 1. */
  readonly depth: number;
}

/** What the prior computes with. */
export interface PriorWeights {
  readonly grid: Grid;
  /** A vector for each code: [codes, width]. */
  readonly table: Tensor;
  /** What a position is like whatever the codes: [width, rows, columns]. */
  readonly place: Tensor;
  readonly layers: readonly {
    /** [2 width, width, reach + 1, 2 reach + 1]; what lies behind the position is 0. */
    readonly weight: Tensor;
    /** [2 width] */
    readonly bias: Tensor;
  }[];
  /** [codes, width] and [codes] */
  readonly head: Tensor;
  readonly headBias: Tensor;
}

/** How many rows up, and how many columns to the left and right, a layer looks. */
export const REACH = 2;
const [ROWS, COLUMNS] = [REACH + 1, 2 * REACH + 1];

/**
 * Which elements of a layer's kernel come before the position in reading order, row by row; the first layer must not see the
 * position itself, the others may (van den Oord et al. 2016, "Pixel Recurrent Neural Networks", figure 2, masks A and B).
 */
export function isSeen(row: number, column: number, layer: number): boolean {
  if (row < REACH) return true;
  return layer === 0 ? column < REACH : column <= REACH;
}

/**
 * A distribution over codes, position by position: p(codes) = Π p(code_i | codes before i), by convolutions with a mask and
 * gates in a residual sum (van den Oord et al. 2016, "Conditional Image Generation with PixelCNN Decoders", section 2; the gate
 * is the linear one of Dauphin et al. 2017):
 *
 *   h_1 = place + g(embedded codes)     h_l = h_{l-1} + g(h_{l-1})     g(x) = (W_a * x + a) sigmoid(W_b * x + b)
 *
 * Codes [batch, positions] -> log p(code_i = k | codes before i): [batch, codes, rows, columns]. The weights are shown, for
 * {@link weightsOf}.
 */
export function priorNetwork(options: PriorOptions): Network {
  const { codes, grid, width, depth } = options;
  const { rows, columns } = grid;
  return new Network("prior", ["batch", rows * columns], (scope, x) => {
    const seen = ROWS * COLUMNS - REACH;
    const shown = (name: string, value: Tensor): Tensor => {
      scope.show(name, value);
      return value;
    };
    const weights: PriorWeights = {
      grid,
      table: shown("table", scope.parameter("table", [codes, width], normal(1))),
      place: shown("place", scope.parameter("place", [width, rows, columns], filled(0))),
      layers: Array.from({ length: depth }, (_, index) => {
        const shape = [2 * width, width, ROWS, COLUMNS];
        const initializer = glorotNormal(seen * width, width);
        const weight = scope.parameter(`layer${index}/weight`, shape, initializer);
        return {
          weight: shown(`layer${index}/weight`, multiply(weight, mask(index))),
          bias: shown(`layer${index}/bias`, scope.parameter(`layer${index}/bias`, [2 * width], filled(0))),
        };
      }),
      head: shown("head", scope.parameter("head", [codes, width], glorotNormal(width, codes))),
      headBias: shown("headBias", scope.parameter("headBias", [codes], filled(0))),
    };
    return logProbabilities(weights, x);
  });
}

/** The weights of a prior that was applied, by what it shows. */
export function weightsOf(
  shown: ReadonlyMap<string, Tensor>,
  { grid, depth }: Pick<PriorOptions, "grid" | "depth">,
): PriorWeights {
  const find = (name: string): Tensor => {
    const tensor = shown.get(name);
    if (tensor === undefined) throw internalError("prior", `it does not show ${name}`);
    return tensor;
  };
  return {
    grid,
    table: find("table"),
    place: find("place"),
    layers: Array.from({ length: depth }, (_, index) => ({
      weight: find(`layer${index}/weight`),
      bias: find(`layer${index}/bias`),
    })),
    head: find("head"),
    headBias: find("headBias"),
  };
}

function logProbabilities({ grid, table, place, layers, head, headBias }: PriorWeights, x: Tensor): Tensor {
  const [codes, width] = table.shape.map(Number);
  let features = vectorMaps(oneHotMaps(x, Number(codes), grid), table);
  layers.forEach(({ weight, bias }, index) => {
    // Rows above and columns on both sides: the result is as large as the grid.
    const sums = conv2d(features, weight, { padding: [REACH, REACH, 0, REACH] });
    const gate = glu(add(sums, reshape(bias, [2 * Number(width), 1, 1])), 1);
    features = add(index === 0 ? place : features, gate);
  });
  const logits = conv2d(relu(features), reshape(head, [Number(codes), Number(width), 1, 1]));
  return logSoftmax(add(logits, reshape(headBias, [Number(codes), 1, 1])), 1);
}

/** [ROWS, COLUMNS]: 1 where a layer may look. */
function mask(layer: number): Tensor {
  const values = Float64Array.from({ length: ROWS * COLUMNS }, (_, index) =>
    Number(isSeen(Math.floor(index / COLUMNS), index % COLUMNS, layer)),
  );
  return constant(values, [ROWS, COLUMNS]);
}
