import { type ImageSet, imageBytesOf, mirrorImage } from "../data/index.ts";
import { encodeGrid } from "../export/index.ts";
import type { CopyCheck } from "./copy-check.ts";
import { imagesAt } from "./copying/training-images.ts";

const MOST_ROWS = 12;

/**
 * A PNG of the generated images that are nearest to training images, one a row, the most suspicious first, at most 12: the image, its
 * nearest training image in features, and the one in pixels. A training image is drawn mirrored where its mirror image is the nearest.
 */
export async function encodeCopyPicture(
  { nearest }: CopyCheck,
  generated: ImageSet,
  training: ImageSet,
): Promise<Uint8Array> {
  const suspicion = nearest.map(({ features, pixels }) => Math.min(features.ratio, pixels.ratio));
  const rows = [...suspicion.keys()]
    .sort((one, other) => (suspicion[one] ?? 0) - (suspicion[other] ?? 0))
    .slice(0, MOST_ROWS);
  const size = imageBytesOf(training.format);
  const pictures = new Uint8Array(3 * rows.length * size);
  for (const [row, image] of rows.entries()) {
    pictures.set(await imagesAt(generated, [image]), 3 * row * size);
    for (const [column, near] of [nearest[image]?.features, nearest[image]?.pixels].entries()) {
      if (near === undefined) continue;
      const picture = await imagesAt(training, [near.training]);
      if (near.mirrored) mirrorImage(picture, training.format);
      pictures.set(picture, (3 * row + 1 + column) * size);
    }
  }
  return encodeGrid(pictures, training.format, { columns: 3 });
}
