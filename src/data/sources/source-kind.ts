import type { FileTree } from "../files/file-tree.ts";
import type { ImageSource, SkippedFile } from "../image-source.ts";

/** How a source is called: see `ImageSource`. */
export type Called = Pick<ImageSource, "name" | "location">;

/** A kind of files that images are read from. One file of this folder each; `openSource` asks them in turn. */
export interface SourceKind {
  readonly name: ImageSource["kind"];
  /** Which of the files in a tree hold its images, in order; none where the tree is of another kind. */
  choose(paths: readonly string[]): readonly string[];
  /**
   * Opens the chosen files.
   * @throws AtelierError (data) when none of them can be used, or their labels are damaged.
   */
  open(called: Called, tree: FileTree, chosen: readonly string[]): Promise<ImageSource>;
}

/**
 * What of a tree is not used: what cannot be read and may hold images of a kind, by its name or as a folder, and all the rest.
 * @param used paths of the files that the source reads.
 */
export function leftOver(
  kind: SourceKind,
  tree: FileTree,
  used: ReadonlySet<string>,
): Pick<ImageSource, "unusable" | "ignored"> {
  const isMissed = ({ file }: SkippedFile): boolean => file.endsWith("/") || kind.choose([file]).length > 0;
  const others = [
    ...tree.files.map(({ path }) => path).filter((path) => !used.has(path)),
    ...tree.unusable.filter((skipped) => !isMissed(skipped)).map(({ file }) => file),
  ];
  return { unusable: tree.unusable.filter(isMissed), ignored: others.sort() };
}
