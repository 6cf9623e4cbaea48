import { readdir, stat } from "node:fs/promises";
import { extname } from "node:path";
import { AtelierError } from "../foundation/errors.ts";

// Places for pictures that a command makes. Nothing is overwritten.

/** `name.png`, or the first of `name-2.png`, `name-3.png` … that is not there; the same for a folder. */
export async function freePath(path: string): Promise<string> {
  const ending = extname(path);
  const stem = path.slice(0, path.length - ending.length);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${stem}-${number}${ending}`;
    if (await isUnused(candidate)) return candidate;
  }
}

/**
 * @param otherwise what leaving `--out` out does, as a clause.
 * @throws AtelierError (usage) when something is there that would be lost.
 */
export async function assertUnused(path: string, otherwise: string): Promise<void> {
  if (path !== "" && (await isUnused(path))) return;
  throw new AtelierError({
    kind: "usage",
    where: `--out ${path}`,
    expected: "a new file, or a new or empty folder",
    received: path === "" ? "no name" : "one that is there already",
    help: `name another, or leave --out out: ${otherwise}`,
  });
}

async function isUnused(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || (found.isDirectory() && (await readdir(path)).length === 0);
}
