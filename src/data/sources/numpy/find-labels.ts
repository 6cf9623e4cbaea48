import { posix } from "node:path";
import { messageOf } from "../../../foundation/errors.ts";
import { damagedFile } from "../../files/damaged-file.ts";
import type { FileTree, FoundFile } from "../../files/file-tree.ts";
import { arrayNameOf, hasImagesShape, type NumpyArray, openNumpyArray } from "./array.ts";
import { isLabels, labelsNameOf } from "./labels.ts";

/** Finds the file with the labels of an array of images; undefined where it has none. */
export type LabelFinder = (path: string, count: number) => Promise<FoundFile | undefined>;

/**
 * Labels lie beside their images under the matching name, or under the same name in an archive whose name is the matching one, or
 * after them where NumPy has numbered the arrays.
 * @param tree has archives as folders.
 * @param arrays all that may be images, by their path; an Error where the header is damaged.
 * @param archives the archive of labels that belongs to one of images.
 */
export function labelFinder(
  tree: FileTree,
  arrays: ReadonlyMap<string, NumpyArray | Error>,
  archives: ReadonlyMap<string, string>,
): LabelFinder {
  const found = new Map(tree.files.map((file) => [keyOf(file.path), file]));
  const lost = new Map(tree.unusable.map((skipped) => [keyOf(skipped.file), skipped]));
  const at = (path: string): FoundFile | undefined => {
    const missed = lost.get(keyOf(path));
    // Images whose labels cannot be read are not taken for images without labels.
    if (missed !== undefined) throw damagedFile(tree.pathOf(missed.file), missed.reason);
    return found.get(keyOf(path));
  };
  return async (path, count) => {
    const folder = posix.dirname(path);
    const name = arrayNameOf(path);
    const labelsName = labelsNameOf(name);
    const beside = labelsName === undefined ? undefined : at(posix.join(folder, labelsName));
    if (beside !== undefined) return beside;
    const next = numbered(path, 1);
    if (next !== undefined) {
      // A name that NumPy has given says nothing: such an array is taken for labels only where it looks like them.
      const after = found.get(keyOf(next));
      if (after !== undefined && isLabels(await openLabels(tree, after), count))
        return couldBelongToEarlier(path, count, arrays) ? undefined : after;
    }
    const archive = archives.get(folder);
    const apart = archive === undefined ? undefined : (at(archive) ?? at(posix.join(archive, name)));
    // The other one may hold images as well: `label.npz` of segments, `y.npz` of pictures to be made from those in `x.npz`.
    return apart === undefined || hasImagesShape(await openLabels(tree, apart)) ? undefined : apart;
  };
}

/** For each archive the one of its labels, where it lies beside: `train-labels.npz` for `train-images.npz`. */
export function labelArchives(tree: FileTree, archives: readonly string[]): ReadonlyMap<string, string> {
  const all = [...tree.files.map(({ path }) => path), ...tree.unusable.map(({ file }) => file)];
  const byKey = new Map(all.map((path) => [keyOf(path), path]));
  const pairs = archives.flatMap((path): (readonly [string, string])[] => {
    const labelsName = labelsNameOf(posix.parse(path).name);
    const labels = labelsName && byKey.get(posix.join(posix.dirname(path), `${labelsName}.npz`));
    return labels ? [[path, labels]] : [];
  });
  return new Map(pairs);
}

async function openLabels(tree: FileTree, file: FoundFile): Promise<NumpyArray> {
  return await openNumpyArray(tree, file).catch((cause: unknown) => {
    throw damagedFile(tree.pathOf(file.path), messageOf(cause));
  });
}

/** Whether labels that follow an array may be those of images before it, as after `np.savez(x_train, x_test, y_train, y_test)`. */
function couldBelongToEarlier(path: string, count: number, arrays: ReadonlyMap<string, NumpyArray | Error>): boolean {
  for (let before = numbered(path, -1); before !== undefined; before = numbered(before, -1)) {
    const array = arrays.get(before);
    if (array instanceof Error) return true;
    if (array === undefined || !hasImagesShape(array)) return false;
    if (array.shape[0] === count) return true;
  }
  return false;
}

/** The path of an array that NumPy has numbered, some numbers on: `arr_1` for `arr_0`; undefined for other names. */
function numbered(path: string, by: number): string | undefined {
  const [, before, number, after] = /^(|.*\/)arr_(\d+)(|\.npy)$/.exec(path) ?? [];
  return number === undefined ? undefined : `${before}arr_${Number(number) + by}${after}`;
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
