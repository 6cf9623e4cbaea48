import {
  add,
  concat,
  constant,
  erf,
  glu,
  isEqual,
  isGreater,
  matmul,
  multiply,
  relu,
  reshape,
  slice,
  softmax,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import { numbersBelow } from "./codes.ts";
import { isSeen, type PriorWeights, REACH } from "./prior.ts";

const COLUMNS = 2 * REACH + 1;

/**
 * Codes drawn from the prior, one position after the other: draws [batch, positions] from N(0, 1) -> codes [batch, positions].
 * The graph has no loop. Every layer is computed once for each position, from what it gave for the positions before, so a
 * picture costs no more multiplications than one pass of the network over whole grids.
 *
 * Inside, the batch is the last axis: an engine may make a copy of a constant for each product whose right side it is, and
 * here each is in as many products as there are positions.
 */
export function drawnCodes(weights: PriorWeights, draws: Tensor): Tensor {
  const { grid, table, head, headBias } = weights;
  const [batch = "batch"] = draws.shape;
  const [codes, width] = table.shape.map(Number);
  const positions = grid.rows * grid.columns;
  const sums = sumsUpTo(Number(codes));
  const numbers = column(numbersBelow(Number(codes)));
  const vectors = transpose(table, [1, 0]);
  const uniforms = transpose(uniformFromNormal(draws), [1, 0]);
  const places = reshape(weights.place, [Number(width), positions]);
  const layers = weights.layers.map(({ weight, bias }) => ({ kernel: kernelColumns(weight), bias: column(bias) }));
  // A row of zeros lends numbers that do not depend on the codes the size of the batch.
  const zeros = multiply(slice(uniforms, [0, 0], [1, batch]), 0);
  const drawn: Tensor[] = [];
  /** What each layer sees of the positions so far: the codes' vectors, then the outputs of the layer before. */
  const seen: Tensor[][] = layers.map(() => []);

  for (let position = 0; position < positions; position++) {
    let features = add(zeros, slice(places, [0, position], [Number(width), 1]));
    layers.forEach(({ kernel, bias }, layer) => {
      if (layer > 0) seen[layer]?.push(features);
      const taps = tapsOf(position, layer, grid);
      const near = taps.flatMap(({ place }) => seen[layer]?.[place] ?? []);
      const parts = taps.flatMap(({ tap }) => kernel[tap] ?? []);
      const total = near.length === 0 ? zeros : matmul(concat(parts, 1), concat(near, 0));
      features = add(features, glu(add(total, bias), 0));
    });
    const below = matmul(sums, softmax(add(matmul(head, relu(features)), column(headBias)), 0));
    const uniform = slice(uniforms, [position, 0], [1, batch]);
    const code = reshape(sum(isGreater(uniform, below), [0]), [1, batch]);
    drawn.push(code);
    seen[0]?.push(matmul(vectors, isEqual(code, numbers)));
  }
  return transpose(concat(drawn, 0), [1, 0]);
}

/** [size] -> [size, 1] */
function column(x: Tensor): Tensor {
  return reshape(x, [...x.shape, 1]);
}

/** Φ(x), the share of N(0, 1) below x: uniform on [0, 1] for draws from it. */
export function uniformFromNormal(x: Tensor): Tensor {
  return multiply(add(erf(multiply(x, Math.SQRT1_2)), 1), 0.5);
}

/**
 * [codes - 1, codes]: it times probabilities are the sums of the first 1, 2, … of them. The number of these below a uniform
 * draw is a code of that distribution. The last sum, of all, is left out: it may be below 1 by rounding.
 */
function sumsUpTo(codes: number): Tensor {
  const values = Float32Array.from({ length: (codes - 1) * codes }, (_, index) =>
    Number(index % codes <= Math.floor(index / codes)),
  );
  return constant(values, [codes - 1, codes]);
}

/** The matrices [2 width, width] of a kernel [2 width, width, rows, columns], element by element. */
function kernelColumns(weight: Tensor): readonly Tensor[] {
  const [outputs, inputs, rows, columns] = weight.shape.map(Number);
  const taps = Number(rows) * Number(columns);
  const turned = reshape(transpose(weight, [0, 2, 3, 1]), [Number(outputs), taps * Number(inputs)]);
  return Array.from({ length: taps }, (_, tap) =>
    slice(turned, [0, tap * Number(inputs)], [Number(outputs), Number(inputs)]),
  );
}

/** The elements of a layer's kernel that fall on the grid, and the positions that they fall on. */
function tapsOf(position: number, layer: number, { rows, columns }: PriorWeights["grid"]) {
  const [row, column] = [Math.floor(position / columns), position % columns];
  return Array.from({ length: (REACH + 1) * COLUMNS }, (_, tap) => {
    const [down, right] = [Math.floor(tap / COLUMNS), tap % COLUMNS];
    return { tap, down, right, y: row + down - REACH, x: column + right - REACH };
  })
    .filter(({ down, right, y, x }) => isSeen(down, right, layer) && y >= 0 && y < rows && x >= 0 && x < columns)
    .map(({ tap, y, x }) => ({ tap, place: y * columns + x }));
}
