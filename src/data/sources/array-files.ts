import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree } from "../files/file-tree.ts";
import type { ImageRecord, ImageSource, SkippedFile, SplitName } from "../image-source.ts";
import { deliverArrays, type PixelArray } from "./pixel-array.ts";
import type { Called } from "./source-kind.ts";

/** One file, or one array of it, that holds images. */
export interface OpenedArray {
  readonly array: PixelArray;
  /** Class name per image; undefined where the file has no labels. */
  readonly labels: readonly (string | null)[] | undefined;
  readonly split: SplitName | null;
  /** Other files that belong to it: labels, class names. */
  readonly companions?: readonly string[];
}

/**
 * A source of array files. A file that `open` refuses with an Error is unusable; the others go on without it.
 * @throws AtelierError (data) when no file is left; whatever AtelierError `open` throws.
 */
export async function sourceOfArrays(
  kind: ImageSource["kind"],
  called: Called,
  tree: FileTree,
  chosen: readonly string[],
  open: (path: string) => Promise<readonly OpenedArray[]>,
): Promise<ImageSource> {
  const opened: OpenedArray[] = [];
  const unusable: SkippedFile[] = [];
  for (const path of chosen) {
    try {
      opened.push(...(await open(path)));
    } catch (cause) {
      if (cause instanceof AtelierError) throw cause;
      unusable.push({ file: path, reason: messageOf(cause) });
    }
  }
  const [first] = unusable;
  if (opened.length === 0 && first !== undefined) throw damagedFile(tree.pathOf(first.file), first.reason);
  const companions = opened.flatMap((each) => each.companions ?? []);
  const used = new Set([...chosen, ...companions]);
  return {
    ...called,
    kind,
    records: opened.flatMap(recordsOf),
    unusable: [...tree.unusable, ...unusable],
    ignored: tree.files.map((file) => file.path).filter((path) => !used.has(path)),
    remarks: [],
    fingerprint: await tree.fingerprint([...used]),
    images: (wanted) =>
      deliverArrays(
        opened.map(({ array }) => array),
        wanted,
      ),
  };
}

function recordsOf({ array: { path, count, format }, labels, split }: OpenedArray): readonly ImageRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `${path}#${index}`,
    label: labels?.[index] ?? null,
    split,
    format,
  }));
}

/** Which part of a data set an array file is, by the usual names. */
export function splitNamed(name: string): SplitName | null {
  if (/(^|[-_./])train/i.test(name)) return "train";
  return /(^|[-_./])(t10k|test|val(id(ation)?)?)([-_.]|$)/i.test(name) ? "test" : null;
}
