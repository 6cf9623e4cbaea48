import { posix } from "node:path";

/** The images that a file name of a table stands for: the first of them, and how many they are. */
export interface Match {
  readonly first: number;
  readonly count: number;
}

/**
 * Finds for each file name of a table the images that it stands for, by the first of these rules that finds any:
 * it is the image's path, seen from the table's folder; the end of the path (`1.jpg` for `images/1.jpg`) of an image below that folder;
 * the path seen from the root; its end anywhere, if there are no images below the table's folder; the same without the image's extension (`1` for
 * `images/1.jpg`). `\` counts as `/`, and letters with marks are the same however they are composed.
 * Takes time in proportion to the number of files and of names.
 * @param names paths of the images
 * @param base the table's folder, relative to the root
 * @returns undefined for a file name that fits no image
 */
export function matchFiles(
  files: readonly string[],
  names: readonly string[],
  base = "",
): readonly (Match | undefined)[] {
  const written = files.map(canonical);
  const folder = canonical(base);
  const seenFromFolder = written.map((file) => posix.join(folder, file));
  const paths = names.map(canonical);
  const matches = files.map((): Match | undefined => undefined);
  for (const images of [paths, paths.map(withoutExtension)]) {
    fill(matches, seenFromFolder, images, whole);
    const below = images.map((path) => (path.startsWith(`${folder}/`) ? path : ""));
    const someBelow = below.some((path) => path !== "");
    // Before what lies elsewhere: an image there that happens to have the same name is not meant.
    if (someBelow) fill(matches, written, below, ends);
    fill(matches, written, images, whole);
    if (!someBelow) fill(matches, written, images, ends);
  }
  return matches;
}

/** Slashes, folders and composed letters in the one way in which names are compared. */
function canonical(path: string): string {
  return posix.normalize(path.replaceAll("\\", "/").normalize("NFC"));
}

function withoutExtension(path: string): string {
  return path.replace(/\.[^./]+$/, "");
}

function whole(path: string): readonly string[] {
  return [path];
}

/** `a/b/c`, `b/c`, `c`. */
function* ends(path: string): Generator<string> {
  yield path;
  for (let slash = path.indexOf("/"); slash !== -1; slash = path.indexOf("/", slash + 1)) yield path.slice(slash + 1);
}

/** Looks for the files that have no match yet among the keys of all images; only keys that are looked for are kept. */
function fill(
  matches: (Match | undefined)[],
  files: readonly string[],
  images: readonly string[],
  keysOf: (path: string) => Iterable<string>,
): void {
  const wanted = new Set(files.filter((_, row) => matches[row] === undefined));
  if (wanted.size === 0) return;
  const found = new Map<string, Match>();
  for (const [index, path] of images.entries()) {
    for (const key of keysOf(path)) {
      if (!wanted.has(key)) continue;
      const earlier = found.get(key);
      found.set(key, earlier ? { first: earlier.first, count: earlier.count + 1 } : { first: index, count: 1 });
    }
  }
  for (const [row, file] of files.entries()) matches[row] ??= found.get(file);
}
