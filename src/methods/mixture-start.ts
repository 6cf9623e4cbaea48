import { randomStream } from "../foundation/random.ts";
import type { Matrix } from "../runtime/index.ts";

/** Rounds of Lloyd's algorithm at most: it only has to give expectation maximisation a good beginning. */
const MOST_ROUNDS = 20;

/**
 * The cluster of each row, by k-means: centres are drawn one after another, each in proportion to the squared distance from
 * those before (k-means++, Arthur and Vassilvitskii 2007), and then moved to their rows' means (Lloyd 1982).
 */
export function clusters(rows: Matrix, count: number, seed: number): Uint32Array {
  let centres = firstCentres(rows, count, seed);
  let cluster = nearest(rows, centres);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    centres = means(rows, cluster, centres);
    const before = cluster;
    cluster = nearest(rows, centres);
    if (cluster.every((value, row) => value === before[row])) break;
  }
  return cluster;
}

function firstCentres({ rows, columns, values }: Matrix, count: number, seed: number): Float64Array {
  const random = randomStream(seed, "mixture");
  const centres = new Float64Array(count * columns);
  const distances = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let next = random.integer(rows);
  for (let centre = 0; centre < count; centre++) {
    const place = values.subarray(next * columns, (next + 1) * columns);
    centres.set(place, centre * columns);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const distance = Math.min(distances[row] ?? 0, squaredDistance(values, row * columns, place, 0, columns));
      distances[row] = distance;
      total += distance;
    }
    let left = random.uniform() * total;
    next = 0;
    while (next < rows - 1 && left >= (distances[next] ?? 0)) left -= distances[next++] ?? 0;
  }
  return centres;
}

function nearest({ rows, columns, values }: Matrix, centres: Float64Array): Uint32Array {
  const cluster = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let centre = 0; centre * columns < centres.length; centre++) {
      const distance = squaredDistance(values, row * columns, centres, centre * columns, columns);
      if (distance >= least) continue;
      least = distance;
      cluster[row] = centre;
    }
  }
  return cluster;
}

/** The mean of each cluster's rows; a cluster without rows keeps its centre. */
function means({ rows, columns, values }: Matrix, cluster: Uint32Array, centres: Float64Array): Float64Array {
  const counts = new Float64Array(centres.length / columns);
  const sums = new Float64Array(centres.length);
  for (let row = 0; row < rows; row++) {
    const own = cluster[row] ?? 0;
    counts[own] = (counts[own] ?? 0) + 1;
    for (let column = 0; column < columns; column++) {
      sums[own * columns + column] = (sums[own * columns + column] ?? 0) + (values[row * columns + column] ?? 0);
    }
  }
  return sums.map((sum, index) => {
    const count = counts[Math.floor(index / columns)] ?? 0;
    return count === 0 ? (centres[index] ?? 0) : sum / count;
  });
}

function squaredDistance(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let total = 0;
  for (let index = 0; index < length; index++) {
    const difference = (a[atA + index] ?? 0) - (b[atB + index] ?? 0);
    total += difference * difference;
  }
  return total;
}
