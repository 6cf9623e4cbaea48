import { hash } from "node:crypto";
import { messageOf } from "../foundation/errors.ts";
import { decodesAtOnce, forEachOf } from "./concurrency.ts";
import type { Delivery, ImageSource } from "./image-source.ts";
import { decodeDrawing, decodeImage } from "./images/decode.ts";
import { identifyImage } from "./images/image-file.ts";
import { imageBytesOf, type PixelFormat, type Preparation } from "./images/preparation.ts";
import { scaleImages } from "./images/strip.ts";

/** Images as they come out of a source, before and after they are prepared. */
export interface PreparedImages {
  /** Index of the first of them. */
  readonly first: number;
  readonly count: number;
  /** `[count, channels, height, width]`, 0..255. */
  readonly pixels: Uint8Array;
  /** The image file's bytes; undefined for images that are stored otherwise. */
  readonly file?: Uint8Array;
  /** The format that raw pixels are stored in; undefined for image files. */
  readonly stored?: PixelFormat;
  /** SHA-1 of each image as it is stored, `[count, 20]`: equal for exact copies. */
  readonly digests: Uint8Array;
}

/** What is done with a source's images. It is called for several images at once, in about the order of their indices. */
export interface ImageReader {
  readonly take: (images: PreparedImages) => Promise<void> | void;
  /** The images [first, first + count) cannot be used. `file` is there where the stored bytes could be read. */
  readonly skip: (first: number, count: number, reason: string, file?: Uint8Array) => void;
}

export const digestBytes = 20;

/**
 * Reads and prepares every image of a source, several at once; broken ones are named and do not stop it.
 * @param options.wanted ascending indices of the only images to read.
 * @throws the signal's reason when it aborts; what `take` throws.
 */
export async function readImages(
  source: Pick<ImageSource, "images">,
  preparation: Preparation,
  { take, skip }: ImageReader,
  { signal, wanted }: { readonly signal?: AbortSignal | undefined; readonly wanted?: readonly number[] } = {},
): Promise<void> {
  await forEachOf(source.images(wanted), decodesAtOnce, async (delivery) => {
    signal?.throwIfAborted();
    if (delivery.kind === "broken") {
      skip(delivery.first, delivery.count, delivery.reason);
      return;
    }
    let file: Uint8Array | undefined;
    let images: PreparedImages;
    try {
      if (delivery.kind === "file") {
        file = await delivery.load();
        images = await prepareFile(delivery.index, file, preparation);
      } else images = await prepare(delivery, preparation);
    } catch (cause) {
      const first = delivery.kind === "pixels" ? delivery.first : delivery.index;
      skip(first, delivery.kind === "pixels" ? delivery.count : 1, messageOf(cause), file);
      return;
    }
    await take(images);
  });
}

async function prepareFile(index: number, file: Uint8Array, preparation: Preparation): Promise<PreparedImages> {
  const pixels = await decodeImage(identifyImage(file), preparation);
  return { first: index, count: 1, pixels, file, digests: digestOf(file) };
}

type DrawingOrPixels = Extract<Delivery, { kind: "drawing" | "pixels" }>;

async function prepare(delivery: DrawingOrPixels, preparation: Preparation): Promise<PreparedImages> {
  const digests = digestsOf(delivery);
  switch (delivery.kind) {
    case "drawing":
      return { first: delivery.index, count: 1, pixels: await decodeDrawing(delivery.draw, preparation), digests };
    case "pixels": {
      const { first, count, format: stored, pixels } = delivery;
      return { first, count, pixels: await scaleImages(pixels, stored, preparation), stored, digests };
    }
  }
}

/** SHA-1 of each image of a delivery as it is stored, `[count, 20]`. */
export function digestsOf(delivery: DrawingOrPixels): Uint8Array {
  switch (delivery.kind) {
    case "drawing":
      return digestOf(Buffer.from(delivery.draw(1)));
    case "pixels": {
      const { count, format, pixels } = delivery;
      const size = imageBytesOf(format);
      const digests = Buffer.alloc(count * digestBytes);
      for (let image = 0; image < count; image++)
        digests.set(digestOf(pixels.subarray(image * size, (image + 1) * size)), image * digestBytes);
      return digests;
    }
  }
}

/** SHA-1 of an image as it is stored. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return hash("sha1", bytes, "buffer");
}
