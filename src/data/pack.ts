import { createHash } from "node:crypto";
import { join } from "node:path";
import { defaultCacheFolder } from "../foundation/cache.ts";
import { AtelierError } from "../foundation/errors.ts";
import { classNamesOf, type Dataset, type SkippedFile, splitOf, splitRows } from "./dataset.ts";
import { type ImageSource, type PixelFormat, recordAt } from "./image-source.ts";
import { openStore, storeVersion } from "./packed-store.ts";
import { buildStore } from "./store-builder.ts";

export interface PackOptions {
  /** What every image is brought to. */
  readonly format: PixelFormat;
  /** Decides which images are held out. */
  readonly seed: number;
  /** Share of the images that is held out when the source does not name `train` and `test`, in [0, 1); 0.1 by default. */
  readonly heldOutFraction?: number;
  /** Where decoded images are kept; see {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** Ends the decoding when it aborts; nothing of it is kept. */
  readonly signal?: AbortSignal;
}

/**
 * Decodes every image of a source once into a file in the cache folder, or finds it there from an earlier call, and splits the images
 * into those that train and those that are held out. Broken images are skipped and named.
 * @param onProgress called with the number of images decoded so far and in all; not called when nothing has to be decoded
 * @throws AtelierError (data) when no image is readable, (file) when the cache folder cannot be written; the signal's reason when it aborts.
 */
export async function packDataset(
  source: ImageSource,
  options: PackOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<Dataset> {
  const { format, seed, heldOutFraction = 0.1, cacheFolder = defaultCacheFolder() } = options;
  const { records, fingerprint } = source;
  const folder = join(cacheFolder, "datasets", storeName(source, format));
  const identity = { fingerprint, format, count: records.length };
  const earlier = await openStore(folder, identity);
  const store = earlier ?? (await buildStore(folder, source, identity, { onProgress, signal: options.signal }));

  const broken = new Set(store.skipped.map(({ index }) => index));
  const readable = [...records.keys()].filter((index) => !broken.has(index));
  const skipped = store.skipped.map(({ index, reason }) => ({ file: recordAt(source, index).name, reason }));
  if (readable.length === 0) {
    store.close();
    throw nothingReadable(source, skipped);
  }
  const classNames = classNamesOf(readable.map((index) => records[index]?.label ?? null));
  const rows = splitRows(records, readable, seed, heldOutFraction);
  return {
    name: source.name,
    format,
    classNames,
    train: splitOf(store, records, rows.train, classNames),
    heldOut: splitOf(store, records, rows.heldOut, classNames),
    skipped,
    ignored: source.ignored,
    reused: earlier !== undefined,
    close: () => store.close(),
  };
}

/** A folder name that a person can recognise in the cache and that no other source, state of it or format has. */
function storeName(source: ImageSource, { height, width, channels }: PixelFormat): string {
  const hash = createHash("sha256")
    .update(JSON.stringify([storeVersion, source.fingerprint]))
    .digest("hex");
  const name = source.name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 40);
  return `${name}-${width}x${height}x${channels}-${hash.slice(0, 24)}`;
}

function nothingReadable(source: ImageSource, skipped: readonly SkippedFile[]): AtelierError {
  const named = skipped.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
  const rest = skipped.length > named.length ? [`and ${skipped.length - named.length} more`] : [];
  return new AtelierError({
    kind: "data",
    where: source.location,
    expected: "at least one readable image",
    received: skipped.length === 0 ? "none" : `${skipped.length} broken: ${[...named, ...rest].join(", ")}`,
    help: "open one of these files in an image viewer; copy or download the data again if it does not open there either",
  });
}
