import { AtelierError } from "../foundation/errors.ts";
import { type Random, randomStream } from "../foundation/random.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { distanceBetween, distanceBlocks } from "./distance-blocks.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { bootstrapInterval, type Interval, shareInterval } from "./intervals.ts";
import { type Neighbours, nearestNeighbours } from "./neighbours.ts";

/** The neighbour whose distance is an image's radius, for precision and recall (the authors' choice). */
const SHARE_NEIGHBOUR = 3;
/** The same for density and coverage (the authors' choice). */
const DENSITY_NEIGHBOUR = 5;

/** A mean over images. */
export interface ManifoldScore {
  readonly value: number;
  readonly interval: Interval;
}

/** How the generated images lie among the real ones, and the real ones among them. */
export interface ManifoldScores {
  /** Images a side. */
  readonly count: number;
  /** Share of generated images within the radius of a real one, 0 to 1. */
  readonly precision: ManifoldScore;
  /** Share of real images within the radius of a generated one, 0 to 1. */
  readonly recall: ManifoldScore;
  /** Real images that have a generated image within their radius, over 5, mean over the generated images: 0 or more, about 1 where the sets are alike. */
  readonly density: ManifoldScore;
  /** Share of real images that have a generated one within their radius, 0 to 1. */
  readonly coverage: ManifoldScore;
}

export interface ManifoldOptions {
  /** Decides which images of the larger side are left out, and the draws behind the interval of the density. */
  readonly seed: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Precision and recall by Kynkäänniemi et al. (2019), "Improved Precision and Recall Metric for Assessing Generative
 * Models" (radius: the distance to the 3rd nearest image of the same side, besides itself), density and coverage by
 * Naeem et al. (2020), "Reliable Fidelity and Diversity Metrics for Generative Models" (5th nearest). A point on the rim
 * is within the radius. All four depend on the number of images, so both sides have equally many: the larger one gives
 * as many as the smaller one has.
 *
 * The intervals hold the radii and the other side fixed: they tell how sure a mean over so many images is, not what
 * other images to compare with would change.
 * @param real [n, d]
 * @param generated [m, d]
 * @throws AtelierError (data) with fewer than 6 images on a side, or where a feature is not finite; the signal's reason
 * when it aborts.
 */
export async function manifoldScores(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  { seed, signal }: ManifoldOptions,
): Promise<ManifoldScores> {
  const count = Math.min(real.count, generated.count);
  if (count <= DENSITY_NEIGHBOUR) throw tooFew(real.count, generated.count);
  const drawn = [
    subsampled(real, count, randomStream(seed, "manifold", "real")),
    subsampled(generated, count, randomStream(seed, "manifold", "generated")),
  ] as const;
  const inside = await membership(...drawn, products, signal);
  const score = (ofImages: Float64Array, interval: Interval): ManifoldScore => ({
    value: ofImages.reduce((sum, ofImage) => sum + ofImage, 0) / count,
    interval,
  });
  const share = (ofImages: Float64Array) => score(ofImages, shareInterval(ofImages));
  return {
    count,
    precision: share(inside.precision),
    recall: share(inside.recall),
    density: score(inside.density, bootstrapInterval(inside.density, { seed })),
    coverage: share(inside.coverage),
  };
}

/** What every image adds to each mean, [count]. */
type Membership = Record<"precision" | "recall" | "density" | "coverage", Float64Array>;

async function membership(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  signal?: AbortSignal,
): Promise<Membership> {
  const ofReal = await nearestNeighbours(real, real, products, { k: DENSITY_NEIGHBOUR, excludeSelf: true, signal });
  const ofGenerated = await nearestNeighbours(generated, generated, products, {
    k: SHARE_NEIGHBOUR,
    excludeSelf: true,
    signal,
  });
  const realRadii = radiiOf(ofReal, SHARE_NEIGHBOUR);
  const wideRealRadii = radiiOf(ofReal, DENSITY_NEIGHBOUR);
  const generatedRadii = radiiOf(ofGenerated, SHARE_NEIGHBOUR);

  const precision = new Float64Array(generated.count);
  const recall = new Float64Array(real.count);
  const density = new Float64Array(generated.count);
  const coverage = new Float64Array(real.count);
  for await (const { queries, candidates, squares, rounding } of distanceBlocks(real, generated, products, signal)) {
    const width = candidates.end - candidates.first;
    for (let i = queries.first; i < queries.end; i++) {
      const [realRadius, wideRealRadius] = [realRadii[i] ?? 0, wideRealRadii[i] ?? 0];
      const row = i - queries.first;
      for (let j = candidates.first; j < candidates.end; j++) {
        const column = j - candidates.first;
        const square = squares[row * width + column] ?? Number.NaN;
        const generatedRadius = generatedRadii[j] ?? 0;
        const error = rounding(row, column);
        if (square > Math.max(wideRealRadius, generatedRadius) ** 2 + error) continue;

        // On the rim, rounding would decide: images that coincide lie there, so the distance is computed as radii are.
        const within = (radius: number) =>
          Math.abs(square - radius ** 2) > error
            ? square < radius ** 2
            : distanceBetween(real, i, generated, j) <= radius;
        if (within(realRadius)) precision[j] = 1;
        if (within(generatedRadius)) recall[i] = 1;
        if (within(wideRealRadius)) {
          density[j] = (density[j] ?? 0) + 1;
          coverage[i] = 1;
        }
      }
    }
  }
  return { precision, recall, density: density.map((balls) => balls / DENSITY_NEIGHBOUR), coverage };
}

/** The distance of every image to its nearest but `neighbour` - 1. */
function radiiOf({ k, distances }: Neighbours, neighbour: number): Float64Array {
  return Float64Array.from({ length: distances.length / k }, (_, row) => distances[row * k + neighbour - 1] ?? 0);
}

function subsampled(features: FeatureMatrix, count: number, random: Random): FeatureMatrix {
  return features.count === count ? features : rowsAt(features, random.permutation(features.count).slice(0, count));
}

function tooFew(real: number, generated: number): AtelierError {
  return new AtelierError({
    kind: "data",
    where: "precision, recall, density and coverage",
    expected: `at least ${DENSITY_NEIGHBOUR + 1} real and as many generated images`,
    received: `${real} real and ${generated} generated`,
    help: "give more images",
  });
}
