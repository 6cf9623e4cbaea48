import { hash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { AtelierError } from "./errors.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Where Atelier keeps what it can make again: `ATELIER_CACHE`, else `XDG_CACHE_HOME/atelier`, else `~/.cache/atelier`;
 * on Windows `LOCALAPPDATA/atelier/cache`. The folder may not exist yet.
 */
export function defaultCacheFolder(
  environment: Environment = process.env,
  platform: string = process.platform,
): string {
  const { ATELIER_CACHE: own, XDG_CACHE_HOME: shared, LOCALAPPDATA: local } = environment;
  if (own) return resolve(own);
  if (platform === "win32" && local) return join(local, "atelier", "cache");
  if (shared) return join(shared, "atelier");
  return join(homedir(), ".cache", "atelier");
}

/** Where the engine's small files lie in a cache folder. */
export function engineFolderIn(cacheFolder: string): string {
  return join(cacheFolder, "engine");
}

/**
 * Name of the JSON file in which the engine keeps what it has found out about a device: which form of each convolution is the fastest, which
 * operators are computed rightly.
 * @param conditions all that the findings depend on.
 */
export function engineFileName(
  subject: "convolutions" | "operators",
  device: string,
  ...conditions: readonly string[]
): string {
  return `${subject}-${device}-${hash("sha256", JSON.stringify(conditions)).slice(0, 16)}.json`;
}

/** Whether a file in the engine's folder is called as the engine's are, or is one that was being written when its process was killed. */
export function isEngineFileName(name: string): boolean {
  return /^(convolutions|operators)-[a-z]+-[0-9a-f]{16}\.json(\.\d+\.tmp)?$/.test(name);
}

/** Where features of images, and the weights of the classifiers that make some of them, lie in a cache folder. */
export function featuresFolderIn(cacheFolder: string): string {
  return join(cacheFolder, "features");
}

/** What a file in the features' folder holds: features of a set of images, or the weights of a classifier. */
export type FeatureFileSubject = "features" | "classifier";

/** @param key all that the file's numbers depend on. */
export function featureFileName(subject: FeatureFileSubject, key: string): string {
  return `${subject}-${hash("sha256", key).slice(0, 32)}.bin`;
}

/** Whether a file in the features' folder is called as Atelier's are, or is one that was being written when its process was killed. */
export function isFeatureFileName(name: string): boolean {
  return /^(features|classifier)-[0-9a-f]{32}\.bin(\.\d+\.tmp)?$/.test(name);
}

/** Bytes that the features' folder may take, of those that decoded images may: a tenth, beside them. */
export function featuresLimit(imagesLimit: number): number {
  return imagesLimit / 10;
}

/** Bytes of a disk, and how many of them this user may still write. */
export interface DiskSpace {
  readonly total: number;
  readonly free: number;
}

/** The space of the disk that a folder lies on, or will; undefined where the system does not say. */
export async function diskSpace(folder: string): Promise<DiskSpace | undefined> {
  try {
    const { blocks, bavail, bsize } = await statfs(folder);
    return blocks > 0 ? { total: blocks * bsize, free: bavail * bsize } : undefined;
  } catch {
    return dirname(folder) === folder ? undefined : await diskSpace(dirname(folder));
  }
}

const mostByDefault = 20e9;

/**
 * Bytes that decoded images may take in the cache folder: `ATELIER_CACHE_LIMIT`, else 20 GB, or a tenth of the disk where that is
 * less: what can be made again must not fill a laptop, nor a server that others use.
 * @throws AtelierError (usage) when the variable is no size.
 */
export function cacheLimit(disk: DiskSpace | undefined, environment: Environment = process.env): number {
  const { ATELIER_CACHE_LIMIT: asked } = environment;
  if (!asked) return Math.min(mostByDefault, (disk?.total ?? Number.POSITIVE_INFINITY) / 10);
  const size = parseSize(asked);
  if (size !== undefined) return size;
  throw new AtelierError({
    kind: "usage",
    where: "ATELIER_CACHE_LIMIT",
    expected: "a size such as 20GB, 500 MB or 1.5 TB",
    received: JSON.stringify(asked),
    help: "set it to a number and a unit, or do not set it",
  });
}

const units: ReadonlyMap<string, number> = new Map([
  ["kb", 1e3],
  ["mb", 1e6],
  ["gb", 1e9],
  ["tb", 1e12],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);

/** Bytes of `20GB`, `1.5 tb`, `512 MiB`. Nothing needs no unit: `0`. */
function parseSize(text: string): number | undefined {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  if (number !== "" && Number(number) === 0 && unit === "") return 0;
  const factor = units.get(unit.toLowerCase());
  return factor === undefined || number === "" ? undefined : Number(number) * factor;
}
