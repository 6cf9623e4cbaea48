import type { ExtractorIdentity } from "../features/index.ts";
import {
  type FeatureMatrix,
  frechetDistance,
  frechetInfinity,
  frechetInterval,
  type Interval,
  kernelDistance,
  kernelInterval,
  manifoldScores,
} from "../metrics/index.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { type MetricName, manifoldMetrics } from "./metric-names.ts";
import { doubtsAbout, type KnownCircumstances, markBias } from "./safety.ts";
import type { Score } from "./score-card.ts";

/** Two sets of images as an extractor sees them. */
export interface Comparison {
  readonly real: FeatureMatrix;
  readonly generated: FeatureMatrix;
  readonly products: MatrixProducts;
  /** Number of the extractor in the score card. */
  readonly extractor: number;
  readonly identity: ExtractorIdentity;
  readonly reference: NonNullable<Score["reference"]>;
  /** Everything else that may count against a score. */
  readonly circumstances: KnownCircumstances;
  readonly className?: string;
  readonly seed: number;
  /** Whether intervals are computed: several times as long. */
  readonly intervals: boolean;
  /** Parts that FID-infinity is extrapolated from. Default: 15. */
  readonly sizes?: number;
  readonly signal?: AbortSignal | undefined;
  /** Called before each score is computed. */
  readonly onMetric?: (metric: MetricName) => void;
}

/** The scores, of those that are wanted, that compare the features of two sets of images. */
export async function measureFeatures(
  wanted: ReadonlySet<MetricName>,
  comparison: Comparison,
): Promise<readonly Score[]> {
  const { real, generated, products, seed, intervals, signal, onMetric } = comparison;
  const options = { seed, signal };
  const scores: Score[] = [];
  const begin = (metric: MetricName) => {
    signal?.throwIfAborted();
    if (wanted.has(metric)) onMetric?.(metric);
    return wanted.has(metric);
  };
  if (begin("fid")) {
    const { value } = await frechetDistance(real, generated, products);
    const interval = intervals
      ? await frechetInterval(real, generated, products, { ...options, centre: value })
      : undefined;
    scores.push(scoreOf(comparison, "fid", { value, interval }));
  }
  if (begin("fid-infinity")) {
    const { sizes } = comparison;
    const value = await frechetInfinity(real, generated, products, {
      ...options,
      ...(sizes !== undefined && { sizes }),
    });
    scores.push(scoreOf(comparison, "fid-infinity", { value }));
  }
  if (begin("kid")) {
    const { value, deviation, subsets, subsetSize } = await kernelDistance(real, generated, products, options);
    const interval = intervals
      ? await kernelInterval(real, generated, products, { ...options, centre: value })
      : undefined;
    const spread =
      deviation === undefined
        ? undefined
        : { deviation, over: `${subsets} subsets of ${subsetSize.toLocaleString("en")}` };
    scores.push(scoreOf(comparison, "kid", { value, interval, spread }));
  }
  const manifolds = manifoldMetrics.filter((metric) => begin(metric));
  if (manifolds.length > 0) {
    const { count, ...measured } = await manifoldScores(real, generated, products, options);
    for (const metric of manifolds) scores.push(scoreOf(comparison, metric, { ...measured[metric], count }));
  }
  return markBias(scores);
}

interface Measured {
  readonly value: number;
  readonly interval?: Interval | undefined;
  readonly spread?: Score["spread"];
  /** Images a side, where not all were used. */
  readonly count?: number;
}

function scoreOf(comparison: Comparison, metric: MetricName, { value, interval, spread, count }: Measured): Score {
  const { identity, extractor, reference, className, circumstances } = comparison;
  const real = count ?? comparison.real.count;
  const generated = count ?? comparison.generated.count;
  return {
    metric,
    extractor,
    reference,
    ...(className !== undefined && { className }),
    value,
    ...(interval && { interval }),
    ...(spread && { spread }),
    real,
    generated,
    ...doubtsAbout({ metric, extractor: identity, reference, real, generated, ...circumstances }),
  };
}
