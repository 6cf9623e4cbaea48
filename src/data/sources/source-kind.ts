import type { FileTree } from "../files/file-tree.ts";
import type { ImageSource } from "../image-source.ts";

/** How a source is called: see `ImageSource`. */
export type Called = Pick<ImageSource, "name" | "location">;

/** A kind of files that images are read from. One file of this folder each; `openSource` asks them in turn. */
export interface SourceKind {
  /** Which of the files in a tree hold its images, in order; none where the tree is of another kind. */
  choose(paths: readonly string[]): readonly string[];
  /**
   * Opens the chosen files.
   * @throws AtelierError (data) when none of them can be used, or their labels are damaged.
   */
  open(called: Called, tree: FileTree, chosen: readonly string[]): Promise<ImageSource>;
}
