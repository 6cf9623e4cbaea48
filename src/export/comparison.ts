import sharp from "sharp";
import { drawnWords, hasFont, lettersIn } from "./words.ts";

/** A picture with what is written above it. */
export interface NamedPicture {
  readonly name: string;
  /** PNG, of any size. */
  readonly bytes: Uint8Array;
}

/** Pixels: of a picture's longer side at most, between pictures, and of the line of words above each. */
const SIDE = 520;
const GAP = 16;
const HEAD = 24;
const LETTERS = 13;
/** Pictures in a row at most. */
const COLUMNS = 4;

/**
 * Pictures side by side, four in a row, each with its name above it where the machine has a font to write it in: a PNG file.
 * Pictures that are larger than 520 pixels are made smaller. @param pictures at least one.
 */
export async function encodeComparison(pictures: readonly NamedPicture[]): Promise<Uint8Array> {
  const named = await hasFont();
  const head = named ? HEAD : 0;
  const tiles = await Promise.all(
    pictures.map(async ({ bytes, name }) => {
      const resized = sharp(bytes).resize(SIDE, SIDE, { fit: "inside", withoutEnlargement: true });
      const { data, info } = await resized.toColourspace("srgb").png().toBuffer({ resolveWithObject: true });
      return { name, data, width: info.width, height: info.height };
    }),
  );
  const cell = {
    width: Math.max(...tiles.map(({ width }) => width)) + GAP,
    height: Math.max(...tiles.map(({ height }) => height)) + GAP + head,
  };
  const columns = Math.min(COLUMNS, tiles.length);
  const canvas = {
    width: columns * cell.width + GAP,
    height: Math.ceil(tiles.length / columns) * cell.height + GAP,
  };
  const places = tiles.map((tile, index) => {
    const left = GAP + (index % columns) * cell.width;
    const top = GAP + Math.floor(index / columns) * cell.height;
    return { ...tile, left, top };
  });
  const words = places.map(({ name, left, top, width }) => {
    return { text: cut(name, width), x: left, y: top + HEAD - 9, size: LETTERS };
  });
  return await sharp({ create: { ...canvas, channels: 3, background: "white" } })
    .composite([
      ...places.map(({ data, left, top }) => ({ input: data, left, top: top + head })),
      ...(named ? drawnWords(words) : []),
    ])
    .removeAlpha()
    .png()
    .toBuffer();
}

/** A name that is cut where it would leave its picture's width. */
function cut(name: string, width: number): string {
  const room = Math.max(8, lettersIn(width, LETTERS));
  return name.length <= room ? name : `…${name.slice(1 - room)}`;
}
