import type { Dirent } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import {
  cacheLimit,
  defaultCacheFolder,
  diskSpace,
  engineFolderIn,
  featuresFolderIn,
  featuresLimit,
  isEngineFileName,
  isFeatureFileName,
} from "../../foundation/cache.ts";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { nearestName } from "../../foundation/spelling.ts";
import { type Manifest, sourceNameOf } from "./manifest.ts";
import { bytesOf, removeAbandoned, removeStore, type ShelvedStore, shelvedStores, unfinishedFolders } from "./shelf.ts";
import { placesOf } from "./sources.ts";

/** Where the stores lie in a cache folder. */
export function storesFolderIn(cacheFolder: string): string {
  return join(cacheFolder, "datasets");
}

/** What lies in a folder of small files: those that Atelier has written, and anything else. */
interface FolderFiles {
  readonly own: readonly string[];
  readonly foreign: readonly string[];
}

async function filesIn(folder: string, isOwnName: (name: string) => boolean): Promise<FolderFiles> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const isOwn = (entry: Dirent): boolean => entry.isFile() && isOwnName(entry.name);
  const paths = (chosen: readonly Dirent[]): readonly string[] => chosen.map(({ name }) => join(folder, name));
  return { own: paths(entries.filter(isOwn)), foreign: paths(entries.filter((entry) => !isOwn(entry))) };
}

const engineFiles = (cacheFolder: string) => filesIn(engineFolderIn(cacheFolder), isEngineFileName);
const featureFiles = (cacheFolder: string) => filesIn(featuresFolderIn(cacheFolder), isFeatureFileName);

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

/** Features of images in the cache, and the classifiers that make some of them. */
export interface CachedFeatures {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that they may take. */
  readonly limit: number;
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
  readonly features: CachedFeatures;
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
  const { own } = await featureFiles(folder);
  const features = { files: own.length, bytes: await bytesInAll(own), limit: featuresLimit(limit) };
  const engine = await bytesInAll((await engineFiles(folder)).own);
  const total = stores.reduce((sum, { bytes }) => sum + bytes, unfinished + features.bytes + engine);
  return { folder, limit, stores, unfinished, features, engine, total };
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
  /** What has stayed, and why: names of stores; files beside the engine's and the features that are not Atelier's, relative to the cache folder. */
  readonly kept: readonly { readonly name: string; readonly reason: string }[];
  /** Bytes that are free again. */
  readonly bytes: number;
}

/**
 * Removes stores from a cache folder, but none that a living process has open.
 * @param names of stores, or of the sources they were made from, as `listCache` gives them; none: all stores, features and the engine's files.
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
      await removeStore(storesFolder, store);
      removed.push(store);
    } catch (cause) {
      kept.push({ name: store.name, reason: messageOf(cause) });
    }
  }
  let others = 0;
  if (names.length === 0) {
    const [engine, features] = [await engineFiles(folder), await featureFiles(folder)];
    others = await clearOthers(storesFolder, [...engine.own, ...features.own]);
    for (const path of [...engine.foreign, ...features.foreign])
      kept.push({ name: relative(folder, path), reason: "not written by Atelier" });
  }
  return {
    removed: removed.map(({ name }) => name),
    kept,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, others),
  };
}

/** Removes small files and what killed processes have left. @returns bytes */
async function clearOthers(storesFolder: string, files: readonly string[]): Promise<number> {
  const places = [...files, ...(await unfinishedFolders(storesFolder))];
  const before = await bytesInAll(places);
  await removeAbandoned(storesFolder);
  for (const file of files) await rm(file, { force: true });
  return before - (await bytesInAll(places));
}

function unknownStore(name: string, known: readonly string[]): AtelierError {
  const nearest = nearestName(name, known);
  return new AtelierError({
    kind: "usage",
    where: "NAME",
    expected:
      known.length === 0
        ? "no name, for the cache holds no images"
        : "the name of a store, or of what it was made from",
    received: name,
    help: nearest !== undefined ? `did you mean ${nearest}?` : "see `atelier cache` for the names",
  });
}
