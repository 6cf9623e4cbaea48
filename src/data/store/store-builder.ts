import { type FileHandle, open, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtelierError, messageOf, systemCodeOf } from "../../foundation/errors.ts";
import { makeFolder } from "../../foundation/files.ts";
import { type ImageSource, imagesSkipped, locationText, skippedFile } from "../image-source.ts";
import { imageBytesOf, type Preparation } from "../images/preparation.ts";
import { digestOf, type PreparedImages, readImages } from "../read-images.ts";
import { ContentHash } from "./content.ts";
import { type Manifest, manifestFile, manifestOf, pixelsFile, storeName, storeVersion } from "./manifest.ts";
import { newUseMark, openStore, type PackedStore } from "./packed-store.ts";
import { asideName } from "./shelf.ts";
import { remember } from "./sources.ts";

/** What a caller may ask of a long build. */
export interface BuildOptions {
  /** Called with the number of images decoded so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the build when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes all images into a new store and opens it.
 * @throws AtelierError (data) when no image is readable, (file) when the folder cannot be written or what is written there does not last;
 * whatever the source throws as a whole; the signal's reason when it aborts.
 */
export async function buildStore(
  storesFolder: string,
  source: ImageSource,
  preparation: Preparation,
  options: BuildOptions = {},
): Promise<PackedStore> {
  const build = async (): Promise<PackedStore | undefined> =>
    await tryToBuild(storesFolder, source, preparation, options);
  // Where another process had the same store first, its store may have been closed and removed before it could be opened here.
  const store = (await build()) ?? (await build());
  if (store === undefined) throw doesNotLast(storesFolder);
  return store;
}

/**
 * Builds a store beside its final place, flushed to the disk, then renamed, so that a store is whole or not there, also when two processes
 * build the same one at once; and marked as used before, so that nobody removes it before it is opened.
 * @returns undefined when it is gone all the same.
 */
async function tryToBuild(
  storesFolder: string,
  source: ImageSource,
  preparation: Preparation,
  options: BuildOptions,
): Promise<PackedStore | undefined> {
  const aside = join(storesFolder, asideName());
  await makeFolder(aside).catch((thrown: Error) => {
    throw cacheUnwritable(storesFolder, thrown.cause);
  });
  try {
    const written = await writePixels(join(aside, pixelsFile), source, preparation, options);
    const manifest: Manifest = {
      version: storeVersion,
      preparation: { ...preparation },
      count: source.records.length,
      ...written,
    };
    await writeFile(join(aside, manifestFile), JSON.stringify(manifest), { flush: true });
    await remember(aside, source, manifest.skipped);
    const mark = newUseMark();
    await writeFile(join(aside, mark), "");
    const folder = join(storesFolder, storeName(source.name, preparation, manifest.content));
    await publish(aside, folder);
    return await openStore(folder, mark);
  } catch (cause) {
    // Images that cannot be read are never thrown: what the system refuses here is the cache's.
    throw systemCodeOf(cause) === undefined ? cause : cacheUnwritable(storesFolder, cause);
  } finally {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
  }
}

/** Writes the pixels of every image, zeros for those that are broken. */
async function writePixels(
  path: string,
  source: ImageSource,
  preparation: Preparation,
  { onProgress, signal }: BuildOptions,
): Promise<Pick<Manifest, "skipped" | "content">> {
  const imageBytes = imageBytesOf(preparation.format);
  const total = source.records.length;
  const skipped: Manifest["skipped"] = [];
  const content = new ContentHash(source.records);
  const file = await open(path, "w");
  let taken = 0;
  let done = 0;
  const progress = (images: number): void => {
    done += images;
    onProgress?.(done, total);
  };
  try {
    const take = async ({ first, count, digests, pixels }: PreparedImages): Promise<void> => {
      content.set(first, digests);
      taken += count;
      await writeAt(file, pixels, first * imageBytes);
      progress(count);
    };
    const skip = (first: number, count: number, reason: string, stored?: Uint8Array): void => {
      skipped.push({ first, count, reason, ...(stored === undefined && { unread: true }) });
      if (stored === undefined) content.setUnreadable(first, count, reason);
      else content.set(first, digestOf(stored));
      progress(count);
    };
    await readImages(source, preparation, { take, skip }, { signal });
    skipped.sort((a, b) => a.first - b.first);
    if (taken === 0) throw nothingReadable(source, skipped);
    // Where the last images are broken, nothing has been written in their places.
    await file.truncate(total * imageBytes);
    await file.sync();
  } finally {
    await file.close();
  }
  return { skipped, content: content.text() };
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Gives a finished store its name. Where another process was faster its store stays; what is not whole there gives way. */
async function publish(aside: string, folder: string): Promise<void> {
  for (const last of [false, true]) {
    try {
      await rename(aside, folder);
      return;
    } catch (cause) {
      if ((await manifestOf(folder)) !== undefined) return;
      if (last) throw cause;
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function doesNotLast(storesFolder: string): AtelierError {
  return new AtelierError({
    kind: "file",
    where: dirname(storesFolder),
    expected: "a place where the decoded images stay while they are used",
    received: "a folder whose files were removed as soon as they were written, twice",
    help: "stop what removes them, or set ATELIER_CACHE to a folder of its own",
  });
}

function cacheUnwritable(storesFolder: string, cause: unknown): AtelierError {
  const full = systemCodeOf(cause) === "ENOSPC" || systemCodeOf(cause) === "EDQUOT";
  return new AtelierError(
    {
      kind: "file",
      where: dirname(storesFolder),
      expected: "a place for the decoded images that can be written",
      received: messageOf(cause),
      help: full ? "free some disk space" : "set ATELIER_CACHE to a folder that can be written",
    },
    { cause },
  );
}

function nothingReadable(source: ImageSource, lost: Manifest["skipped"]): AtelierError {
  const skipped = [...source.unusable, ...lost.map((range) => skippedFile(source, range))];
  const named = skipped.slice(0, 3).map(({ file, reason }) => `${file} (${reason})`);
  const rest = skipped.length > named.length ? [`and ${skipped.length - named.length} more`] : [];
  return new AtelierError({
    kind: "data",
    where: locationText(source),
    expected: "at least one readable image",
    received: skipped.length === 0 ? "none" : `${imagesSkipped(skipped)} broken: ${[...named, ...rest].join(", ")}`,
    help: "copy or download the data again; `atelier data` lists every file with its reason",
  });
}
