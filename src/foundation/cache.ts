import { homedir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Where Atelier keeps what it can make again: `ATELIER_CACHE`, else `XDG_CACHE_HOME/atelier`, else `~/.cache/atelier`;
 * on Windows `LOCALAPPDATA/atelier/cache`. The folder may not exist yet.
 */
export function defaultCacheFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
): string {
  const { ATELIER_CACHE: own, XDG_CACHE_HOME: shared, LOCALAPPDATA: local } = environment;
  if (own) return resolve(own);
  if (platform === "win32" && local) return join(local, "atelier", "cache");
  if (shared) return join(shared, "atelier");
  return join(homedir(), ".cache", "atelier");
}
