import {
  add,
  argmax,
  constant,
  conv2d,
  exp,
  isEqual,
  log,
  maximum,
  mean,
  multiply,
  negate,
  reshape,
  square,
  stopGradient,
  subtract,
  sum,
  type Tensor,
  toFloat,
  transpose,
} from "../../graph/index.ts";
import type { Grid } from "../../models/index.ts";

// Codes are whole numbers in [0, number of vectors), kept as floats [batch, positions], the rows of the grid one after the
// other. Where networks see them they are one-hot maps [batch, number of vectors, rows, columns].

/** The codes whose vectors [codes, codeSize] are nearest to each position of maps [batch, codeSize, rows, columns]. */
export function nearestCodes(maps: Tensor, vectors: Tensor): Tensor {
  const [batch = "batch", , rows, columns] = maps.shape;
  const [codes, codeSize] = vectors.shape.map(Number);
  // The nearest v has the largest x·v - |v|² / 2; |x|² is the same for all.
  const products = conv2d(maps, reshape(vectors, [Number(codes), Number(codeSize), 1, 1]));
  const halves = multiply(sum(square(vectors), [1]), 0.5);
  const nearest = argmax(subtract(products, reshape(halves, [Number(codes), 1, 1])), 1);
  return reshape(toFloat(nearest), [batch, Number(rows) * Number(columns)]);
}

/** Codes [batch, positions] as maps [batch, count, rows, columns] that are 1 at the code and 0 elsewhere. */
export function oneHotMaps(codes: Tensor, count: number, { rows, columns }: Grid): Tensor {
  return isEqual(
    reshape(codes, [codes.shape[0] ?? "batch", 1, rows, columns]),
    reshape(numbersBelow(count), [count, 1, 1]),
  );
}

/** The vectors [codes, size] of one-hot maps [batch, codes, rows, columns]: [batch, size, rows, columns]. */
export function vectorMaps(chosen: Tensor, vectors: Tensor): Tensor {
  const [codes, size] = vectors.shape.map(Number);
  return conv2d(chosen, reshape(transpose(vectors, [1, 0]), [Number(size), Number(codes), 1, 1]));
}

/** `quantised` as a value, with the slope of `maps` (van den Oord et al. 2017, section 3.1). */
export function straightThrough(maps: Tensor, quantised: Tensor): Tensor {
  return add(maps, stopGradient(subtract(quantised, maps)));
}

/**
 * How many codes are in use: e to the entropy of their shares in one-hot maps [batch, codes, rows, columns]. From 1, one code
 * everywhere, to the number of codes, all as often.
 */
export function perplexity(chosen: Tensor): Tensor {
  const shares = mean(chosen, [0, 2, 3]);
  // 0 log 0 is 0.
  return exp(negate(sum(multiply(shares, log(maximum(shares, 1e-20))))));
}

/** 0, 1, … count - 1: [count]. */
export function numbersBelow(count: number): Tensor {
  return constant(
    Float64Array.from({ length: count }, (_, number) => number),
    [count],
  );
}
