import { internalError } from "../foundation/errors.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import { type ExtractorIdentity, identityKey } from "./extractor.ts";
import { NumberCache } from "./number-cache.ts";

/** Changes whenever the same extractor would give other features. */
const VERSION = 1;

/** What decides the features of a set of images. */
export interface FeatureKey {
  /** Which images, and how they were prepared: whatever changes a pixel or the order must change it. */
  readonly images: string;
  readonly extractor: ExtractorIdentity;
}

/**
 * Features of real images, kept on disk: they are the same in every evaluation. Within a tenth of the cache's limit
 * those stay that were used last.
 */
export class FeatureCache {
  readonly #numbers: NumberCache;

  /** @param cacheFolder where images are kept, too. Default: as `defaultCacheFolder`. */
  constructor(cacheFolder?: string) {
    this.#numbers = new NumberCache(cacheFolder);
  }

  /**
   * The features that were made under this key before, or else what `make` gives now. A file that is damaged counts as
   * none. Where nothing can be written, a warning of the process says so and the features are made each time.
   * @throws what `make` throws.
   */
  async features({ images, extractor }: FeatureKey, make: () => Promise<FeatureMatrix>): Promise<FeatureMatrix> {
    const key = JSON.stringify([VERSION, images, identityKey(extractor)]);
    const kept = await this.#numbers.read("features", key, [undefined, extractor.features]);
    if (kept !== undefined) return matrixOf(kept.shape, kept.values);
    const { count, dimension, values } = await make();
    if (dimension !== extractor.features || values.length !== count * dimension) {
      throw internalError("FeatureCache", `${values.length} numbers for ${count} times ${extractor.features}`);
    }
    await this.#numbers.write("features", key, { shape: [count, dimension], values });
    return { count, dimension, values };
  }
}

function matrixOf([count = 0, dimension = 0]: readonly number[], values: Float32Array): FeatureMatrix {
  return { count, dimension, values };
}
