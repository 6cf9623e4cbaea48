import sharp, { type Sharp } from "sharp";
import { scaleToCover } from "./decode.ts";
import { imageBytesOf, type PixelFormat } from "./image-source.ts";

/**
 * Brings many images of one native format, pixels `[count, channels, height, width]`, to another format, with the numbers that
 * {@link scaleToCover} gives for each of them alone. One call of sharp costs about half a millisecond whatever it does, so images of
 * the wanted shape are scaled as one tall strip.
 */
export async function scaleImages(pixels: Uint8Array, native: PixelFormat, format: PixelFormat): Promise<Uint8Array> {
  const count = pixels.length / imageBytesOf(native);
  if (native.height === format.height && native.width === format.width && native.channels === format.channels)
    return pixels;
  // Above a factor of two sharp first averages blocks of pixels, which need not begin where an image begins.
  const sameShape = native.height * format.width === native.width * format.height;
  if (sameShape && native.height < 2 * format.height) return await scaleStrip(pixels, count, native, format);
  const scaled = new Uint8Array(count * imageBytesOf(format));
  for (let index = 0; index < count; index++) {
    const one = pixels.subarray(index * imageBytesOf(native), (index + 1) * imageBytesOf(native));
    scaled.set(
      await scaleToCover(rawImage(interleave(one, native), native.height, native), format),
      index * imageBytesOf(format),
    );
  }
  return scaled;
}

/**
 * Each image lies in the strip with its first and last row repeated often enough that no filter reaches its neighbours (sharp itself
 * repeats the border rows of a single image), and with a padding that scales to whole rows.
 */
async function scaleStrip(
  pixels: Uint8Array,
  count: number,
  native: PixelFormat,
  format: PixelFormat,
): Promise<Uint8Array> {
  const unit = native.height / greatestCommonDivisor(native.height, format.height);
  const reach = 3 * Math.max(1, native.height / format.height) + 1;
  const padding = Math.ceil(reach / unit) * unit;
  const cell = native.height + 2 * padding;
  const scale = format.height / native.height;

  const rowBytes = native.width * native.channels;
  const strip = new Uint8Array(count * cell * rowBytes);
  for (let index = 0; index < count; index++) {
    const one = interleave(pixels.subarray(index * imageBytesOf(native), (index + 1) * imageBytesOf(native)), native);
    for (let row = 0; row < cell; row++) {
      const from = Math.min(Math.max(row - padding, 0), native.height - 1) * rowBytes;
      strip.set(one.subarray(from, from + rowBytes), (index * cell + row) * rowBytes);
    }
  }
  const data = await rawImage(strip, count * cell, native)
    .resize(format.width, Math.round(count * cell * scale), { fit: "fill" })
    .toColourspace(format.channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer();
  const scaledRow = format.width * format.channels;
  const scaled = new Uint8Array(count * imageBytesOf(format));
  for (let index = 0; index < count; index++) {
    const from = Math.round((index * cell + padding) * scale) * scaledRow;
    scaled.set(planar(data.subarray(from, from + imageBytesOf(format)), format), index * imageBytesOf(format));
  }
  return scaled;
}

function rawImage(interleaved: Uint8Array, height: number, { width, channels }: PixelFormat): Sharp {
  return sharp(interleaved, { raw: { width, height, channels } });
}

/** `[channels, height, width]` to `[height, width, channels]`. */
function interleave(pixels: Uint8Array, { channels }: PixelFormat): Uint8Array {
  return channels === 1 ? pixels : transpose(pixels, channels, pixels.length / channels);
}

/** `[height, width, channels]` to `[channels, height, width]`. */
function planar(pixels: Uint8Array, { channels }: PixelFormat): Uint8Array {
  return channels === 1 ? pixels : transpose(pixels, pixels.length / channels, channels);
}

/** `[rows, columns]` to `[columns, rows]`. */
function transpose(matrix: Uint8Array, rows: number, columns: number): Uint8Array {
  const turned = new Uint8Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = matrix[row * columns + column] ?? 0;
  }
  return turned;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
