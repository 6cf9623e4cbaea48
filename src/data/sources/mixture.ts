import { join, posix } from "node:path";
import { AtelierError } from "../../foundation/errors.ts";
import type { FileTree } from "../files/file-tree.ts";
import { locationText } from "../image-source.ts";
import { cifar } from "./cifar.ts";
import { folder } from "./folder.ts";
import { isIdxImagesName } from "./idx.ts";
import { numpy } from "./numpy.ts";
import { parquet } from "./parquet.ts";
import type { Called } from "./source-kind.ts";

type Choose = (paths: readonly string[]) => readonly string[];

/** Files that hold whole data sets, and have no other use beside images. */
const wholeSets: readonly (readonly [name: string, Choose])[] = [
  ["IDX", (paths) => paths.filter(isIdxImagesName)],
  ["NumPy", (paths) => paths.filter((path) => /\.npz$/i.test(path))],
  ["Parquet", (paths) => parquet.choose(paths)],
];

/**
 * Only one kind of files is read of a tree. Where image files and whole data sets lie in one, neither is left out in silence.
 * @throws AtelierError (data) that names both, and what can be given instead.
 */
export function refuseMixture(called: Called, tree: FileTree): void {
  const paths = tree.files.map((file) => file.path);
  const images = folder.choose(paths);
  if (images.length === 0) return;
  for (const [name, choose] of wholeSets) {
    const sets = choose(paths);
    const [first] = sets;
    if (first === undefined) continue;
    const where = locationText(called);
    const ofImages = folderOnlyOf(images, sets);
    const ofSets = folderOnlyOf(sets, images);
    const places = [...(ofImages ?? []), ...(ofSets ?? sets)].map((path) => join(where, path));
    const move = ofImages === undefined ? "; for the images, move the other files elsewhere" : "";
    throw new AtelierError({
      kind: "data",
      where,
      expected: "files of one kind",
      received: `${counted(images, "image")} and ${counted(sets, name)}`,
      help:
        tree.onDisk(first) === undefined
          ? "unpack it, and give the folder or file that you mean"
          : `give the one that you mean: ${shortened(places, " or ")}${move}`,
    });
  }
}

/** A remark on arrays beside image files, which may be something else: features of the images, weights of a network. */
export function arraysBeside(paths: readonly string[]): readonly string[] {
  const arrays = [...numpy.choose(paths), ...cifar.choose(paths)];
  if (arrays.length === 0) return [];
  const said =
    arrays.length === 1
      ? "is not read beside image files; give it by itself"
      : "are not read beside image files; give them alone";
  return [`${shortened(arrays, ", ")} ${said}`];
}

/** The deepest folder that holds all these files, where it is not the whole tree and none of the others lie in it. */
function folderOnlyOf(paths: readonly string[], others: readonly string[]): readonly string[] | undefined {
  const [first = ""] = paths;
  let common = posix.dirname(first);
  while (common !== "." && !paths.every((path) => path.startsWith(`${common}/`))) common = posix.dirname(common);
  return common === "." || others.some((path) => path.startsWith(`${common}/`)) ? undefined : [common];
}

function counted(paths: readonly string[], name: string): string {
  return paths.length === 1 ? `1 ${name} file (${paths[0]})` : `${paths.length} ${name} files (${paths[0]} …)`;
}

function shortened(names: readonly string[], between: string): string {
  return [...names.slice(0, 4), ...(names.length > 4 ? ["…"] : [])].join(between);
}
