import { createHash } from "node:crypto";
import { createReadStream, type Stats } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, messageOf, systemCodeOf } from "../../foundation/errors.ts";
import { forEachOf } from "../concurrency.ts";
import type { SkippedFile } from "../image-source.ts";
import { type FileTree, type FoundFile, isHidden, largestFile } from "./file-tree.ts";

/**
 * All files below a folder. Links are followed, but no folder is listed twice: its images would be there twice, and folders that
 * link to each other would never end.
 * @throws AtelierError (file) when the folder itself cannot be read. What lies below it and cannot is `unusable`.
 */
export async function openFolderTree(root: string): Promise<FileTree> {
  const listing = { paths: [], unusable: [], listed: new Set<string>(), links: [] };
  try {
    await list(root, "", listing);
  } catch (cause) {
    throw unreadableFolder(root, cause);
  }
  // After the folders themselves, so that these keep their own names.
  for (const link of listing.links) await listOrSay(root, link, listing);
  return await treeOf(root, listing);
}

/** The files in the folder itself, without those in its sub-folders. */
export async function openFlatTree(root: string): Promise<FileTree> {
  const entries = await readdir(root, { withFileTypes: true }).catch((cause: unknown) => {
    throw unreadableFolder(root, cause);
  });
  const names = entries.filter((entry) => !entry.isDirectory() && !isHidden(entry.name)).map((entry) => entry.name);
  return await treeOf(root, { paths: names, unusable: [] });
}

interface Listing {
  readonly paths: string[];
  readonly unusable: SkippedFile[];
}

interface GrowingListing extends Listing {
  /** Real paths of the folders in it. */
  readonly listed: Set<string>;
  /** Links to folders, which grow while they are followed. */
  readonly links: string[];
}

/** Adds what lies in a folder to the listing. */
async function list(root: string, below: string, listing: GrowingListing): Promise<void> {
  const folder = join(root, below);
  const real = await realpath(folder);
  if (listing.listed.has(real)) {
    listing.unusable.push({ file: `${below}/`, reason: "a link to a folder that is listed already" });
    return;
  }
  listing.listed.add(real);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isHidden(entry.name)) continue;
    const path = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory()) await listOrSay(root, path, listing);
    else if (entry.isSymbolicLink() && (await isFolder(join(root, path)))) listing.links.push(path);
    else listing.paths.push(path);
  }
}

async function listOrSay(root: string, path: string, listing: GrowingListing): Promise<void> {
  try {
    await list(root, path, listing);
  } catch (cause) {
    listing.unusable.push({ file: `${path}/`, reason: systemReason(path, cause) });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function systemReason(path: string, cause: unknown): string {
  // Node replaces bytes that are no UTF-8, and then cannot find the file by that name.
  if (path.includes("\ufffd")) return "its name is not valid UTF-8";
  switch (systemCodeOf(cause)) {
    case "ENOENT":
      return "a link that leads nowhere";
    case "ELOOP":
      return "a link that leads to itself";
    case "EACCES":
    case "EPERM":
      return "no permission to read it";
    default:
      return `cannot be read (${systemCodeOf(cause) ?? messageOf(cause)})`;
  }
}

function readReason(path: string, cause: unknown): string {
  return systemCodeOf(cause) === "ENOENT" ? "the file is gone since it was listed" : systemReason(path, cause);
}

/** The files among the paths; what else is there that is no folder is unusable. */
async function treeOf(root: string, { paths, unusable }: Listing): Promise<FileTree> {
  const stats = new Map<string, Stats>();
  await forEachOf(paths, 16, async (path) => {
    try {
      const found = await stat(join(root, path));
      if (found.isFile()) stats.set(path, found);
      else if (!found.isDirectory()) unusable.push({ file: path, reason: "neither a file nor a folder" });
    } catch (cause) {
      unusable.push({ file: path, reason: systemReason(path, cause) });
    }
  });
  const files = [...stats].map(([path, { size }]): FoundFile => ({ path, size })).sort(byCodeUnits);
  const real = await realpath(root);
  return {
    files,
    unusable: unusable.sort((a, b) => (a.file < b.file ? -1 : 1)),
    pathOf: (path) => join(root, path),
    onDisk: (path) => join(root, path),
    fingerprint: async (chosen) => {
      const hash = createHash("sha256").update(real);
      for (const path of chosen) {
        const found = stats.get(path);
        // The modification time changes with the content, the status time also when a program sets the former back.
        hash.update(`\n${JSON.stringify([path, found?.size, found?.mtimeMs, found?.ctimeMs])}`);
      }
      return hash.digest("hex");
    },
    read: async (path) => {
      if ((stats.get(path)?.size ?? 0) > largestFile) throw new Error(`larger than ${largestFile / 2 ** 20} MB`);
      return await readFile(join(root, path)).catch((cause: unknown) => {
        throw new Error(readReason(path, cause), { cause });
      });
    },
    stream: (path, start = 0) => readOn(join(root, path), start),
  };
}

async function* readOn(path: string, start: number): AsyncGenerator<Uint8Array> {
  const stream = createReadStream(path, { start, highWaterMark: 2 ** 20 });
  try {
    for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk;
  } catch (cause) {
    throw new Error(readReason(path, cause), { cause });
  }
}

function byCodeUnits(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : 1;
}

function unreadableFolder(where: string, cause: unknown): AtelierError {
  return new AtelierError(
    {
      kind: "file",
      where,
      expected: "a folder that can be read",
      received: messageOf(cause),
      help: "check its permissions",
    },
    { cause },
  );
}
