import { join } from "node:path";
import type { ImageSource } from "../image-source.ts";
import type { Preparation } from "../images/preparation.ts";
import { contentHashOf } from "./content.ts";
import { type Manifest, manifestOf, preparedBy } from "./manifest.ts";
import { openStore, type PackedStore } from "./packed-store.ts";
import { storeNames } from "./shelf.ts";
import { isOf, remember } from "./sources.ts";

/**
 * Finds the store of a source's images among those in a folder: by its fingerprint where the source was packed or found before, else, where
 * a store has as many images, by its content, which has to be read for that. So a data set that was moved, copied or only touched is not
 * decoded again.
 * @throws the signal's reason when it aborts.
 */
export async function findStore(
  storesFolder: string,
  source: ImageSource,
  preparation: Preparation,
  signal: AbortSignal | undefined,
): Promise<PackedStore | undefined> {
  const stores = await storesOf(storesFolder, preparation, source.records.length);
  for (const { folder } of stores) {
    const store = (await isOf(folder, source)) ? await openStore(folder) : undefined;
    if (store !== undefined) return store;
  }
  if (stores.length === 0) return undefined;
  const content = await contentHashOf(source, signal);
  for (const { folder, manifest } of stores) {
    const store = manifest.content === content ? await openStore(folder) : undefined;
    if (store === undefined) continue;
    await remember(folder, source, store.skipped);
    return store;
  }
  return undefined;
}

/** The stores of so many images that were prepared so. */
async function storesOf(
  storesFolder: string,
  preparation: Preparation,
  count: number,
): Promise<readonly { readonly folder: string; readonly manifest: Manifest }[]> {
  const folders = (await storeNames(storesFolder)).map((name) => join(storesFolder, name));
  const manifests = await Promise.all(folders.map(async (folder) => ({ folder, manifest: await manifestOf(folder) })));
  return manifests.flatMap(({ folder, manifest }) =>
    manifest?.count === count && preparedBy(manifest, preparation) ? [{ folder, manifest }] : [],
  );
}
