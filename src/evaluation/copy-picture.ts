import { type ImageSet, imageBytesOf, mirrorImage } from "../data/index.ts";
import { encodeLabelledGrid } from "../export/index.ts";
import type { CopyCheck } from "./copy-check.ts";
import { imagesAt } from "./copying/training-images.ts";

const MOST_ROWS = 12;

/**
 * A PNG of the images that are nearest to training images, one a row, the most suspicious first, at most 12: the image, its nearest
 * training image in features, and the one in pixels. A training image is drawn mirrored where its mirror image is the nearest. Words
 * say above what each column is, and beside each row how near, where the machine has a font to write them in.
 */
export async function encodeCopyPicture(
  { nearest, copying }: CopyCheck,
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
  const ratios = rows
    .flatMap((image) => nearest[image] ?? [])
    .map(({ features, pixels }) => `features ${ratioText(features.ratio)}\npixels ${ratioText(pixels.ratio)}`);
  const heads = ["picture", "nearest\nby features", "nearest\nby pixels"];
  const corner = `distance ratio\ncopy: below ${copying.threshold}`;
  const labels = { columns: [...heads, corner], rows: ratios };
  return await encodeLabelledGrid(pictures, training.format, { columns: 3, labels });
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : "-";
}
