import { AtelierError, messageOf } from "../../../foundation/errors.ts";
import type { FileTree, FoundFile } from "../../files/file-tree.ts";
import { openZipTree } from "../../files/zip-tree.ts";
import type { SkippedFile } from "../../image-source.ts";

/** A file inside an `.npz`, which is a ZIP archive of `.npy` files. */
interface Inside {
  readonly tree: FileTree;
  readonly path: string;
  /** Path of the archive in the outer tree. */
  readonly archive: string;
}

/** A tree with `.npz` archives as folders, and the arrays in them. */
interface TreeOfArrays {
  readonly tree: FileTree;
  readonly arrays: readonly FoundFile[];
}

/**
 * The tree with `.npz` archives as folders of their arrays: `FILE.npz/x_train`. An archive that cannot be opened is `unusable`.
 * @param archives paths of the archives to look into; others stay files.
 */
export async function withArraysOf(tree: FileTree, archives: readonly string[]): Promise<TreeOfArrays> {
  const inside = new Map<string, Inside>();
  const opened = new Set(archives);
  const files: FoundFile[] = tree.files.filter(({ path }) => !opened.has(path));
  const arrays: FoundFile[] = [];
  const unusable: SkippedFile[] = [...tree.unusable];
  for (const archive of archives) {
    try {
      const inner = await openArchive(tree, archive);
      for (const { path, size } of inner.files) {
        const name = `${archive}/${path.replace(/\.npy$/, "")}`;
        inside.set(name, { tree: inner, path, archive });
        files.push({ path: name, size });
        if (path.endsWith(".npy")) arrays.push({ path: name, size });
      }
      unusable.push(...inner.unusable.map(({ file, reason }) => ({ file: `${archive}/${file}`, reason })));
    } catch (cause) {
      const reason = cause instanceof AtelierError ? cause.details.received : messageOf(cause);
      unusable.push({ file: archive, reason });
    }
  }
  const placeOf = (path: string): Pick<Inside, "tree" | "path"> => inside.get(path) ?? { tree, path };
  const mounted: FileTree = {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unusable,
    pathOf: (path) => placeOf(path).tree.pathOf(placeOf(path).path),
    onDisk: (path) => placeOf(path).tree.onDisk(placeOf(path).path),
    fingerprint: async (paths) =>
      await tree.fingerprint([...new Set(paths.map((path) => inside.get(path)?.archive ?? path))]),
    read: async (path) => await placeOf(path).tree.read(placeOf(path).path),
    stream: (path, start) => placeOf(path).tree.stream(placeOf(path).path, start),
  };
  return { tree: mounted, arrays };
}

/** An archive inside of another one is read whole. */
async function openArchive(tree: FileTree, path: string): Promise<FileTree> {
  const onDisk = tree.onDisk(path);
  return await openZipTree(onDisk ?? (await tree.read(path)), tree.pathOf(path));
}
