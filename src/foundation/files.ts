import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { AtelierError, messageOf, systemCodeOf } from "./errors.ts";

/**
 * Writes a file whole or not at all: beside its final place, flushed to the disk, then renamed.
 * @param content text, bytes, or a list of pieces that are written one after another without being joined in memory.
 * @throws AtelierError (file) when the folder cannot be written.
 */
export async function writeFileWhole(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const aside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(aside, "w");
    try {
      for (const piece of Array.isArray(content) ? content : [content]) await file.appendFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, path);
  } catch (cause) {
    await rm(aside, { force: true }).catch(() => {});
    throw unwritable(path, cause);
  }
}

/**
 * Makes a folder and those above it, if they are not there. (Node's own recursive mkdir never ends in places such as
 * /proc, which deny that a parent exists.)
 * @throws AtelierError (file) when that is not possible.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeMissing(resolve(path));
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

async function makeMissing(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error(`${path} is a file`);
  if (dirname(path) !== path) await makeMissing(dirname(path));
  await mkdir(path).catch(async (cause: unknown) => {
    // Another process may have made it meanwhile.
    if (systemCodeOf(cause) !== "EEXIST" || !(await stat(path)).isDirectory()) throw cause;
  });
}

/** The error for a file or folder that cannot be written, with what the operating system said. */
export function unwritable(path: string, cause: unknown): AtelierError {
  const full = systemCodeOf(cause) === "ENOSPC";
  return new AtelierError(
    {
      kind: "file",
      where: path,
      expected: "a place that can be written",
      received: messageOf(cause),
      help: full
        ? "free some disk space"
        : `check the permissions of ${dirname(path)}, or name another folder with --out`,
    },
    { cause },
  );
}

/** The bytes of a file, or undefined where there is none. Other faults are thrown as they are. */
export async function readFileIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (cause) {
    // Below a file there is nothing either.
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(cause) ?? "")) return undefined;
    throw cause;
  }
}

/** How to speak of a file that a user named and that cannot be read. */
export interface NamedFile {
  /** Default: the path. */
  readonly where?: string;
  readonly expected: string;
  /** What is received where nothing has that path. Default: the system's own words. */
  readonly absent?: string;
  readonly help: string;
}

/**
 * The bytes of a file that the user named.
 * @throws AtelierError (usage) when it cannot be read.
 */
export async function readNamedFile(
  path: string,
  { where = path, expected, absent, help }: NamedFile,
): Promise<Buffer> {
  return await readFile(path).catch((cause: unknown) => {
    const received = systemCodeOf(cause) === "ENOENT" ? (absent ?? messageOf(cause)) : messageOf(cause);
    throw new AtelierError({ kind: "usage", where, expected, received, help }, { cause });
  });
}
