import { dirname } from "node:path";
import { cacheLimit, type DiskSpace, diskSpace } from "../../foundation/cache.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { removeAbandoned, removeStore, type ShelvedStore, shelvedStores } from "./shelf.ts";

/**
 * Makes room for a new store: what was killed while it was built is removed, then the stores used longest ago, until all stores and the new
 * one keep within the limit and on the disk. A store that a living process has open stays. One that is larger than the limit is built
 * all the same.
 * @param needed bytes of the new store
 * @param limit bytes of all stores. Default: see {@link cacheLimit}.
 * @throws AtelierError (file) when the disk is too small even without the other stores, (usage) when ATELIER_CACHE_LIMIT is no size.
 */
export async function makeRoom(
  storesFolder: string,
  needed: number,
  { limit, space }: { readonly limit?: number | undefined; readonly space?: DiskSpace } = {},
): Promise<void> {
  await removeAbandoned(storesFolder).catch(() => {});
  const disk = space ?? (await diskSpace(storesFolder));
  const stores = await shelvedStores(storesFolder);
  const removable = stores.filter(({ inUse }) => !inUse);
  const lacking = needed - (disk?.free ?? Number.POSITIVE_INFINITY);
  if (lacking > bytesIn(removable)) throw noRoom(storesFolder, needed, needed - lacking + bytesIn(removable));
  let excess = Math.max(lacking, bytesIn(stores) + needed - (limit ?? cacheLimit(disk)));
  for (const store of removable) {
    if (excess <= 0) return;
    const removed = await removeStore(storesFolder, store).then(
      () => true,
      () => false,
    );
    if (removed) excess -= store.bytes;
  }
}

function bytesIn(stores: readonly ShelvedStore[]): number {
  return stores.reduce((sum, { bytes }) => sum + bytes, 0);
}

function noRoom(storesFolder: string, needed: number, available: number): AtelierError {
  const megabytes = (count: number): string => `${count.toLocaleString("en-US")} MB`;
  return new AtelierError({
    kind: "file",
    where: dirname(storesFolder),
    expected: `${megabytes(Math.ceil(needed / 1e6))} of free disk space for the decoded images`,
    received: megabytes(Math.floor(available / 1e6)),
    help: "free some disk space, set ATELIER_CACHE to a folder on another disk, or choose a smaller size",
  });
}
