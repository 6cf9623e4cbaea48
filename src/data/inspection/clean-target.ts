import { readdir, realpath, rename, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { AtelierError, systemCodeOf } from "../../foundation/errors.ts";
import { unwritable } from "../../foundation/files.ts";
import type { ImageSource } from "../image-source.ts";

/**
 * The real path of the folder that a copy is to be written into.
 * @throws AtelierError (usage) when it is not new or empty, lies in the source's folder or around it; (file) when it cannot be read.
 */
export async function freeTarget(source: ImageSource, out: string): Promise<string> {
  const refuse = (expected: string, received: string): AtelierError =>
    new AtelierError({ kind: "usage", where: `--clean ${out}`, expected, received, help: "name another folder" });
  const free = "a new or empty folder";
  if (out === "") throw refuse(free, "no name");
  const target = await realPathOf(resolve(out));
  const present = await readdir(target).catch((cause: unknown) => {
    if (systemCodeOf(cause) === "ENOENT") return [];
    if (systemCodeOf(cause) === "ENOTDIR") throw refuse(free, "a file");
    throw unwritable(out, cause);
  });
  for (const location of [source.location].flat()) {
    const folder = await realPathOf(resolve(location));
    const isFolder = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder && (target === folder || target.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
      throw refuse("a place outside the data", `a place in ${location}`);
    if (isFolder && folder.startsWith(target.endsWith(sep) ? target : target + sep))
      throw refuse("a place outside the data", `a folder around ${location}`);
  }
  if (present.length > 0) throw refuse(free, "a folder with files in it");
  return target;
}

/** The real path, also of what is not there yet. */
async function realPathOf(path: string): Promise<string> {
  return await realpath(path).catch(async () => {
    const above = dirname(path);
    return above === path ? path : join(await realPathOf(above), basename(path));
  });
}

/**
 * Gives a finished folder its place, which is free or an empty folder.
 * @throws AtelierError (file) when something has come there meanwhile, or the place cannot be written.
 */
export async function moveInto(aside: string, target: string): Promise<void> {
  try {
    // An empty folder may be there. One that is not empty any more is left alone.
    await rmdir(target).catch((cause: unknown) => {
      if (systemCodeOf(cause) !== "ENOENT") throw cause;
    });
    await rename(aside, target);
  } catch (cause) {
    throw unwritable(target, cause);
  }
}
