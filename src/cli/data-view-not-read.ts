import { posix } from "node:path";

const encoding = "Atelier does not read this kind of image";
const archive = "an archive: give a .zip by itself, unpack others";
const table = "a table: labels are read from labels.csv, or with --labels FILE";
const film = "a film";

/** Why files are not read, by their extension. Of all others nothing can be said but that they are not images. */
const reasonOf: ReadonlyMap<string, string> = new Map([
  ...["svg", "bmp", "ico", "psd", "jxl", "jp2", "dng", "cr2", "nef", "arw"].map(
    (extension) => [extension, encoding] as const,
  ),
  ...["zip", "tar", "gz", "tgz", "7z", "rar"].map((extension) => [extension, archive] as const),
  ...["csv", "tsv"].map((extension) => [extension, table] as const),
  ...["mp4", "mov", "avi", "mkv", "webm"].map((extension) => [extension, film] as const),
]);

/** Files beside the images, with the reason why they are not read where one is known; without the notes of a cleaned copy. */
export function notReadRows(ignored: readonly string[]): readonly (readonly [name: string, reason: string])[] {
  return ignored
    .filter((name) => posix.basename(name) !== "cleaning.json")
    .map((name) => [name, reasonOf.get(posix.extname(name).slice(1).toLowerCase()) ?? ""]);
}
