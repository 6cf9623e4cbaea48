import { readdir, realpath, rename, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { AtelierError, systemCodeOf } from "../../foundation/errors.ts";
import { unwritable } from "../../foundation/files.ts";
import type { ImageSource } from "../image-source.ts";
import { isSheet } from "./canvas.ts";

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
  for (const { location, folder } of await foldersOf(source)) {
    if (isWithin(target, folder)) throw refuse("a place outside the data", `a place in ${location}`);
    if (isWithin(folder, target)) throw refuse("a place outside the data", `a folder around ${location}`);
  }
  if (present.length > 0) throw refuse(free, "a folder with files in it");
  return target;
}

/**
 * Makes sure that a sheet can be written to a file, before any work is done for it.
 * @param flag that named the file.
 * @throws AtelierError (usage) when its name is not that of a PNG, it lies in the data, its folder is not there, or something is there
 * that is not a sheet of Atelier.
 */
export async function assertSheetTarget(source: ImageSource, flag: string, file: string): Promise<void> {
  const refuse = (expected: string, received: string, help = "name another file"): AtelierError =>
    new AtelierError({ kind: "usage", where: `${flag} ${file}`, expected, received, help });
  if (!/\.png$/i.test(file))
    throw refuse("the name of a PNG file", file === "" ? "no name" : file, "let it end in .png");
  const folder = dirname(resolve(file));
  const above = await stat(folder).catch(() => undefined);
  if (above?.isDirectory() !== true)
    throw refuse("a file in a folder that is there", folder, `make the folder first: mkdir -p ${folder}`);
  const target = await realPathOf(resolve(file));
  for (const { location, folder: data } of await foldersOf(source))
    if (isWithin(target, data)) throw refuse("a place outside the data", `a place in ${location}`);
  const present = await stat(target).catch(() => undefined);
  if (present?.isDirectory() === true) throw refuse("a file", "a folder");
  if (present !== undefined && !(await isSheet(target)))
    throw refuse("a new file, or a sheet that Atelier wrote", "another file, which would be lost");
}

/** The places of the data that are folders, with their real paths. */
async function foldersOf(
  source: ImageSource,
): Promise<readonly { readonly location: string; readonly folder: string }[]> {
  const places = await Promise.all(
    [source.location].flat().map(async (location) => ({ location, folder: await realPathOf(resolve(location)) })),
  );
  const stats = await Promise.all(places.map(async ({ folder }) => await stat(folder).catch(() => undefined)));
  return places.filter((_, index) => stats[index]?.isDirectory() === true);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
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
