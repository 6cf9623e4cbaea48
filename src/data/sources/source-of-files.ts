import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree } from "../files/file-tree.ts";
import type { ImageSource, SkippedFile, SplitName } from "../image-source.ts";
import { concatenated } from "./concatenated.ts";
import { type Called, leftOver, type SourceKind } from "./source-kind.ts";

/** One file of many images, or one array of it: its images by themselves. */
export interface OpenedFile extends Pick<ImageSource, "records" | "images"> {
  /** Other files that belong to it: labels, class names. */
  readonly companions?: readonly string[];
}

/**
 * A source of files that hold many images each. A file that `open` refuses with an Error is unusable; the others go on without it.
 * @throws AtelierError (data) when no file is left; whatever AtelierError `open` throws.
 */
export async function sourceOfFiles(
  kind: SourceKind,
  called: Called,
  tree: FileTree,
  chosen: readonly string[],
  open: (path: string) => Promise<OpenedFile>,
): Promise<ImageSource> {
  const opened: OpenedFile[] = [];
  const refused: SkippedFile[] = [];
  for (const path of chosen) {
    try {
      opened.push(await open(path));
    } catch (cause) {
      if (cause instanceof AtelierError) throw cause;
      refused.push({ file: path, reason: messageOf(cause) });
    }
  }
  const [first] = refused;
  if (opened.length === 0 && first !== undefined) throw damagedFile(tree.pathOf(first.file), first.reason);
  const used = new Set([...chosen, ...opened.flatMap((each) => each.companions ?? [])]);
  const { unusable, ignored } = leftOver(kind, tree, used);
  return {
    ...called,
    kind: kind.name,
    records: opened.flatMap((each) => each.records),
    unusable: [...unusable, ...refused],
    ignored,
    remarks: [],
    fingerprint: await tree.fingerprint([...used]),
    images: (wanted) => concatenated(opened, wanted),
  };
}

/** Which part of a data set a file of many images is, by the usual names. */
export function splitNamed(name: string): SplitName | null {
  if (/(^|[-_./])train/i.test(name)) return "train";
  return /(^|[-_./])(t10k|test|val(id(ation)?)?)([-_.]|$)/i.test(name) ? "test" : null;
}
