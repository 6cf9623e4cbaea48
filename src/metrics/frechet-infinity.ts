import { randomStream } from "../foundation/random.ts";
import type { MatrixProducts } from "../runtime/index.ts";
import { type FeatureMatrix, rowsAt } from "./feature-matrix.ts";
import { frechetDistance } from "./frechet-distance.ts";
import { expectImages } from "./gaussian.ts";

/**
 * The Fréchet distance as it would be with endlessly many images: distances of random parts of both sides, a line
 * through them over one over the part's size, and where it meets zero. Chong and Forsyth (2020), "Effectively Unbiased
 * FID and Inception Score and Where to Find Them".
 *
 * There, real images are many, and the generator gives as many as are wanted. Here both are few, and both bias the
 * distance. So both sides are reduced by the same share, and the shares go from the whole to the half, evenly in one over
 * the share: with smaller ones the distance is no line any more, once a part has fewer images than features.
 *
 * Right but for its own scatter where both sides have twice as many images as features, or more. With fewer images than
 * features it still holds a half of the bias or so, between once and twice as many it is off by up to a fifth of the bias
 * either way. It can be slightly negative where the sides are alike.
 *
 * @param real [n, d]
 * @param generated [m, d]
 * @param options.seed decides which images form a part.
 * @param options.sizes parts, the whole included; at least 2. Default: 15.
 * @throws AtelierError of kind `data`: fewer than 3 images on a side, or features that are not finite; the signal's reason
 * when it aborts.
 */
export async function frechetInfinity(
  real: FeatureMatrix,
  generated: FeatureMatrix,
  products: MatrixProducts,
  {
    seed,
    sizes = 15,
    signal,
  }: { readonly seed: number; readonly sizes?: number; readonly signal?: AbortSignal | undefined },
): Promise<number> {
  expectImages(3, real, generated);
  const points: Point[] = [];
  for (let size = 0; size < sizes; size++) {
    signal?.throwIfAborted();
    const x = 1 + size / (sizes - 1);
    const part = (features: FeatureMatrix, side: string) => {
      const order = randomStream(seed, "frechet-infinity", side, size).permutation(features.count);
      return rowsAt(features, order.subarray(0, Math.round(features.count / x)));
    };
    const { value } = await frechetDistance(part(real, "real"), part(generated, "generated"), products);
    points.push({ x, y: value });
  }
  return interceptOf(points);
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Where the line of least squares meets x = 0. */
function interceptOf(points: readonly Point[]): number {
  const mean = (of: (point: Point) => number) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const slope = mean((point) => (point.x - x) * (point.y - y)) / mean((point) => (point.x - x) ** 2);
  return y - slope * x;
}
