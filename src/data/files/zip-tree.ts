import { createHash } from "node:crypto";
import { basename } from "node:path";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import type { SkippedFile } from "../image-source.ts";
import { hasImageExtension } from "../images/image-file.ts";
import { damagedFile } from "./damaged-file.ts";
import type { FileTree } from "./file-tree.ts";
import { type Archive, archiveBytes, archiveFile } from "./zip/archive.ts";
import { readEntry, streamEntry } from "./zip/content.ts";
import { readDirectory, type ZipDirectory, type ZipEntry } from "./zip/directory.ts";

/**
 * The files in a `.zip`, which stays packed. Folders that merely wrap everything else are not part of the paths: `cat/1.jpg` for
 * `photos/cat/1.jpg`, and `1.jpg` for `photos/1.jpg` in `photos.zip`. A file that cannot be read at all (encrypted, a link, a path that
 * leads out of the archive …) is `unusable`. Every byte that is read counts for the file's checksum; a wrong one is an Error once the file's end is reached.
 * @param archive a path, or the bytes of an archive that lies in another one.
 * @param where how to name the archive; default: its path.
 * @throws AtelierError (file) when it cannot be read, (data) when it is damaged as a whole.
 */
export async function openZipTree(
  archive: string | Uint8Array,
  where: string = typeof archive === "string" ? archive : "archive.zip",
): Promise<FileTree> {
  const bytes = typeof archive === "string" ? await openArchiveFile(archive, where) : archiveBytes(archive);
  const directory = await readDirectory(bytes).catch((cause: unknown) => {
    throw damagedFile(where, messageOf(cause));
  });
  return treeOf(bytes, where, directory);
}

async function openArchiveFile(path: string, where: string): Promise<Archive> {
  return await archiveFile(path).catch((cause: unknown) => {
    throw new AtelierError(
      {
        kind: "file",
        where,
        expected: "an archive that can be read",
        received: messageOf(cause),
        help: "check the path and its permissions",
      },
      { cause },
    );
  });
}

function treeOf(archive: Archive, where: string, { entries, unusable }: ZipDirectory): FileTree {
  const wrapping = wrappingFolders(
    entries.map((entry) => entry.path),
    basename(where).replace(/\.zip$/i, ""),
  );
  const within = (path: string): string => (path.startsWith(wrapping) ? path.slice(wrapping.length) : path);
  const byPath = new Map(entries.map((entry) => [within(entry.path), entry]));
  const entryAt = (path: string): ZipEntry => {
    const entry = byPath.get(path);
    if (entry === undefined) throw new Error("the archive has no such file");
    return entry;
  };
  return {
    files: [...byPath].map(([path, { size }]) => ({ path, size })).sort((a, b) => (a.path < b.path ? -1 : 1)),
    unusable: unusable.map(({ file, reason }): SkippedFile => ({ file: within(file), reason })).sort(byFile),
    pathOf: (path) => `${where}/${wrapping}${path}`,
    onDisk: () => undefined,
    fingerprint: async (chosen) =>
      createHash("sha256")
        .update(JSON.stringify([archive.identity(), chosen]))
        .digest("hex"),
    read: async (path) => await readEntry(archive, entryAt(path)),
    stream: (path, start = 0) => streamEntry(archive, entryAt(path), start),
  };
}

/** Folders whose names say something about what is in them, even where there is no other. */
const meaningful: ReadonlySet<string> = new Set(["train", "unlabelled", "unlabeled"]);

/**
 * The folders that hold all files and only wrap them, with a `/` at the end. The first folders below the root are classes: in
 * `photos/cat/1.jpg photos/dog/2.jpg` the outer folder must go. The last folder above images is a class, even alone, unless it is called
 * like the archive.
 */
function wrappingFolders(paths: readonly string[], archiveName: string): string {
  const [first = ""] = paths;
  const hasImages = paths.some(hasImageExtension);
  let wrapping = "";
  for (const folder of first.split("/").slice(0, -1)) {
    const next = `${wrapping}${folder}/`;
    if (meaningful.has(folder.toLowerCase()) || !paths.every((path) => path.startsWith(next))) break;
    const isLast = !paths.some((path) => path.includes("/", next.length));
    if (isLast && hasImages && folder.toLowerCase() !== archiveName.toLowerCase()) break;
    wrapping = next;
  }
  return wrapping;
}

function byFile(a: SkippedFile, b: SkippedFile): number {
  return a.file < b.file ? -1 : 1;
}
