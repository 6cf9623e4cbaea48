import { randomStream } from "../foundation/random.ts";
import { type FeatureMatrix, frechetDistance, kernelDistance, manifoldScores } from "../metrics/index.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { type MetricName, manifoldMetrics, type ScoreName, trainingMetrics } from "./metric-names.ts";

/** Scores by features that are quick enough to compute while training goes on. */
const featureMetrics = [
  "kid",
  "fid",
  "precision",
  "recall",
  "density",
  "coverage",
] as const satisfies readonly MetricName[];

/** Scores that a run may get while it learns. */
export const runningMetrics = [...featureMetrics, ...trainingMetrics] as const satisfies readonly ScoreName[];

export type RunningMetric = (typeof runningMetrics)[number];

export interface FeatureScoreOptions {
  /** Decides which images are taken where not all are. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

const OF_MANIFOLDS: ReadonlySet<string> = new Set(manifoldMetrics);

/** The values of those of some scores that features decide, without intervals. */
export async function scoreFeatures(
  metrics: readonly RunningMetric[],
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  options: FeatureScoreOptions,
): Promise<Readonly<Record<string, number>>> {
  const ofManifolds = metrics.some((metric) => OF_MANIFOLDS.has(metric));
  const manifolds = ofManifolds ? await manifoldScores(real, generated, products, options) : undefined;
  const scores: Record<string, number> = {};
  for (const metric of metrics) {
    switch (metric) {
      case "kid":
        scores[metric] = (await kernelDistance(real, generated, products, options)).value;
        break;
      case "fid":
        scores[metric] = (await frechetDistance(real, generated, products)).value;
        break;
      case "precision":
      case "recall":
      case "density":
      case "coverage":
        if (manifolds !== undefined) scores[metric] = manifolds[metric].value;
        break;
      case "own-classifier-error":
        break;
    }
  }
  return scores;
}

/** Pairs of images whose distance is measured. */
const PAIRS = 4096;

/** Mean Euclidean distance between the features of two different images, over random pairs. */
export function diversityOf({ count, dimension, values }: FeatureMatrix, { seed }: { readonly seed: number }): number {
  const random = randomStream(seed, "pairs of images");
  let total = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const one = random.integer(count);
    const other = (one + 1 + random.integer(count - 1)) % count;
    let squares = 0;
    for (let index = 0; index < dimension; index++) {
      squares += ((values[one * dimension + index] ?? 0) - (values[other * dimension + index] ?? 0)) ** 2;
    }
    total += Math.sqrt(squares);
  }
  return total / PAIRS;
}
