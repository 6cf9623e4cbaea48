import { createHash } from "node:crypto";
import { type ImageSet, imageBytesOf } from "../data/index.ts";

const READ_AT_ONCE = 64;

/** How many images of one set are, pixel by pixel, also in another. */
export async function sharedImages(
  images: ImageSet,
  others: ImageSet,
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<number> {
  const known = new Set<string>();
  for await (const digest of digestsOf(others, signal)) known.add(digest);
  let shared = 0;
  for await (const digest of digestsOf(images, signal)) if (known.has(digest)) shared++;
  return shared;
}

async function* digestsOf(images: ImageSet, signal: AbortSignal | undefined): AsyncGenerator<string> {
  const imageBytes = imageBytesOf(images.format);
  for (let first = 0; first < images.count; first += READ_AT_ONCE) {
    signal?.throwIfAborted();
    const bytes = await images.read(first, Math.min(READ_AT_ONCE, images.count - first));
    for (let at = 0; at < bytes.length; at += imageBytes) {
      yield createHash("sha1")
        .update(bytes.subarray(at, at + imageBytes))
        .digest("base64");
    }
  }
}
