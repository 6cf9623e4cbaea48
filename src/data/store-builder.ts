import { randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { AtelierError, internalError, messageOf, systemCodeOf } from "../foundation/errors.ts";
import { decodesAtOnce, forEachIndex } from "./concurrency.ts";
import { type ImageSource, imageBytesOf } from "./image-source.ts";
import {
  type Manifest,
  manifestFile,
  openStore,
  type PackedStore,
  pixelsFile,
  type StoreIdentity,
  storeVersion,
} from "./packed-store.ts";

/** Images that are decoded and written together: enough to make a call worth its while, few enough to stay small in memory. */
const imagesAtOnce = 512;
const oneDay = 24 * 60 * 60 * 1000;

/** What a caller may ask of a long build. */
export interface BuildOptions {
  /** Called with the number of images decoded so far and in all. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Ends the build when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Decodes all images into a new store: written beside its final place, flushed to the disk, then renamed, so that a store is whole or
 * not there, also when two processes build the same one at once.
 * @throws AtelierError (file) when the folder cannot be written; whatever the source throws as a whole; the signal's
 * reason when it aborts.
 */
export async function buildStore(
  folder: string,
  source: ImageSource,
  identity: StoreIdentity,
  options: BuildOptions = {},
): Promise<PackedStore> {
  const aside = `${folder}.${randomUUID()}.tmp`;
  try {
    await mkdir(aside, { recursive: true });
    await removeAbandoned(dirname(folder));
    const skipped = await writePixels(join(aside, pixelsFile), source, identity, options);
    const manifest: Manifest = { version: storeVersion, ...identity, skipped };
    await writeFile(join(aside, manifestFile), JSON.stringify(manifest), { flush: true });
    await publish(aside, folder, identity);
  } catch (cause) {
    // Images that cannot be read are never thrown: what the system refuses here is the cache's.
    throw systemCodeOf(cause) === undefined ? cause : cacheUnwritable(dirname(folder), cause);
  } finally {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
  }
  const store = await openStore(folder, identity);
  if (store === undefined) throw internalError("buildStore", `${folder} does not hold what was just written`);
  return store;
}

async function writePixels(
  path: string,
  source: ImageSource,
  identity: StoreIdentity,
  { onProgress, signal }: BuildOptions,
): Promise<Manifest["skipped"]> {
  const { format, count } = identity;
  const imageBytes = imageBytesOf(format);
  const skipped: Manifest["skipped"] = [];
  const file = await open(path, "w");
  let done = 0;
  const write = async (pixels: Uint8Array, index: number): Promise<void> => {
    signal?.throwIfAborted();
    await writeAt(file, pixels, index * imageBytes);
    done += pixels.length / imageBytes;
    onProgress?.(done, count);
  };
  try {
    if (source.decodeRange !== undefined) {
      const decodeRange = source.decodeRange.bind(source);
      await forEachIndex(Math.ceil(count / imagesAtOnce), decodesAtOnce, async (block) => {
        const first = block * imagesAtOnce;
        await write(await decodeRange(first, Math.min(imagesAtOnce, count - first), format), first);
      });
    } else {
      await forEachIndex(count, decodesAtOnce, async (index) => {
        const decoded = await decodeOrReason(source, index, identity);
        if (typeof decoded === "string") skipped.push({ index, reason: decoded });
        await write(typeof decoded === "string" ? new Uint8Array(imageBytes) : decoded, index);
      });
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return skipped.sort((a, b) => a.index - b.index);
}

/** The image's pixels, or the reason why it is broken. A fault of the whole source is thrown. */
async function decodeOrReason(
  source: ImageSource,
  index: number,
  { format }: StoreIdentity,
): Promise<Uint8Array | string> {
  try {
    return await source.decode(index, format);
  } catch (cause) {
    if (cause instanceof AtelierError) throw cause;
    return messageOf(cause);
  }
}

async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Gives a finished store its name. Where another process was faster its store stays; what is not whole there gives way. */
async function publish(aside: string, folder: string, identity: StoreIdentity): Promise<void> {
  try {
    await rename(aside, folder);
  } catch {
    const there = await openStore(folder, identity);
    there?.close();
    if (there !== undefined) return;
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  }
}

/** Removes what processes that were killed have left more than a day ago. */
async function removeAbandoned(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  for (const name of names.filter((each) => each.endsWith(".tmp"))) {
    const path = join(parent, basename(name));
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > oneDay) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function cacheUnwritable(where: string, cause: unknown): AtelierError {
  const full = systemCodeOf(cause) === "ENOSPC";
  return new AtelierError(
    {
      kind: "file",
      where,
      expected: "a place for the decoded images that can be written",
      received: messageOf(cause),
      help: full ? "free some disk space" : "set ATELIER_CACHE to a folder that can be written",
    },
    { cause },
  );
}
