import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import leven from "leven";
import { cacheLimit, defaultCacheFolder, diskSpace } from "../../foundation/cache.ts";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { type Manifest, sourceNameOf } from "./manifest.ts";
import { bytesOf, removeAbandoned, removeStore, type ShelvedStore, shelvedStores, unfinishedFolders } from "./shelf.ts";
import { placesOf } from "./sources.ts";

/** Where the stores lie in a cache folder. */
export function storesFolderIn(cacheFolder: string): string {
  return join(cacheFolder, "datasets");
}

/** The engine's small files in the cache: the fastest form of each convolution, the operators that a device has passed. */
async function engineFiles(cacheFolder: string): Promise<readonly string[]> {
  const folders = ["convolutions", "devices"].map((name) => join(cacheFolder, name));
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  return folders.flatMap((folder, index) =>
    (names[index] ?? []).filter((name) => name.endsWith(".json")).map((name) => join(folder, name)),
  );
}

/** Decoded images in the cache. */
export interface CachedImages {
  readonly name: string;
  /** How many images, and what was done to them; null when the store is damaged or of another version, and of no use any more. */
  readonly images: number | null;
  readonly preparation: Manifest["preparation"] | null;
  readonly bytes: number;
  readonly lastUsed: Date;
  /** Whether a process that lives has it open. */
  readonly inUse: boolean;
  /** The places that the images were found in. */
  readonly from: readonly string[];
}

/** What lies in a cache folder. */
export interface CacheListing {
  readonly folder: string;
  /** Bytes that the stores may take. */
  readonly limit: number;
  /** The one that was used last first. */
  readonly stores: readonly CachedImages[];
  /** Bytes of stores that are being built, or were when their process was killed. */
  readonly unfinished: number;
  /** Bytes of the engine's small files. */
  readonly engine: number;
  /** Bytes of all of it. */
  readonly total: number;
}

/**
 * What lies in a cache folder; other people's files in it are not looked at.
 * @throws AtelierError (usage) when ATELIER_CACHE_LIMIT is no size.
 */
export async function listCache(folder: string = defaultCacheFolder()): Promise<CacheListing> {
  const limit = cacheLimit(await diskSpace(folder));
  const shelved = await shelvedStores(storesFolderIn(folder));
  const stores = await Promise.all(shelved.toReversed().map(cachedImages));
  const unfinished = await bytesInAll(await unfinishedFolders(storesFolderIn(folder)));
  const engine = await bytesInAll(await engineFiles(folder));
  const total = stores.reduce((sum, { bytes }) => sum + bytes, unfinished + engine);
  return { folder, limit, stores, unfinished, engine, total };
}

async function cachedImages({ name, folder, bytes, lastUsed, inUse, manifest }: ShelvedStore): Promise<CachedImages> {
  const { count: images = null, preparation = null } = manifest ?? {};
  return { name, images, preparation, bytes, lastUsed, inUse, from: await placesOf(folder) };
}

async function bytesInAll(paths: readonly string[]): Promise<number> {
  const sizes = await Promise.all(paths.map(bytesOf));
  return sizes.reduce((sum, bytes) => sum + bytes, 0);
}

/** What has been cleared. */
export interface ClearedCache {
  /** Names of the stores that are gone. */
  readonly removed: readonly string[];
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
  /** Bytes that are free again. */
  readonly bytes: number;
}

/**
 * Removes stores from a cache folder, but none that a living process has open.
 * @param names of stores, or of the sources they were made from, as `listCache` gives them; none: all stores and the engine's files.
 * @throws AtelierError (usage) for a name that is not there; nothing has been removed then.
 */
export async function clearCache(
  folder: string = defaultCacheFolder(),
  names: readonly string[] = [],
): Promise<ClearedCache> {
  const storesFolder = storesFolderIn(folder);
  const stores = await shelvedStores(storesFolder);
  const known = stores.flatMap(({ name }) => [sourceNameOf(name), name]);
  for (const name of names) if (!known.includes(name)) throw unknownStore(name, known);
  const chosen = stores.filter(
    ({ name }) => names.length === 0 || names.includes(name) || names.includes(sourceNameOf(name)),
  );

  const removed: ShelvedStore[] = [];
  const kept: ClearedCache["kept"][number][] = [];
  for (const store of chosen) {
    try {
      if (store.inUse) throw new Error("in use");
      await removeStore(storesFolder, store);
      removed.push(store);
    } catch (cause) {
      kept.push({ name: store.name, reason: messageOf(cause) });
    }
  }
  const others = names.length === 0 ? await clearOthers(folder) : 0;
  return {
    removed: removed.map(({ name }) => name),
    kept,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, others),
  };
}

/** Removes the engine's files and what killed processes have left. @returns bytes */
async function clearOthers(folder: string): Promise<number> {
  const engine = await engineFiles(folder);
  const places = [...engine, ...(await unfinishedFolders(storesFolderIn(folder)))];
  const before = await bytesInAll(places);
  await removeAbandoned(storesFolderIn(folder));
  for (const file of engine) await rm(file, { force: true });
  return before - (await bytesInAll(places));
}

function unknownStore(name: string, known: readonly string[]): AtelierError {
  const ranked = known.map((each) => ({ each, distance: leven(each, name) })).sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  const near = nearest !== undefined && nearest.distance <= Math.max(2, name.length / 3);
  return new AtelierError({
    kind: "usage",
    where: "NAME",
    expected:
      known.length === 0
        ? "no name, for the cache holds no images"
        : "the name of a store, or of what it was made from",
    received: name,
    help: near ? `did you mean ${nearest.each}?` : "see `atelier cache` for the names",
  });
}
