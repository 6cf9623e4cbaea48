import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { isStoreName, type Manifest, manifestFile, manifestOf, pixelsFile } from "./manifest.ts";
import { isAbandoned, ownMark } from "./owner.ts";
import { isInUse } from "./packed-store.ts";

// The folder that all stores lie in. Whatever else lies there is someone else's, and is left alone.

/** A store as it lies on the disk. */
export interface ShelvedStore {
  readonly name: string;
  readonly folder: string;
  readonly bytes: number;
  readonly lastUsed: Date;
  /** Whether a process that lives has it open. */
  readonly inUse: boolean;
  /** undefined: damaged, or of another version of Atelier; nothing will ever be read from it. */
  readonly manifest: Manifest | undefined;
}

/** Names of the folders that are called as stores are. */
export async function storeNames(storesFolder: string): Promise<readonly string[]> {
  return (await readdir(storesFolder).catch(() => [])).filter(isStoreName);
}

/** All stores, the one that was used longest ago first. */
export async function shelvedStores(storesFolder: string): Promise<readonly ShelvedStore[]> {
  const names = await storeNames(storesFolder);
  const stores = await Promise.all(names.map((name) => shelvedStore(name, join(storesFolder, name))));
  return stores.flat().sort((a, b) => a.lastUsed.getTime() - b.lastUsed.getTime());
}

async function shelvedStore(name: string, folder: string): Promise<readonly ShelvedStore[]> {
  const times = await Promise.all(
    [manifestFile, pixelsFile].map((file) =>
      stat(join(folder, file)).then(
        ({ mtime }) => mtime,
        () => undefined,
      ),
    ),
  );
  const lastUsed = times.find((time) => time !== undefined);
  if (lastUsed === undefined) return [];
  const [bytes, inUse, manifest] = await Promise.all([bytesOf(folder), isInUse(folder), manifestOf(folder)]);
  return [{ name, folder, bytes, lastUsed, inUse, manifest }];
}

/** Bytes of a file, or of all files below a folder; none where nothing is. */
export async function bytesOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true }).catch(() => [""]);
  const found = await Promise.all(names.map((name) => stat(join(path, name)).catch(() => undefined)));
  return found.reduce((sum, file) => sum + (file?.isFile() === true ? file.size : 0), 0);
}

/** A new name for a store that is being built or removed, which nobody takes for a store. */
export function asideName(): string {
  return `unfinished.${ownMark()}`;
}

/** Stores that are being built or removed now. */
export async function unfinishedFolders(storesFolder: string): Promise<readonly string[]> {
  const names = await readdir(storesFolder).catch(() => []);
  return names
    .filter((name) => /^unfinished\.[0-9a-f]{8}\.\d+\.[0-9a-f]{8}$/.test(name))
    .map((name) => join(storesFolder, name));
}

/** A build on another machine is taken for dead after a day, in milliseconds. */
const longestBuildElsewhere = 24 * 60 * 60 * 1000;

/** Removes what processes that were killed have left. */
export async function removeAbandoned(storesFolder: string): Promise<void> {
  for (const folder of await unfinishedFolders(storesFolder))
    if (await isAbandoned(folder, longestBuildElsewhere)) await rm(folder, { recursive: true, force: true });
}

/**
 * Removes a store: renamed first, so that nobody opens what is half gone. On Windows the renaming fails while any process has a file of it
 * open; elsewhere such a process reads on.
 * @throws Error when a process that lives has it open, perhaps only since the stores were listed; what the system says when it refuses.
 */
export async function removeStore(storesFolder: string, { folder }: ShelvedStore): Promise<void> {
  if (await isInUse(folder)) throw new Error("in use");
  const aside = join(storesFolder, asideName());
  await rename(folder, aside);
  await rm(aside, { recursive: true, force: true });
}
