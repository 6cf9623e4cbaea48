import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, systemCodeOf } from "../foundation/errors.ts";
import { unwritable } from "../foundation/files.ts";
import { lockFile } from "./run-folder.ts";

/**
 * Keeps other processes from training in the same run, by a file that holds this process's number. A lock whose process
 * is gone (it was killed) is taken over.
 * @returns a function that releases the lock.
 * @throws AtelierError (run) when another process holds it, (file) when the folder cannot be written.
 */
export async function lockRun(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, lockFile);
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
  } catch (cause) {
    if (systemCodeOf(cause) !== "EEXIST") throw unwritable(path, cause);
    const holder = Number(await readFile(path, "utf8"));
    if (isAlive(holder)) throw heldBy(holder, folder);
    await writeFile(path, String(process.pid));
  }
  return () => rm(path, { force: true });
}

function isAlive(holder: number): boolean {
  if (!Number.isSafeInteger(holder) || holder <= 0) return false;
  try {
    process.kill(holder, 0);
    return true;
  } catch (cause) {
    // EPERM: it is there and belongs to someone else.
    return systemCodeOf(cause) === "EPERM";
  }
}

function heldBy(holder: number, folder: string): AtelierError {
  return new AtelierError({
    kind: "run",
    where: folder,
    expected: "a run in which no other process trains",
    received: `one in which process ${holder} does`,
    help: "wait for it or stop it, then add --resume; or name another folder with --out",
  });
}
