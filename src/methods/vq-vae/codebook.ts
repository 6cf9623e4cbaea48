import {
  add,
  concat,
  conv2dKernelGradient,
  divide,
  isGreater,
  multiply,
  reshape,
  select,
  slice,
  sum,
  type Tensor,
  transpose,
} from "../../graph/index.ts";
import type { Grid } from "../../models/index.ts";
import { filled, Network } from "../../nn/index.ts";
import { nearestCodes, oneHotMaps } from "./codes.ts";

export interface CodebookOptions {
  readonly codes: number;
  readonly codeSize: number;
  /** Share of the moving averages that a step keeps, in [0, 1). */
  readonly decay: number;
  readonly grid: Grid;
}

/** Of the Laplace smoothing, and what the averages of sizes begin as. */
const EPSILON = 1e-5;
/** A code is restarted when it is used less often than this share of the even use, … */
const LEAST_USE = 0.1;
/** … and is then taken to be used so often: it has log(1.5) / (1 - decay) steps to find use. */
const USE_OF_RESTARTED = 0.15;

/**
 * The vectors [codes, codeSize] of a codebook that is kept by exponential moving averages (van den Oord et al. 2017,
 * appendix A.1): a vector is the average of the encoder's outputs that were nearest to it. In training the network is given these
 * outputs [batch, codeSize, rows, columns] and moves; outside of training its input does not matter.
 *
 *   N_i <- decay N_i + (1 - decay) n_i          m_i <- decay m_i + (1 - decay) sum of the n_i outputs nearest to e_i
 *   e_i  = m_i / ((N_i + ε) N / (N + codes ε)),  N the sum of all N_i
 *
 * A code that is hardly used is put on an output of the batch at hand (Dhariwal et al. 2020, "Jukebox", section 3.1, "random
 * restarts"). So it is with all of them in the first step: the codebook begins with the data.
 * Statistics: sizes N_i [codes], sums m_i [codes, codeSize].
 */
export function codebookNetwork({ codes, codeSize, decay, grid }: CodebookOptions): Network {
  return new Network("codebook", ["batch", codeSize, grid.rows, grid.columns], (scope, maps) => {
    const sizes = scope.statistic("sizes", [codes], filled(EPSILON));
    const sums = scope.statistic("sums", [codes, codeSize], filled(0));
    const total = sum(sizes);
    const smoothed = multiply(add(sizes, EPSILON), divide(total, add(total, codes * EPSILON)));
    const vectors = divide(sums, reshape(smoothed, [codes, 1]));
    if (scope.mode === "inference") return vectors;

    const chosen = oneHotMaps(nearestCodes(maps, vectors), codes, grid);
    // The sum of outputs by code is what the kernel of a convolution of single pixels would have as its gradient.
    const freshSums = reshape(conv2dKernelGradient(maps, chosen, { kernelSize: [1, 1] }), [codes, codeSize]);
    const movedSizes = moved(sizes, sum(chosen, [0, 2, 3]));
    const evenUse = (Number(maps.shape[0]) * grid.rows * grid.columns) / codes;
    const unused = isGreater(LEAST_USE * evenUse, movedSizes);
    const restarted = multiply(outputsFor(codes, maps), USE_OF_RESTARTED * evenUse);
    scope.assign("sizes", select(unused, USE_OF_RESTARTED * evenUse, movedSizes));
    scope.assign("sums", select(reshape(unused, [codes, 1]), restarted, moved(sums, freshSums)));
    return vectors;

    function moved(stored: Tensor, fresh: Tensor): Tensor {
      return add(multiply(stored, decay), multiply(fresh, 1 - decay));
    }
  });
}

/**
 * An output for each code, from maps [batch, codeSize, rows, columns]: [codes, codeSize]. They are taken at even distances,
 * from all positions alike; a random choice, since the images of a batch come in random order.
 */
function outputsFor(codes: number, maps: Tensor): Tensor {
  const [batch, codeSize, rows, columns] = maps.shape.map(Number);
  const positions = Number(rows) * Number(columns);
  const count = Number(batch) * positions;
  const outputs = reshape(transpose(maps, [0, 2, 3, 1]), [count, Number(codeSize)]);
  const times = Math.ceil(codes / count);
  const enough = concat(
    Array.from({ length: times }, () => outputs),
    0,
  );
  const distance = largestCoprime(Math.floor((count * times) / codes), positions);
  const taken = slice(enough, [0, 0], [codes * distance, Number(codeSize)]);
  const groups = reshape(taken, [codes, distance, Number(codeSize)]);
  return reshape(slice(groups, [0, 0, 0], [codes, 1, Number(codeSize)]), [codes, Number(codeSize)]);
}

/** The largest number up to `most` that shares no divisor with `other`, so that its multiples pass every remainder. */
function largestCoprime(most: number, other: number): number {
  const divisor = (one: number, two: number): number => (two === 0 ? one : divisor(two, one % two));
  let number = most;
  while (divisor(number, other) !== 1) number--;
  return number;
}
