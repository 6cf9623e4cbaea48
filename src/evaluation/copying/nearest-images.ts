import { type FeatureMatrix, nearestNeighbours } from "../../metrics/index.ts";
import type { MatrixProducts } from "../../runtime/index.ts";
import type { TrainingImages } from "./training-images.ts";

/** A training image, and how far it, or its mirror image where that is nearer, lies from something. */
export interface NearImage {
  /** Its number in the training set. */
  readonly image: number;
  readonly mirrored: boolean;
  readonly distance: number;
}

export interface NearestImagesOptions {
  readonly products: MatrixProducts;
  /** Called with the number of training images that have been looked at since the last call. */
  readonly onProgress?: ((images: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The `k` training images nearest to each query, or all there are; the nearest first, each once, mirrored or not. */
export async function nearestImages(
  queries: FeatureMatrix,
  training: TrainingImages,
  k: number,
  { products, onProgress, signal }: NearestImagesOptions,
): Promise<readonly (readonly NearImage[])[]> {
  const nearest: NearImage[][] = Array.from({ length: queries.count }, () => []);
  for await (const { images, places } of training.blocks(signal)) {
    // An image and its mirror image may both be among them.
    const found = await nearestNeighbours(queries, places, products, { k: Math.min(2 * k, places.count), signal });
    for (const [query, list] of nearest.entries()) {
      for (let rank = 0; rank < found.k; rank++) {
        const row = found.indices[query * found.k + rank] ?? 0;
        const distance = found.distances[query * found.k + rank] ?? 0;
        const mirrored = row >= images.length;
        insert(list, k, { image: images[row % images.length] ?? -1, mirrored, distance });
      }
    }
    onProgress?.(images.length);
  }
  return nearest;
}

/** Puts an image into a list of at most `k` in the order of their distances, unless a nearer form of it is there. */
function insert(list: NearImage[], k: number, near: NearImage): void {
  if (list.length === k && near.distance >= (list[k - 1]?.distance ?? 0)) return;
  const same = list.findIndex(({ image }) => image === near.image);
  if (same >= 0) {
    if ((list[same]?.distance ?? 0) <= near.distance) return;
    list.splice(same, 1);
  }
  const place = list.findIndex(({ distance }) => distance > near.distance);
  list.splice(place < 0 ? list.length : place, 0, near);
  if (list.length > k) list.pop();
}
