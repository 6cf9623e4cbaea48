import sharp from "sharp";
import type { PixelFormat } from "../images/preparation.ts";

/** What shows where there is no picture, and through transparent ones: a grey that neither photographs nor drawings often have. */
export const ground = "#808890";

/** Pixels between pictures, and around them. */
const gap = 4;

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Pixels 0..255 `[height, width, 3]`. */
export interface Picture extends Size {
  readonly pixels: Uint8Array;
}

/** Pixels 0..255 `[channels, height, width]` as a picture, each one a square of `factor` by `factor`. */
export function magnify(planes: Uint8Array, format: PixelFormat, factor: number): Picture {
  const [width, height] = [format.width * factor, format.height * factor];
  const plane = format.width * format.height;
  const pixels = new Uint8Array(3 * width * height);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = Math.floor(y / factor) * format.width + Math.floor(x / factor);
      for (let channel = 0; channel < 3; channel++) {
        pixels[at++] = planes[(format.channels === 1 ? 0 : channel * plane) + from] ?? 0;
      }
    }
  }
  return { width, height, pixels };
}

/**
 * Pictures in rows, each in the middle of a cell, as a PNG file. Cells without a picture show the ground.
 * @param cell no picture is larger
 */
export async function encodeSheet(rows: readonly (readonly (Picture | undefined)[])[], cell: Size): Promise<Buffer> {
  const columns = Math.max(...rows.map((row) => row.length));
  const width = columns * (cell.width + gap) + gap;
  const height = rows.length * (cell.height + gap) + gap;
  const canvas = await sharp({ create: { width, height, channels: 3, background: ground } })
    .raw()
    .toBuffer();
  for (const [row, pictures] of rows.entries()) {
    for (const [column, picture] of pictures.entries()) {
      if (picture === undefined) continue;
      const left = gap + column * (cell.width + gap) + Math.floor((cell.width - picture.width) / 2);
      const top = gap + row * (cell.height + gap) + Math.floor((cell.height - picture.height) / 2);
      for (let y = 0; y < picture.height; y++) {
        const line = picture.pixels.subarray(3 * y * picture.width, 3 * (y + 1) * picture.width);
        canvas.set(line, 3 * ((top + y) * width + left));
      }
    }
  }
  return await sharp(canvas, { raw: { width, height, channels: 3 } })
    .withExif({ IFD0: { Software: mark } })
    .png()
    .toBuffer();
}

/** What sheets carry, so that they can be told from pictures of the user. */
const mark = "Atelier sheet";

/** Whether a file is a sheet that was written here. */
export async function isSheet(file: string): Promise<boolean> {
  const metadata = await sharp(file)
    .metadata()
    .catch(() => undefined);
  return metadata?.exif?.includes(mark) === true;
}
