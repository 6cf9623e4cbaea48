import { hash } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readFileIfPresent } from "../../foundation/files.ts";
import { imageBytesOf, type Preparation } from "../images/preparation.ts";

/** Raised whenever the same images would be decoded to other numbers, so that older stores are not trusted. */
export const storeVersion = 5;
export const pixelsFile = "pixels.u8";
export const manifestFile = "manifest.json";

const manifestSchema = z.strictObject({
  version: z.literal(storeVersion),
  preparation: z.strictObject({
    format: z.strictObject({ height: z.number(), width: z.number(), channels: z.union([z.literal(1), z.literal(3)]) }),
    fitting: z.record(z.string(), z.string()),
  }),
  /** Images of the source, the broken ones included: their places in the pixels hold zeros. */
  count: z.number(),
  skipped: z.array(
    z.strictObject({
      first: z.number(),
      count: z.number(),
      reason: z.string(),
      /** Not even their bytes could be had: that may pass without a change of the files. */
      unread: z.boolean().optional(),
    }),
  ),
  /** Hash of the images as they are stored in the source; see `ContentHash`. */
  content: z.string(),
});

/** What a store holds, written beside its pixels. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The manifest of a store that is whole; undefined for any other folder. */
export async function manifestOf(folder: string): Promise<Manifest | undefined> {
  const text = await readFileIfPresent(join(folder, manifestFile)).catch(() => undefined);
  const manifest = text && parsed(text.toString("utf8"));
  if (manifest === undefined) return undefined;
  const pixels = await stat(join(folder, pixelsFile)).catch(() => undefined);
  return pixels?.size === manifest.count * imageBytesOf(manifest.preparation.format) ? manifest : undefined;
}

function parsed(text: string): Manifest | undefined {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Whether a store's images were prepared in this way. */
export function preparedBy(manifest: Manifest, preparation: Preparation): boolean {
  return isDeepStrictEqual(manifest.preparation, { ...preparation });
}

/** A store's folder: a name and a format that a person recognises, and a hash of all that decides its pixels. */
export function storeName(source: string, { format, fitting }: Preparation, content: string): string {
  const { height, width, channels } = format;
  const identity = { storeVersion, content, height, width, channels, ...fitting };
  const name = source.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 40);
  return `${name}-${width}x${height}x${channels}-${hash("sha256", JSON.stringify(Object.entries(identity).sort(([a], [b]) => (a < b ? -1 : 1)))).slice(0, 16)}`;
}

const nameEnd = /-\d+x\d+x[13]-[0-9a-f]{16,}$/;

/** Whether a folder is called as a store is. */
export function isStoreName(name: string): boolean {
  return nameEnd.test(name);
}

/** The part of a store's name that tells the source. */
export function sourceNameOf(store: string): string {
  return store.replace(nameEnd, "");
}
