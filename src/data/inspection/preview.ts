import sharp, { type Sharp } from "sharp";
import { randomStream } from "../../foundation/random.ts";
import type { ImageSource } from "../image-source.ts";
import { imageBytesOf, type PixelFormat, type Preparation } from "../images/preparation.ts";
import { mirrorHalf } from "../mirror.ts";
import { encodeSheet, ground, magnify, type Picture, type Size } from "./canvas.ts";
import { decodeOriginal, fillPlaces, type Original, runsOf } from "./originals.ts";

const usualRows = 8;
/** Prepared images are magnified to about so many pixels on their longer side. */
const aboutPixels = 192;
/** Draws of augmentation beside each image. */
const draws = 2;

export interface PreviewOptions {
  /** Whether training mirrors images at random. */
  readonly mirror: boolean;
  /** Chooses the images and the draws. */
  readonly seed: number;
  /** Images, 1 or more. Default 8. */
  readonly count?: number;
}

/**
 * A PNG file that shows images beside what the network will see: one row an image, spread over the source. Columns: the original, whole,
 * on a grey ground; the prepared image, each pixel a square; and with `mirror` two draws of augmentation. A broken image gives way to
 * another.
 * @throws AtelierError (data) when there is no image that can be shown.
 */
export async function encodePreview(
  source: ImageSource,
  preparation: Preparation,
  { mirror, seed, count = usualRows }: PreviewOptions,
): Promise<Buffer> {
  const { format } = preparation;
  const factor = Math.max(1, Math.round(aboutPixels / Math.max(format.height, format.width)));
  const cell = { width: format.width * factor, height: format.height * factor };
  const places = runsOf([...source.records.keys()], count).map((run, row) => shuffled(run, seed, row));
  const filled = await fillPlaces(source, places, async (original) => ({
    prepared: await decodeOriginal(original, preparation),
    whole: await wholePicture(original, cell),
  }));
  const rows = filled
    .filter((images) => images !== undefined)
    .map(({ prepared, whole }, row) => {
      const augmented = mirror ? augmentedDraws(prepared, format, seed, row) : [];
      return [whole, ...[prepared, ...augmented].map((planes) => magnify(planes, format, factor))];
    });
  return await encodeSheet(rows, cell);
}

function shuffled(run: readonly number[], seed: number, row: number): readonly number[] {
  const order = randomStream(seed, "preview", row).permutation(run.length);
  return [...order].flatMap((position) => run[position] ?? []);
}

function augmentedDraws(prepared: Uint8Array, format: PixelFormat, seed: number, row: number): readonly Uint8Array[] {
  const size = imageBytesOf(format);
  const batch = new Uint8Array(draws * size);
  for (let from = 0; from < batch.length; from += size) batch.set(prepared, from);
  mirrorHalf(batch, format, randomStream(seed, "preview", "mirror", row));
  return Array.from({ length: draws }, (_, draw) => batch.subarray(draw * size, (draw + 1) * size));
}

/** Originals that are magnified so many times show their pixels as squares too. */
const squaresFrom = 4;

/** The whole image in its own shape, scaled to fit into the cell; transparency shows the ground. */
async function wholePicture(original: Original, cell: Size): Promise<Picture> {
  const image = await imageOf(original, cell);
  const { width, height } = (await image.metadata()).autoOrient;
  const scale = Math.min(cell.width / width, cell.height / height);
  const factor = scale < squaresFrom ? scale : Math.floor(scale);
  const { data, info } = await image
    .autoOrient()
    .flatten({ background: ground })
    .resize(Math.max(1, Math.round(width * factor)), Math.max(1, Math.round(height * factor)), {
      fit: "fill",
      kernel: factor < squaresFrom ? "lanczos3" : "nearest",
    })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

async function imageOf(original: Original, cell: Size): Promise<Sharp> {
  switch (original.kind) {
    case "file":
      // Whether it is broken has been found out when it was prepared.
      return sharp(await original.load(), { pages: 1, failOn: "none" });
    case "drawing":
      return sharp(Buffer.from(original.draw(Math.max(cell.width, cell.height))));
    case "pixels": {
      const { pixels, width, height } = magnify(original.pixels, original.format, 1);
      return sharp(pixels, { raw: { width, height, channels: 3 } });
    }
  }
}
