import type { ImageSet } from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import type { FeatureMatrix } from "../metrics/index.ts";

/** Images that pass through an extractor at once. */
const AT_ONCE = 64;

/** What an extractor says of a set of images. */
export interface ExtractedSet {
  readonly features: FeatureMatrix;
  /** [count, classes]; there for classifiers. */
  readonly logits?: Float32Array;
}

export interface ExtractionOptions {
  /** Called as images are done, with their number. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** @throws its reason, from the extraction, when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** The features of all images of a set. */
export async function extractFeatures(
  extractor: FeatureExtractor,
  images: ImageSet,
  { onProgress, signal }: ExtractionOptions = {},
): Promise<ExtractedSet> {
  const dimension = extractor.identity.features;
  const values = new Float32Array(images.count * dimension);
  let logits: Float32Array | undefined;
  for (let first = 0; first < images.count; first += AT_ONCE) {
    signal?.throwIfAborted();
    const count = Math.min(AT_ONCE, images.count - first);
    const extraction = await extractor.extract(await images.read(first, count), count);
    values.set(extraction.features, first * dimension);
    if (extraction.logits !== undefined) {
      const classes = extraction.logits.length / count;
      logits ??= new Float32Array(images.count * classes);
      logits.set(extraction.logits, first * classes);
    }
    onProgress?.(first + count, images.count);
  }
  return { features: { count: images.count, dimension, values }, ...(logits !== undefined && { logits }) };
}
