import type { Delivery, ImageSource } from "../image-source.ts";

/** Hands out the images of several parts, one part after the other. @param wanted see `ImageSource.images` */
export async function* concatenated(
  parts: readonly Pick<ImageSource, "records" | "images">[],
  wanted?: readonly number[],
): AsyncGenerator<Delivery> {
  let before = 0;
  for (const part of parts) {
    const first = before;
    const after = first + part.records.length;
    const own = wanted?.filter((index) => index >= first && index < after).map((index) => index - first);
    if (own === undefined || own.length > 0)
      for await (const delivery of part.images(own)) yield shifted(delivery, first);
    before = after;
  }
}

/** A delivery whose indices count from another place. */
function shifted(delivery: Delivery, by: number): Delivery {
  return delivery.kind === "file" || delivery.kind === "drawing"
    ? { ...delivery, index: delivery.index + by }
    : { ...delivery, first: delivery.first + by };
}
