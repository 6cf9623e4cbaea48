import type { PixelFormat } from "../data/index.ts";
import { type FeatureExtractor, openNetworkExtractor, openRandomEmbedding } from "../features/index.ts";

/** A pretrained network of the user's, and what is taken of it; see `openNetworkExtractor`. */
export interface ExtractorChoice {
  /** An .onnx file. */
  readonly file: string;
  readonly preset?: string | undefined;
  readonly layer?: string | undefined;
  /** Side, in pixels, of what the network is given. */
  readonly size?: number | undefined;
}

/** The extractor that was chosen, or the embedded random embedding; and why it is used as it is. */
export async function openChosenExtractor(
  choice: ExtractorChoice | undefined,
  format: PixelFormat,
): Promise<{ readonly extractor: FeatureExtractor; readonly reason: string }> {
  if (choice === undefined) {
    const reason =
      "Scored with a built-in network of random weights: right for comparing runs; for figures that others know, give --features";
    return { extractor: await openRandomEmbedding(format), reason };
  }
  const { file, ...options } = choice;
  const extractor = await openNetworkExtractor(file, { format, ...options });
  return { extractor, reason: extractor.recognised };
}
