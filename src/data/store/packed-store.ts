import { closeSync, openSync, readSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { AtelierError, internalError } from "../../foundation/errors.ts";
import type { PixelRows } from "../dataset.ts";
import { imageBytesOf } from "../images/preparation.ts";
import { type Manifest, manifestFile, manifestOf, pixelsFile } from "./manifest.ts";
import { isAbandoned, ownMark } from "./owner.ts";

/** Decoded pixels in one file, `[count, channels, height, width]`, read image by image: the system's file cache is the only memory. */
export interface PackedStore extends PixelRows {
  readonly skipped: Manifest["skipped"];
  /** Hash of the images as they are stored in the source. */
  readonly content: string;
  close(): void;
}

/**
 * Opens the store in `folder`, and marks it as used now and by this process; undefined where there is none that is whole.
 * @param mark name of the file that marks it; one that lies there already is taken over.
 */
export async function openStore(folder: string, mark: string = newUseMark()): Promise<PackedStore | undefined> {
  const manifest = await manifestOf(folder);
  if (manifest === undefined) return undefined;
  try {
    return new FileStore(folder, manifest, mark);
  } catch {
    // It has gone between two looks, or this user must not read it.
    return undefined;
  }
}

const useMark = "in-use.";
/** A name for the file, in a store's folder, that says that this process has it open. */
export function newUseMark(): string {
  return `${useMark}${ownMark()}`;
}

/** A training on another machine may last: its mark counts for a week, in milliseconds. */
const longestUseElsewhere = 7 * 24 * 60 * 60 * 1000;

/** Whether a process that lives has the store open. What processes that were killed have left in it is removed. */
export async function isInUse(folder: string): Promise<boolean> {
  let used = false;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!name.startsWith(useMark)) continue;
    const mark = join(folder, name);
    if (!(await isAbandoned(mark, longestUseElsewhere))) used = true;
    else await rm(mark, { force: true }).catch(() => {});
  }
  return used;
}

class FileStore implements PackedStore {
  readonly imageBytes: number;
  readonly skipped: Manifest["skipped"];
  readonly content: string;
  readonly #folder: string;
  readonly #mark: string;
  #descriptor: number | undefined;

  constructor(folder: string, { preparation, skipped, content }: Manifest, mark: string) {
    this.#folder = folder;
    this.imageBytes = imageBytesOf(preparation.format);
    this.skipped = skipped;
    this.content = content;
    this.#descriptor = openSync(join(folder, pixelsFile), "r");
    this.#mark = join(folder, mark);
    this.#note(() => writeFileSync(this.#mark, ""));
  }

  copyRow(row: number, target: Uint8Array, offset: number): void {
    if (this.#descriptor === undefined) throw internalError("copyImage", "the data set has been closed");
    let done = 0;
    while (done < this.imageBytes) {
      const position = row * this.imageBytes + done;
      const read = readSync(this.#descriptor, target, offset + done, this.imageBytes - done, position);
      if (read === 0) throw this.#cutShort(position);
      done += read;
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
    this.#note(() => rmSync(this.#mark, { force: true }));
  }

  /** Notes that the store is used now: the manifest's time says when a store was used last. */
  #note(change: () => void): void {
    try {
      change();
      const now = new Date();
      utimesSync(join(this.#folder, manifestFile), now, now);
    } catch {
      // The cache may belong to someone else, and be there to read only.
    }
  }

  #cutShort(position: number): AtelierError {
    return new AtelierError({
      kind: "file",
      where: join(this.#folder, pixelsFile),
      expected: `pixels at byte ${position}`,
      received: "the end of the file",
      help: "something has changed Atelier's cache; delete that folder and start again",
    });
  }
}
