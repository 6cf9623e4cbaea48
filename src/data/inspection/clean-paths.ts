import { posix } from "node:path";
import { type ImageRecord, type ImageSource, recordAt } from "../image-source.ts";
import { hasImageExtension } from "../images/image-file.ts";

/** Where an image goes in a cleaned copy. */
export interface CopyPath {
  /** Relative to the copy, with `/` between folders. */
  readonly path: string;
  /** Whether the extension of what is written has still to be added. */
  readonly withoutExtension: boolean;
}

/**
 * Where the images of a source go in a cleaned copy, for each of `indices`. Image files of a folder or an archive keep their relative path,
 * if every system can hold a file of that name; all others go to `SPLIT/LABEL/NAME`, so far as they have a split and a label that can be
 * the name of a folder. No two are equal, or differ in upper and lower case alone; none leads out of the copy.
 */
export function pathsOfCopy(source: ImageSource, indices: readonly number[]): readonly CopyPath[] {
  const taken = new Set<string>();
  const keepsPaths = source.kind === "folder";
  const anyLabel = source.records.some((record) => record.label !== null);
  // First those that keep their paths: no other takes one away.
  const kept = indices.map((index) => {
    const { name } = recordAt(source, index);
    if (!keepsPaths || !isPortablePath(name) || taken.has(keyOf(name))) return undefined;
    taken.add(keyOf(name)).add(keyOf(stemOf(name)));
    return name;
  });
  return indices.map((index, at) => {
    const path = kept[at];
    if (path !== undefined) return { path, withoutExtension: false };
    const record = recordAt(source, index);
    const folders = foldersOf(record, anyLabel);
    const name = safeName(keepsPaths ? posix.basename(record.name) : record.name);
    return { path: free([...folders, name].join("/"), taken), withoutExtension: true };
  });
}

/** Names that mean something else as the first folder. */
const meaningful: ReadonlySet<string> = new Set([
  "train",
  "test",
  "val",
  "valid",
  "validation",
  "unlabelled",
  "unlabeled",
]);

function foldersOf({ label, split }: ImageRecord, anyLabel: boolean): readonly string[] {
  const above = split === null ? [] : [split];
  if (label === null) return anyLabel ? [...above, "unlabelled"] : above;
  // A label that can be no folder's name stands in labels.csv alone.
  return isFolderName(label) && !meaningful.has(label.toLowerCase()) ? [...above, label] : above;
}

function isPortablePath(path: string): boolean {
  const folders = path.split("/");
  const name = folders.pop() ?? "";
  return isPortableName(name) && hasImageExtension(name) && folders.every(isFolderName);
}

/** A folder of the copy never has an image's extension, and a file always: so that no path is wanted for both, as an archive may. */
function isFolderName(name: string): boolean {
  return isPortableName(name) && !hasImageExtension(name);
}

/** Whether a file or folder of this name can be made on all systems, and is not hidden. */
function isPortableName(name: string): boolean {
  return (
    name !== "" &&
    Buffer.byteLength(name) <= 255 &&
    !/[\p{Cc}\\/:*?"<>|\ufffd]/u.test(name) &&
    !name.startsWith(".") &&
    !/[. ]$/.test(name) &&
    !isDevice(name)
  );
}

/** Names that Windows keeps for devices, whatever follows after a dot. */
function isDevice(name: string): boolean {
  return /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[1-9¹²³]) *(\.|$)/i.test(name);
}

/** Letters, digits and a few signs of a name, as far as they fit into a file's name of 255 bytes with something added. */
function safeName(name: string): string {
  const plain = stemOf(name)
    .replace(/[^\p{L}\p{M}\p{N}._ -]+/gu, "-")
    .replace(/^[-. ]+|[-. ]+$/g, "");
  const short = Array.from(plain).slice(0, 60).join("") || "image";
  return isDevice(short) ? `image-${short}` : short;
}

function stemOf(path: string): string {
  return hasImageExtension(path) ? path.slice(0, path.lastIndexOf(".")) : path;
}

/** A path that is not taken: itself, or with the first number from 2 on that is free. */
function free(path: string, taken: Set<string>): string {
  let result = path;
  for (let number = 2; taken.has(keyOf(result)); number++) result = `${path}-${number}`;
  taken.add(keyOf(result));
  return result;
}

/** Equal for paths that some systems take for the same. */
function keyOf(path: string): string {
  return path.normalize("NFC").toLowerCase();
}
