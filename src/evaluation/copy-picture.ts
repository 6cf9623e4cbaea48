import sharp from "sharp";
import { type ImageSet, imageBytesOf, mirrorImage } from "../data/index.ts";
import { encodeGrid, hasFont } from "../export/index.ts";
import type { CopyCheck, NearestTraining } from "./copy-check.ts";
import { imagesAt } from "./copying/training-images.ts";

const MOST_ROWS = 12;
/** Pixels for the words above the columns, and for the ratios beside the rows. */
const HEAD = 32;
const SIDE = 110;
const LETTERS = 11;
/** Columns below this have no room for words that can be read. */
const NARROW = 42;

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
  const grid = await encodeGrid(pictures, training.format, { columns: 3 });
  const shown = rows.flatMap((image) => nearest[image] ?? []);
  return (await hasFont()) ? withWords(grid, shown, copying.threshold) : grid;
}

/** The grid with words above and at its right. */
async function withWords(grid: Uint8Array, rows: readonly NearestTraining[], threshold: number): Promise<Uint8Array> {
  const { width, height } = await sharp(grid).metadata();
  const [column, row] = [width / 3, height / rows.length];
  // Small enough for the longest words to fit a column.
  const size = Math.max(7, Math.min(LETTERS, column / 6));
  const titles = column < NARROW ? [] : ["picture|", "nearest|by features", "nearest|by pixels"];
  const heads = titles.map((lines, index) => {
    const x = (index + 0.5) * column;
    const [first = "", second = ""] = lines.split("|");
    return textAt(x, 13, size, "middle", first) + textAt(x, 26, size, "middle", second);
  });
  const ratios = rows.map(({ features, pixels }, index) => {
    const y = HEAD + (index + 0.5) * row;
    const [first, second] = [ratioText(features.ratio), ratioText(pixels.ratio)];
    return (
      textAt(width + 8, y - 2, LETTERS, "start", `features ${first}`) +
      textAt(width + 8, y + 13, LETTERS, "start", `pixels ${second}`)
    );
  });
  const title =
    textAt(width + 8, 13, LETTERS, "start", "distance ratio") +
    textAt(width + 8, 26, LETTERS, "start", `copy: below ${threshold}`);
  const [fullWidth, fullHeight] = [width + SIDE, height + HEAD];
  const words = `<svg xmlns="http://www.w3.org/2000/svg" width="${fullWidth}" height="${fullHeight}">${[...heads, title, ...ratios].join("")}</svg>`;
  return sharp(grid)
    .toColourspace("srgb")
    .extend({ top: HEAD, right: SIDE, background: "white" })
    .composite([{ input: Buffer.from(words), left: 0, top: 0 }])
    .removeAlpha()
    .png()
    .toBuffer();
}

function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? ratio.toFixed(2) : "-";
}

function textAt(x: number, y: number, size: number, anchor: "start" | "middle", text: string): string {
  return `<text x="${x}" y="${y}" font-family="sans-serif" font-size="${size}" text-anchor="${anchor}" fill="#222">${text}</text>`;
}
