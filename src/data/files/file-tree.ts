import type { SkippedFile } from "../image-source.ts";

/** A file in a tree. */
export interface FoundFile {
  /** Relative to the root, with `/` between folders. */
  readonly path: string;
  /** In bytes, unpacked. */
  readonly size: number;
}

/** Files that can be read, and nothing else: a folder on disk, or an archive that stays packed. */
export interface FileTree {
  /** In the order of their paths' code units; without hidden files and those that systems leave behind. */
  readonly files: readonly FoundFile[];
  /** What is there and cannot be read, with the reason; the name of a folder ends in `/`. */
  readonly unusable: readonly SkippedFile[];

  /** How a person would name a file of the tree: its whole path. */
  pathOf(path: string): string;
  /** Where a file lies on the disk as it is; undefined for one in an archive. */
  onDisk(path: string): string | undefined;
  /** A hash that changes when any of these files may have changed. */
  fingerprint(paths: readonly string[]): Promise<string>;
  /** A whole file. @throws Error with a short reason when it cannot be read, is damaged, or is larger than `largestFile`. */
  read(path: string): Promise<Uint8Array>;
  /** A file's bytes from `start` on. @throws Error with a short reason when it cannot be read or is damaged. */
  stream(path: string, start?: number): AsyncIterable<Uint8Array>;
}

/** Files larger than this are not read whole, in bytes. */
export const largestFile: number = 512 * 2 ** 20;

/** Files that systems leave in picture folders, beside those whose name begins with a dot. */
const leftBySystems: ReadonlySet<string> = new Set(["thumbs.db", "desktop.ini"]);

/** Whether a file of this path is none of the user's: hidden, or left behind by a system. */
export function isHidden(path: string): boolean {
  return path
    .split("/")
    .some((name) => name.startsWith(".") || leftBySystems.has(name.toLowerCase()) || name === "__MACOSX");
}
