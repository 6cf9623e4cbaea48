import type { Dataset } from "./dataset.ts";
import { usualFitting } from "./images/preparation.ts";
import { openSource } from "./open-source.ts";
import { type PackOptions, packDataset } from "./store/pack.ts";
import { suggestFormat } from "./suggest-format.ts";

/** How images are brought to one form; whatever is left out is chosen from the images. */
export interface OpenDatasetOptions extends Partial<PackOptions> {
  /** CSV file of labels, `file,label`. */
  readonly labels?: string;
  /** Called while images are decoded, with the number that is done and the total. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Opens images as training sees them: decoded to one size (from the cache, when it was done before), with their labels,
 * in a training part and a held-out part.
 * @param location a folder of images, an archive, an array or Parquet file, or `sample:flowers`; or several of them.
 * @throws AtelierError when there is nothing there that can be read.
 */
export async function openDataset(
  location: string | readonly string[],
  options: OpenDatasetOptions = {},
): Promise<Dataset> {
  const { onProgress, labels, seed = 0, ...packing } = options;
  const source = await openSource(location, { labels });
  const format = options.format ?? (await suggestFormat(source)).format;
  return packDataset(source, { fitting: usualFitting, ...packing, format, seed }, onProgress);
}
