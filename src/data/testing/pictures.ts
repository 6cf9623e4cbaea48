import sharp, { type Sharp } from "sharp";
import type { ImageEncoding } from "../images/image-file.ts";
import { type PixelFormat, type Preparation, usualFitting } from "../images/preparation.ts";

/** Smooth shapes with some noise, `[height, width, 3]`: another picture for each number. */
export function picture(width: number, height: number, number = 0): Sharp {
  const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
    return 128 + 60 * Math.sin(x / 9 + (at % 3) + number) + 50 * Math.cos(y / 13) + ((at * 7919) % 13);
  });
  return sharp(pixels, { raw: { width, height, channels: 3 } });
}

/** Frames of 8 by 8 pixels whose blue is their number. */
export function animation(frames: number): Sharp {
  const pixels = Uint8Array.from({ length: frames * 64 * 3 }, (_, at) =>
    at % 3 === 2 ? Math.floor(at / 192) % 256 : 9,
  );
  return sharp(pixels, { raw: { width: 8, height: 8 * frames, channels: 3, pageHeight: 8 } });
}

/** Every encoding that Atelier reads, in its variants. */
export const encoders: readonly (readonly [string, ImageEncoding, (image: Sharp) => Sharp])[] = [
  ["JPEG", "jpeg", (image) => image.jpeg()],
  ["progressive JPEG", "jpeg", (image) => image.jpeg({ progressive: true })],
  ["PNG", "png", (image) => image.png()],
  ["interlaced PNG", "png", (image) => image.png({ progressive: true })],
  ["PNG with a palette", "png", (image) => image.png({ palette: true })],
  ["WebP", "webp", (image) => image.webp()],
  ["WebP without loss", "webp", (image) => image.webp({ lossless: true })],
  ["GIF", "gif", (image) => image.gif()],
  ["TIFF", "tiff", (image) => image.tiff({ compression: "lzw" })],
  [
    "TIFF in tiles",
    "tiff",
    (image) => image.tiff({ compression: "deflate", tile: true, tileWidth: 16, tileHeight: 16 }),
  ],
  ["AVIF", "heif", (image) => image.avif({ effort: 0 })],
];
export const prepared = (format: PixelFormat): Preparation => ({ format, fitting: usualFitting });
export const square = (size: number, channels: 1 | 3 = 3): Preparation =>
  prepared({ height: size, width: size, channels });
