import { posix } from "node:path";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree, FoundFile } from "../files/file-tree.ts";
import { locationText, type SplitName } from "../image-source.ts";
import { type OpenedArray, sourceOfArrays, splitNamed } from "./array-files.ts";
import {
  arrayNameOf,
  arrayText,
  imagesOf,
  type NumpyArray,
  openNumpyArray,
  suitableImages,
  UnsuitableArray,
} from "./numpy/array.ts";
import { isLabels, labelsNameOf, nextNumbered, readLabels } from "./numpy/labels.ts";
import { withArraysOf } from "./numpy/tree.ts";
import type { PixelArray } from "./pixel-array.ts";
import type { Called, SourceKind } from "./source-kind.ts";

/** Whether a file's name is that of NumPy arrays: `images.npy`, `mnist.npz`. */
export function isNumpyName(path: string): boolean {
  return /\.np[yz]$/i.test(path);
}

/**
 * NumPy arrays of images, `.npy` or in an `.npz`, with the labels that lie beside them under the matching name: `x_train` and
 * `y_train`, `images` and `labels`, `arr_0` and `arr_1`. Where a folder or an archive has arrays with such names, the others in it
 * are ignored.
 */
export const numpy: SourceKind = {
  choose: (paths) => paths.filter(isNumpyName),
  open: async (called, outer, chosen) => {
    const archives = chosen.filter((path) => /z$/i.test(path));
    const { tree, arrays } = await withArraysOf(outer, archives);
    const alone = new Set(chosen);
    const files = [...tree.files.filter(({ path }) => alone.has(path)), ...arrays].sort(byPath);
    const opened: Opened[] = [];
    for (const file of files) opened.push({ file, array: await openNumpyArray(tree, file).catch(errorOf) });
    const images = new Map(chooseImages(tree, opened));
    if (![...images.values()].some((each) => !(each instanceof Error)))
      throw withoutImages(called, tree, opened, [...images]);
    const beside = new Map(tree.files.map((file) => [keyOf(file.path), file]));
    return await sourceOfArrays("numpy", called, tree, [...images.keys()], async (path) => {
      const found = images.get(path);
      if (found === undefined || found instanceof Error) throw found ?? new Error("no array");
      return [await withLabels(found, beside)];
    });
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

function hasImagesShape({ shape }: NumpyArray): boolean {
  return shape.length === 3 || shape.length === 4;
}

function tryImages(tree: FileTree, array: NumpyArray): PixelArray | Error {
  try {
    return imagesOf(tree, array);
  } catch (cause) {
    return errorOf(cause);
  }
}

/** @param beside all files by their key */
async function withLabels(images: PixelArray, beside: ReadonlyMap<string, FoundFile>): Promise<OpenedArray> {
  const { tree, path, count } = images;
  const folder = posix.dirname(path);
  const name = arrayNameOf(path);
  const at = (other: string | undefined): FoundFile | undefined =>
    other === undefined ? undefined : beside.get(keyOf(posix.join(folder, other)));
  const labels = at(labelsNameOf(name)) ?? (await ifLabels(tree, at(nextNumbered(name)), count));
  const opened = { array: images, split: splitOf(path, name) };
  if (labels === undefined) return { ...opened, labels: undefined };
  return { ...opened, labels: await readLabels(tree, labels, count, path), companions: [labels.path] };
}

/** A name that NumPy has given says nothing: such an array is taken for labels only where it looks like them. */
async function ifLabels(tree: FileTree, file: FoundFile | undefined, count: number): Promise<FoundFile | undefined> {
  if (file === undefined) return undefined;
  const array = await openNumpyArray(tree, file).catch((cause: unknown) => {
    throw damagedFile(tree.pathOf(file.path), messageOf(cause));
  });
  return isLabels(array, count) ? file : undefined;
}

/** `train` or `test` in the array's own name, or that of the innermost folder or archive that has it. */
function splitOf(path: string, name: string): SplitName | null {
  const folders = path.split("/").slice(0, -1).reverse();
  for (const each of [name, ...folders.map((folder) => folder.replace(/\.npz$/i, ""))]) {
    const split = splitNamed(each);
    if (split !== null) return split;
  }
  return null;
}

/** The same for all spellings of an array's name. */
function keyOf(path: string): string {
  return posix.join(
    posix.dirname(path),
    posix
      .basename(path)
      .replace(/\.npy$/i, "")
      .toLowerCase(),
  );
}

function withoutImages(
  called: Called,
  tree: FileTree,
  opened: readonly Opened[],
  refused: readonly Images[],
): AtelierError {
  for (const [path, reason] of refused) {
    if (!(reason instanceof UnsuitableArray)) continue;
    const { received, help } = reason;
    return new AtelierError({ kind: "data", where: tree.pathOf(path), expected: suitableImages, received, help });
  }
  const damaged = refused.flatMap(([file, cause]) => (cause instanceof Error ? [{ file, reason: cause.message }] : []));
  const [first] = [...damaged, ...tree.unusable];
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
