import { AtelierError } from "../foundation/errors.ts";
import { normOf } from "./interpolation.ts";

/** The average of some pictures' vectors, added or taken away. */
export interface Term {
  readonly sign: 1 | -1;
  /** Numbers of pictures of the seed. */
  readonly pictures: readonly number[];
}

const SYNTAX = /^[+-]?\s*\d+(\s*,\s*\d+)*(\s*[+-]\s*\d+(\s*,\s*\d+)*)*$/;

/** Terms that fit into a grid that can be looked at. */
const MOST_PICTURES = 1000;

/**
 * Reads a sum such as `12 - 7 + 3`, of numbers of pictures; `1,2,3 - 4,5,6 + 7,8,9` averages the pictures of each list.
 * @throws AtelierError (usage) for other text.
 */
export function parseTerms(text: string): readonly Term[] {
  const trimmed = text.trim();
  const terms = [...trimmed.matchAll(/([+-]?)\s*([\d\s,]+)/g)].map(
    ([, sign, list = ""]): Term => ({ sign: sign === "-" ? -1 : 1, pictures: list.split(",").map(Number) }),
  );
  const pictures = terms.flatMap((term) => term.pictures);
  if (SYNTAX.test(trimmed) && pictures.length <= MOST_PICTURES && pictures.every(Number.isSafeInteger)) return terms;
  throw mixError(
    `numbers of at most ${MOST_PICTURES} pictures with + and - between them`,
    `"${text}"`,
    'write it like "12 - 7 + 3"; in "1,2,3 - 4,5,6 + 7,8,9" each list is averaged',
  );
}

/** What a sum of vectors is made of and comes to. */
export interface Combination {
  /** The average of each term's vectors, at the usual length: [size] each. */
  readonly averages: readonly Float32Array[];
  /** The sum of the averages, at the usual length: [size]. */
  readonly result: Float32Array;
}

/**
 * Arithmetic on latent vectors (Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional
 * Generative Adversarial Networks", section 6.3.2, where the vectors of three pictures are averaged for each term). Sums and
 * averages of random vectors are longer or shorter than any the generator was trained with, so they are scaled to the usual
 * length: the mean length of the vectors that go in.
 * @param vectorOf the vector of a picture, [size].
 * @throws AtelierError (usage) when the terms cancel each other.
 */
export function combined(terms: readonly Term[], vectorOf: (picture: number) => Float32Array): Combination {
  const vectors = terms.map(({ pictures }) => pictures.map(vectorOf));
  const lengths = vectors.flat().map(normOf);
  const usual = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const averages = vectors.map((own) => weightedSum(own, () => 1 / own.length));
  const sum = weightedSum(averages, (index) => terms[index]?.sign ?? 1);
  const scaled = (vector: Float32Array) => {
    const length = normOf(vector);
    if (length > LEAST_SHARE * usual) return vector.map((value) => (value * usual) / length);
    throw mixError("terms that do not cancel each other", "a sum of zero", "change one of the numbers");
  };
  return { averages: averages.map(scaled), result: scaled(sum) };
}

/**
 * The same arithmetic on how much of each class pictures have, [classes], of sum 1: woman - woman + man is man. What comes out
 * below 0 counts as 0, and the rest is divided by its sum. Where nothing is left, the result has the classes of what is added.
 */
export function combinedClasses(terms: readonly Term[], weightsOf: (picture: number) => Float32Array): Combination {
  const averages = terms.map(({ pictures }) => weightedSum(pictures.map(weightsOf), () => 1 / pictures.length));
  const sumOf = (sign: (term: Term) => number) => {
    const sum = weightedSum(averages, (index) => sign(terms[index] ?? nothing)).map((value) => Math.max(0, value));
    const total = sum.reduce((all, value) => all + value, 0);
    return total > LEAST_SHARE ? sum.map((value) => value / total) : undefined;
  };
  const result = sumOf(({ sign }) => sign) ?? sumOf(({ sign }) => Math.max(0, sign)) ?? sumOf(() => 1);
  return { averages, result: result ?? new Float32Array() };
}

const nothing: Term = { sign: 1, pictures: [] };

/** Of what goes in: a smaller sum is what rounding leaves of zero. */
const LEAST_SHARE = 1e-4;

function weightedSum(vectors: readonly Float32Array[], weight: (index: number) => number): Float32Array {
  const sum = new Float64Array(vectors[0]?.length ?? 0);
  for (const [index, vector] of vectors.entries()) {
    for (const [position, value] of vector.entries()) sum[position] = (sum[position] ?? 0) + weight(index) * value;
  }
  return Float32Array.from(sum);
}

function mixError(expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where: "--mix", expected, received, help });
}
