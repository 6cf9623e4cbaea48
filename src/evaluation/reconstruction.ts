import type { ImageSet } from "../data/index.ts";
import { meanSquaredError, peakSignalToNoise, structuralSimilarity } from "../metrics/index.ts";

/** How near reconstructions are to their images: means over the images. */
export interface ReconstructionScores {
  readonly images: number;
  /** Mean squared difference of pixels as numbers 0…1. */
  readonly meanSquaredError: number;
  /** Peak signal-to-noise ratio in decibels, over the images that differ from their reconstructions; absent where none does. */
  readonly peakSignalToNoise?: number;
  /** Structural similarity; absent where images are smaller than its window of 11x11 pixels. */
  readonly structuralSimilarity?: number;
  /** Images whose reconstructions are equal to them, pixel by pixel: their ratio of signal to noise is infinite. */
  readonly equal: number;
}

/** Pixels 0…255 to those of the reconstructions, both [count, channels, height, width]. */
export type Reconstruct = (images: Uint8Array) => Promise<Uint8Array>;

/** Images that are reconstructed at once. */
const AT_ONCE = 64;

/** Smaller sides have no structural similarity. */
const LEAST_SIDE = 11;

/**
 * Reconstructs images and compares each with its reconstruction.
 * @param images at least one.
 * @param control `onProgress` is called with the images that are done; when `signal` aborts, its reason is thrown.
 */
export async function scoreReconstructions(
  reconstruct: Reconstruct,
  images: ImageSet,
  {
    onProgress,
    signal,
  }: {
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<ReconstructionScores> {
  const { format, count } = images;
  const isLarge = Math.min(format.height, format.width) >= LEAST_SIDE;
  let [squares, decibels, similarity, equal] = [0, 0, 0, 0];
  for (let first = 0; first < count; first += AT_ONCE) {
    signal?.throwIfAborted();
    const originals = await images.read(first, Math.min(AT_ONCE, count - first));
    const others = await reconstruct(originals);
    squares += sum(meanSquaredError(originals, others, format));
    const ratios = peakSignalToNoise(originals, others, format);
    const finite = ratios.filter((ratio) => Number.isFinite(ratio));
    decibels += sum(finite);
    equal += ratios.length - finite.length;
    if (isLarge) similarity += sum(structuralSimilarity(originals, others, format));
    onProgress?.(Math.min(count, first + AT_ONCE), count);
  }
  return {
    images: count,
    meanSquaredError: squares / count,
    ...(equal < count && { peakSignalToNoise: decibels / (count - equal) }),
    ...(isLarge && { structuralSimilarity: similarity / count }),
    equal,
  };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
