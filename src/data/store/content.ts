import { createHash } from "node:crypto";
import { messageOf } from "../../foundation/errors.ts";
import { decodesAtOnce, forEachOf } from "../concurrency.ts";
import type { Delivery, ImageRecord, ImageSource } from "../image-source.ts";
import { digestBytes, digestOf, digestsOf } from "../read-images.ts";

/**
 * What a source's images are as they are stored: a SHA-1 per image, in order, and one hash of them all. Two sources of the same content
 * are decoded to the same pixels, wherever they lie and whatever their images are called.
 */
export class ContentHash {
  readonly #records: readonly ImageRecord[];
  readonly #digests: Buffer;

  constructor(records: readonly ImageRecord[]) {
    this.#records = records;
    this.#digests = Buffer.alloc(records.length * digestBytes);
  }

  /** Takes the SHA-1 of the images from `first` on, `[count, 20]`. */
  set(first: number, digests: Uint8Array): void {
    this.#digests.set(digests, first * digestBytes);
  }

  /** Takes the reason why the images [first, first + count) cannot be had, in place of their bytes. */
  setUnreadable(first: number, count: number, reason: string): void {
    const digest = digestOf(Buffer.from(`unreadable: ${reason}`));
    for (let image = first; image < first + count; image++) this.set(image, digest);
  }

  /** Hash of all of them, in hexadecimal. */
  text(): string {
    const all = createHash("sha256").update(this.#digests);
    // The same bytes are other images where an array's header gives them another shape.
    let before = "";
    for (const [index, { format }] of this.#records.entries()) {
      const shape = format === undefined ? "" : `${format.height}x${format.width}x${format.channels}`;
      if (shape !== before) all.update(`${index}:${shape};`);
      before = shape;
    }
    return all.digest("hex");
  }
}

/**
 * The content of a source, by reading every image and decoding none.
 * @throws the signal's reason when it aborts.
 */
export async function contentHashOf(
  source: Pick<ImageSource, "images" | "records">,
  signal: AbortSignal | undefined,
): Promise<string> {
  const content = new ContentHash(source.records);
  await forEachOf(source.images(), decodesAtOnce, async (delivery) => {
    signal?.throwIfAborted();
    await add(delivery, content);
  });
  return content.text();
}

async function add(delivery: Delivery, content: ContentHash): Promise<void> {
  switch (delivery.kind) {
    case "file": {
      const bytes = await delivery.load().catch(messageOf);
      if (typeof bytes === "string") content.setUnreadable(delivery.index, 1, bytes);
      else content.set(delivery.index, digestOf(bytes));
      return;
    }
    case "drawing":
      content.set(delivery.index, digestsOf(delivery));
      return;
    case "pixels":
      content.set(delivery.first, digestsOf(delivery));
      return;
    case "broken":
      content.setUnreadable(delivery.first, delivery.count, delivery.reason);
  }
}
