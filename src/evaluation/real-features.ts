import { createHash } from "node:crypto";
import type { Dataset, Fitting, ImageSet } from "../data/index.ts";
import type { FeatureCache, FeatureExtractor } from "../features/index.ts";
import type { FeatureMatrix } from "../metrics/index.ts";
import { type ExtractionOptions, extractFeatures } from "./extraction.ts";

/** Where real images come from, and how they were brought to their format. */
export interface PreparedImages {
  readonly dataset: Pick<Dataset, "content">;
  readonly fitting: Fitting;
}

/**
 * The features of images of a data set, from the cache where they were extracted before. What decides their pixels is the
 * key: the stored images, how they are prepared, and which of them they are.
 */
export async function realFeatures(
  extractor: FeatureExtractor,
  images: ImageSet,
  { dataset, fitting }: PreparedImages,
  cache: FeatureCache,
  options: ExtractionOptions,
): Promise<FeatureMatrix> {
  const decisive = JSON.stringify([dataset.content, images.format, fitting, images.names]);
  const key = { images: createHash("sha256").update(decisive).digest("hex"), extractor: extractor.identity };
  return await cache.features(key, async () => (await extractFeatures(extractor, images, options)).features);
}
