import { hash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { readFileIfPresent, writeFileWhole } from "../../foundation/files.ts";
import type { ImageSource } from "../image-source.ts";
import type { Manifest } from "./manifest.ts";

// A store's folder `sources/` holds a small file for each place that its images were found in, with the fingerprint they had there.
const sourcesFolder = "sources";
const entrySchema = z.object({ place: z.string(), fingerprint: z.string() });

/** Whether a store is known to hold the images of a source as it is now. */
export async function isOf(store: string, source: ImageSource): Promise<boolean> {
  return (await entryOf(fileFor(store, source)))?.fingerprint === source.fingerprint;
}

/**
 * Notes that a store holds the images of a source, so that they need not be read to find that out. Not where a file could not be read
 * at all: next time it may be.
 */
export async function remember(store: string, source: ImageSource, skipped: Manifest["skipped"]): Promise<void> {
  if (skipped.some(({ unread }) => unread === true)) return;
  try {
    // Not the store's own folder, should it be gone: nobody would know that one for a store.
    await mkdir(join(store, sourcesFolder)).catch(() => {});
    const entry = { place: placeOf(source), fingerprint: source.fingerprint };
    await writeFileWhole(fileFor(store, source), JSON.stringify(entry));
  } catch {
    // The cache may be there to read only; or another call has just written the same.
  }
}

/** The places that a store's images were found in. */
export async function placesOf(store: string): Promise<readonly string[]> {
  const folder = join(store, sourcesFolder);
  const names = await readdir(folder).catch(() => []);
  const entries = await Promise.all(names.map((name) => entryOf(join(folder, name))));
  return entries.flatMap((entry) => (entry === undefined ? [] : [entry.place]));
}

function fileFor(store: string, source: ImageSource): string {
  return join(store, sourcesFolder, `${hash("sha256", placeOf(source)).slice(0, 16)}.json`);
}

async function entryOf(file: string): Promise<z.infer<typeof entrySchema> | undefined> {
  try {
    const text = await readFileIfPresent(file);
    return text && entrySchema.parse(JSON.parse(text.toString("utf8")));
  } catch {
    return undefined;
  }
}

function placeOf({ location }: ImageSource): string {
  return [location]
    .flat()
    .map((place) => (place.startsWith("sample:") ? place : resolve(place)))
    .join(" + ");
}
