import { AtelierError } from "../foundation/errors.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { distanceBetween, distanceBlocks } from "./distance-blocks.ts";
import type { FeatureMatrix } from "./feature-matrix.ts";

/** The nearest candidates of every query. */
export interface Neighbours {
  /** Neighbours of one query. */
  readonly k: number;
  /** [queries, k]; rows of the candidates, the nearest first. */
  readonly indices: Int32Array;
  /** [queries, k]; Euclidean, ascending. */
  readonly distances: Float64Array;
}

export interface NeighbourOptions {
  /** Neighbours of one query, at least 1. */
  readonly k: number;
  /** Queries and candidates are the same rows, and row i is not its own neighbour. By default false. */
  readonly excludeSelf?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Candidates kept beyond k until the distances of those kept are computed without rounding. */
const SPARE = 8;

/**
 * The k nearest candidates of every query, by Euclidean distance. Equally near ones are in the order of their rows; an
 * exact copy has distance 0.
 * @param queries [n, d]
 * @param candidates [m, d]
 * @throws AtelierError (data) where there are fewer than k candidates for a query, or a feature is not finite; the
 * signal's reason when it aborts.
 */
export async function nearestNeighbours(
  queries: FeatureMatrix,
  candidates: FeatureMatrix,
  products: MatrixProducts,
  { k, excludeSelf = false, signal }: NeighbourOptions,
): Promise<Neighbours> {
  const available = candidates.count - (excludeSelf ? 1 : 0);
  if (available < k) throw tooFew(k, candidates.count, excludeSelf);
  const kept = new KeptCandidates(queries.count, Math.min(k + SPARE, available));
  for await (const block of distanceBlocks(queries, candidates, products, signal)) {
    const width = block.candidates.end - block.candidates.first;
    for (let query = block.queries.first; query < block.queries.end; query++) {
      const row = query - block.queries.first;
      for (let column = 0; column < width; column++) {
        const square = block.squares[row * width + column] ?? Number.NaN;
        if (square >= kept.farthest(query)) continue;
        const candidate = block.candidates.first + column;
        if (!excludeSelf || candidate !== query) kept.insert(query, candidate, square, block.rounding(row, column));
      }
    }
  }
  return ranked(queries, candidates, kept, k);
}

/** The nearest of all candidates seen so far, for every query. */
class KeptCandidates {
  readonly size: number;
  /** [queries, size] */
  readonly #indices: Int32Array;
  /** [queries, size]; squared distances. */
  readonly #squares: Float64Array;

  constructor(queries: number, size: number) {
    this.size = size;
    this.#indices = new Int32Array(queries * size);
    this.#squares = new Float64Array(queries * size).fill(Number.POSITIVE_INFINITY);
  }

  farthest(query: number): number {
    return this.#squares[query * this.size + this.size - 1] ?? Number.NaN;
  }

  /** Takes a candidate in where it belongs; behind those whose distance is the same but for rounding. */
  insert(query: number, candidate: number, square: number, rounding: number): void {
    const start = query * this.size;
    let place = start + this.size;
    while (place > start && square < (this.#squares[place - 1] ?? 0) - rounding) place--;
    if (place === start + this.size) return;
    this.#indices.copyWithin(place + 1, place, start + this.size - 1);
    this.#squares.copyWithin(place + 1, place, start + this.size - 1);
    this.#indices[place] = candidate;
    this.#squares[place] = square;
  }

  of(query: number): Int32Array {
    return this.#indices.subarray(query * this.size, (query + 1) * this.size);
  }
}

/** The k nearest of the candidates that were kept, by their distances without the rounding of products. */
function ranked(queries: FeatureMatrix, candidates: FeatureMatrix, kept: KeptCandidates, k: number): Neighbours {
  const indices = new Int32Array(queries.count * k);
  const distances = new Float64Array(queries.count * k);
  for (let query = 0; query < queries.count; query++) {
    const nearest = Array.from(kept.of(query), (index) => ({
      index,
      distance: distanceBetween(queries, query, candidates, index),
    }));
    nearest.sort((one, other) => one.distance - other.distance || one.index - other.index);
    for (const [rank, { index, distance }] of nearest.slice(0, k).entries()) {
      indices[query * k + rank] = index;
      distances[query * k + rank] = distance;
    }
  }
  return { k, indices, distances };
}

function tooFew(k: number, count: number, excludeSelf: boolean): AtelierError {
  return new AtelierError({
    kind: "data",
    where: "nearest neighbours",
    expected: `at least ${k} images${excludeSelf ? " besides the one in question" : ""}`,
    received: `${count}`,
    help: "give more images",
  });
}
