import { closeSync, openSync, readSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AtelierError, internalError } from "../foundation/errors.ts";
import { readFileIfPresent } from "../foundation/files.ts";
import type { PixelRows } from "./dataset.ts";
import { imageBytesOf, type PixelFormat } from "./image-source.ts";

/** Raised whenever the same source would be decoded to other numbers, so that older stores are not trusted. */
export const storeVersion = 1;
export const pixelsFile = "pixels.u8";
export const manifestFile = "manifest.json";

const manifestSchema = z.strictObject({
  version: z.literal(storeVersion),
  fingerprint: z.string(),
  format: z.strictObject({
    height: z.number(),
    width: z.number(),
    channels: z.union([z.literal(1), z.literal(3)]),
  }),
  /** Images of the source, the broken ones included: their places in the pixels hold zeros. */
  count: z.number(),
  skipped: z.array(z.strictObject({ index: z.number(), reason: z.string() })),
});

/** What a store holds, written beside its pixels. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Decoded pixels in one file, `[count, channels, height, width]`, read image by image: the system's file cache is the only memory. */
export interface PackedStore extends PixelRows {
  readonly skipped: Manifest["skipped"];
  close(): void;
}

/** What a store must hold to be the one that is looked for. */
export interface StoreIdentity {
  readonly fingerprint: string;
  readonly format: PixelFormat;
  readonly count: number;
}

/** Opens the store in `folder`; undefined where there is none, or where it is not whole or not the one that is looked for. */
export async function openStore(folder: string, identity: StoreIdentity): Promise<PackedStore | undefined> {
  const manifest = await readManifest(folder);
  if (manifest === undefined || !describes(manifest, identity)) return undefined;
  const path = join(folder, pixelsFile);
  const imageBytes = imageBytesOf(identity.format);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size !== imageBytes * identity.count) return undefined;
  return new FileStore(path, imageBytes, manifest.skipped);
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const text = await readFileIfPresent(join(folder, manifestFile)).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(text.toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function describes(manifest: Manifest, { fingerprint, format, count }: StoreIdentity): boolean {
  const { height, width, channels } = manifest.format;
  const sameFormat = height === format.height && width === format.width && channels === format.channels;
  return sameFormat && manifest.fingerprint === fingerprint && manifest.count === count;
}

class FileStore implements PackedStore {
  readonly imageBytes: number;
  readonly skipped: Manifest["skipped"];
  readonly #path: string;
  #descriptor: number | undefined;

  constructor(path: string, imageBytes: number, skipped: Manifest["skipped"]) {
    this.#path = path;
    this.imageBytes = imageBytes;
    this.skipped = skipped;
    this.#descriptor = openSync(path, "r");
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
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #cutShort(position: number): AtelierError {
    return new AtelierError({
      kind: "file",
      where: this.#path,
      expected: `pixels at byte ${position}`,
      received: "the end of the file",
      help: "something has changed Atelier's cache; delete that folder and start again",
    });
  }
}
