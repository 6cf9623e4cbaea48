import { posix } from "node:path";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree, FoundFile } from "../files/file-tree.ts";
import { type ImageSource, locationText, type SplitName } from "../image-source.ts";
import {
  arrayNameOf,
  arrayText,
  hasImagesShape,
  imagesOf,
  type NumpyArray,
  openNumpyArray,
  suitableImages,
  UnsuitableArray,
} from "./numpy/array.ts";
import { labelArchives, labelFinder } from "./numpy/find-labels.ts";
import { isLabels, labelsNameOf, readLabels } from "./numpy/labels.ts";
import { withArraysOf } from "./numpy/tree.ts";
import { openedArray, type PixelArray } from "./pixel-array.ts";
import type { Called, SourceKind } from "./source-kind.ts";
import { sourceOfFiles, splitNamed } from "./source-of-files.ts";

/**
 * NumPy arrays of images, `.npy` or in an `.npz`, with the labels that lie beside them under the matching name: `x_train` and
 * `y_train`, `images` and `labels`, `arr_0` and `arr_1`; or in the archive beside, `train-labels.npz` for
 * `train-images.npz`. Where a folder or an archive has arrays with such names, the others in it
 * are ignored.
 */
export const numpy: SourceKind = {
  name: "numpy",
  choose: (paths) => paths.filter((path) => /\.np[yz]$/i.test(path)),
  open: async (called, outer, chosen) => {
    const alone = new Set(chosen);
    const archives = chosen.filter((path) => /z$/i.test(path));
    const labelsOf = labelArchives(outer, archives);
    const { tree: inner, arrays } = await withArraysOf(outer, archives);
    // Those of labels are looked into as well where one file of images was given.
    const { tree } = await withArraysOf(
      inner,
      [...labelsOf.values()].filter((path) => !alone.has(path) && outer.files.some((file) => file.path === path)),
    );
    const files = [...tree.files.filter(({ path }) => alone.has(path)), ...arrays].sort(byPath);
    const opened: Opened[] = [];
    for (const file of files) opened.push({ file, array: await openNumpyArray(tree, file).catch(errorOf) });
    const images = new Map(chooseImages(tree, opened));
    if (![...images.values()].some((each) => !(each instanceof Error)))
      throw withoutImages(called, tree, opened, [...images], chosen);
    const findLabels = labelFinder(tree, new Map(opened.map(({ file, array }) => [file.path, array])), labelsOf);
    const unlabelled = new Set<number>();
    const source = await sourceOfFiles(numpy, called, tree, [...images.keys()], async (path) => {
      const array = images.get(path);
      if (array === undefined || array instanceof Error) throw array ?? new Error("no array");
      const split = splitOf(path);
      const found = await findLabels(path, array.count);
      if (found !== undefined) {
        const labels = await readLabels(tree, found, array.count, path);
        return openedArray(array, { labels, split, companions: [found.path] });
      }
      unlabelled.add(array.count);
      return openedArray(array, { labels: undefined, split });
    });
    return { ...source, remarks: unusedLabels(source, opened, unlabelled) };
  },
};

interface Opened {
  readonly file: FoundFile;
  /** An Error where its header is damaged. */
  readonly array: NumpyArray | Error;
}

type Images = readonly [path: string, images: PixelArray | Error];

/** Which arrays are taken for images, each folder and archive by itself. An Error says why one that should be cannot. */
function chooseImages(tree: FileTree, opened: readonly Opened[]): Images[] {
  const folders = new Map<string, Opened[]>();
  for (const each of opened) {
    const folder = posix.dirname(each.file.path);
    const others = folders.get(folder);
    if (others === undefined) folders.set(folder, [each]);
    else others.push(each);
  }
  return [...folders.values()].flatMap((folder) => {
    const damaged = folder.flatMap(({ file, array }): Images[] => (array instanceof Error ? [[file.path, array]] : []));
    const whole = folder.flatMap(({ array }) => (array instanceof Error ? [] : [array]));
    const named = whole.filter(({ name, shape }) => labelsNameOf(name) !== undefined && shape.length > 1);
    const likely = named.length > 0 ? named : whole.filter(hasImagesShape);
    const tried = likely.map((array) => ({ array, images: tryImages(tree, array) }));
    const some = tried.some(({ images }) => !(images instanceof Error));
    // Beside arrays that are images, one that cannot be is missed only where name and shape both say that it should.
    const missed = (array: NumpyArray): boolean => named.length > 0 && hasImagesShape(array);
    const kept = tried.filter(({ array, images }) => !(images instanceof Error) || !some || missed(array));
    return [...damaged, ...kept.map(({ array, images }): Images => [array.path, images])].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
  });
}

function tryImages(tree: FileTree, array: NumpyArray): PixelArray | Error {
  try {
    // One image alone is saved with np.save, under any name.
    const maybeOne = /\.npy$/i.test(array.path) && labelsNameOf(array.name) === undefined;
    return imagesOf(tree, array, maybeOne);
  } catch (cause) {
    return errorOf(cause);
  }
}

/** `train` or `test` in the array's own name, or that of the innermost folder or archive that has it. */
function splitOf(path: string): SplitName | null {
  const folders = path.split("/").slice(0, -1).reverse();
  for (const each of [arrayNameOf(path), ...folders.map((folder) => folder.replace(/\.npz$/i, ""))]) {
    const split = splitNamed(each);
    if (split !== null) return split;
  }
  return null;
}

/** A remark on arrays that are not used, where they could be the labels of images that have none. */
function unusedLabels(
  { ignored }: ImageSource,
  opened: readonly Opened[],
  unlabelled: ReadonlySet<number>,
): readonly string[] {
  const unused = new Set(ignored);
  const alike = opened.flatMap(({ file: { path }, array }) => {
    if (array instanceof Error || !unused.has(path)) return [];
    return [...unlabelled].some((count) => isLabels(array, count)) ? [path] : [];
  });
  if (alike.length === 0) return [];
  const named = `${alike.slice(0, 4).join(", ")}${alike.length > 4 ? ", …" : ""}`;
  const help = "names such as x_train and y_train, or images and labels, tell which images they belong to";
  return [`${named}: not used, though of the form of labels; ${help}`];
}

function withoutImages(
  called: Called,
  tree: FileTree,
  opened: readonly Opened[],
  refused: readonly Images[],
  chosen: readonly string[],
): AtelierError {
  for (const [path, reason] of refused) {
    if (!(reason instanceof UnsuitableArray)) continue;
    const { received, help } = reason;
    return new AtelierError({ kind: "data", where: tree.pathOf(path), expected: suitableImages, received, help });
  }
  const damaged = refused.flatMap(([file, cause]) => (cause instanceof Error ? [{ file, reason: cause.message }] : []));
  const isOwn = (file: string): boolean => chosen.some((path) => file === path || file.startsWith(`${path}/`));
  const [first] = [...damaged, ...tree.unusable.filter(({ file }) => isOwn(file))];
  if (first !== undefined) return damagedFile(tree.pathOf(first.file), first.reason);
  const arrays = opened.flatMap(({ array }) => (array instanceof Error ? [] : [arrayText(array)]));
  return new AtelierError({
    kind: "data",
    where: locationText(called),
    expected: suitableImages,
    received: arrays.length === 0 ? "no arrays" : `${arrays.slice(0, 4).join(", ")}${arrays.length > 4 ? ", …" : ""}`,
    help: "save the images with np.savez(FILE, images=x, labels=y)",
  });
}

function errorOf(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(messageOf(cause));
}

function byPath(a: FoundFile, b: FoundFile): number {
  return a.path < b.path ? -1 : 1;
}
