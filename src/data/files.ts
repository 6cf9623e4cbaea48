import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, messageOf } from "../foundation/errors.ts";
import { forEachIndex } from "./concurrency.ts";

/** A file below a source's root. */
export interface FoundFile {
  /** Relative to the root, with `/` between folders. */
  readonly path: string;
  readonly size: number;
  /** Changes with the content (modification time) and with the permissions (status time), in milliseconds. */
  readonly times: string;
}

/** Files that systems leave in picture folders, beside those whose name begins with a dot. */
const leftBySystems: ReadonlySet<string> = new Set(["thumbs.db", "desktop.ini"]);

/**
 * All files below `root`, hidden ones left out, links followed, in the order of their paths' code units.
 * @throws AtelierError (file) when a folder cannot be read.
 */
export async function findFiles(root: string): Promise<readonly FoundFile[]> {
  return await describeFiles(root, await listPaths(root, "", []));
}

/** The files in `folder` itself, as {@link findFiles} gives them. */
export async function filesIn(folder: string): Promise<readonly FoundFile[]> {
  const entries = await entriesOf(folder);
  return await describeFiles(
    folder,
    entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name),
  );
}

async function describeFiles(root: string, paths: readonly string[]): Promise<readonly FoundFile[]> {
  const found: (FoundFile | undefined)[] = paths.map(() => undefined);
  await forEachIndex(paths.length, 16, async (index) => {
    const path = paths[index] ?? "";
    found[index] = await describeFile(root, path).catch(() => undefined);
  });
  const files = found.filter((file) => file !== undefined);
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Size and times of one file. @throws what the system throws when it is not there. */
export async function describeFile(root: string, path: string): Promise<FoundFile> {
  const { size, mtimeMs, ctimeMs } = await stat(join(root, path));
  return { path, size, times: `${mtimeMs} ${ctimeMs}` };
}

/** A hash that changes when any of the files may have changed, or when the root is another one. */
export async function fingerprintOf(root: string, files: readonly FoundFile[]): Promise<string> {
  const lines = files.map(({ path, size, times }) => JSON.stringify([path, size, times]));
  return createHash("sha256")
    .update([await realpath(root), ...lines].join("\n"))
    .digest("hex");
}

async function listPaths(root: string, below: string, above: readonly string[]): Promise<string[]> {
  const folder = join(root, below);
  // A link that leads back to a folder above it would never end.
  const real = await realpath(folder);
  if (above.includes(real)) return [];
  const paths: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (entry.name.startsWith(".") || leftBySystems.has(entry.name.toLowerCase())) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(join(root, path)).catch(() => entry) : entry;
    if (kind.isDirectory()) paths.push(...(await listPaths(root, path, [...above, real])));
    else if (kind.isFile()) paths.push(path);
  }
  return paths;
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new AtelierError(
      {
        kind: "file",
        where: folder,
        expected: "a folder that can be read",
        received: messageOf(cause),
        help: "check its permissions, or move it out of the data folder",
      },
      { cause },
    );
  }
}
