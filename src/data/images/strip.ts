import sharp, { type Sharp } from "sharp";
import { enlarger } from "./enlarge.ts";
import { fitImage } from "./fit.ts";
import { interleave, planar } from "./interleave.ts";
import { type Filter, imageBytesOf, type PixelFormat, type Preparation } from "./preparation.ts";

/**
 * The other filters round the place of a row, as they scale up, in a way that depends on how far down in the strip it lies: a pixel
 * between two others would now be the one and now the other.
 */
const scaleAlikeAnywhere: ReadonlySet<Filter> = new Set(["lanczos3", "cubic"]);

/**
 * Brings many images of one native format, pixels `[count, channels, height, width]`, to another format, with the numbers that
 * {@link fitImage} gives for each of them alone. One call of sharp costs about half a millisecond whatever it does, so images of
 * the wanted shape are scaled as one tall strip where that is possible.
 */
export async function scaleImages(
  pixels: Uint8Array,
  native: PixelFormat,
  preparation: Preparation,
): Promise<Uint8Array> {
  const { format, fitting } = preparation;
  const count = pixels.length / imageBytesOf(native);
  if (native.height === format.height && native.width === format.width && native.channels === format.channels)
    return pixels;
  const sameShape = native.height * format.width === native.width * format.height;
  if (sameShape && native.height < format.height) return await enlargeEach(pixels, count, native, preparation);
  // Above a factor of two sharp first averages blocks of pixels, which need not begin where an image begins.
  if (sameShape && native.height < 2 * format.height && scaleAlikeAnywhere.has(fitting.filter))
    return await scaleStrip(pixels, count, native, format, fitting.filter);
  const scaled = new Uint8Array(count * imageBytesOf(format));
  for (let index = 0; index < count; index++) {
    const one = interleave(pixels.subarray(index * imageBytesOf(native), (index + 1) * imageBytesOf(native)), native);
    const fitted = await fitImage(rawImage(one, native.height, native), native, preparation);
    scaled.set(fitted, index * imageBytesOf(format));
  }
  return scaled;
}

/** Scales every image up by itself; colours are converted before, as {@link fitImage} does it. */
async function enlargeEach(
  pixels: Uint8Array,
  count: number,
  native: PixelFormat,
  { format, fitting }: Preparation,
): Promise<Uint8Array> {
  const planes = native.channels === 3 && format.channels === 1 ? await greyOf(pixels, count, native) : pixels;
  const enlarge = enlarger({ ...native, channels: 1 }, format, fitting.filter);
  const given = Math.min(native.channels, format.channels);
  const [area, wanted] = [native.height * native.width, format.height * format.width];
  const enlarged = new Uint8Array(count * imageBytesOf(format));
  for (let plane = 0; plane < count * given; plane++) {
    const one = enlarge(planes.subarray(plane * area, (plane + 1) * area));
    // Grey is three equal planes of colour.
    const copies = format.channels / given;
    for (let copy = 0; copy < copies; copy++) enlarged.set(one, (plane * copies + copy) * wanted);
  }
  return enlarged;
}

/** Colour images `[count, 3, height, width]` as grey ones, `[count, height, width]`. */
async function greyOf(pixels: Uint8Array, count: number, native: PixelFormat): Promise<Uint8Array> {
  const size = imageBytesOf(native);
  const column = new Uint8Array(pixels.length);
  for (let index = 0; index < count; index++)
    column.set(interleave(pixels.subarray(index * size, (index + 1) * size), native), index * size);
  return await rawImage(column, count * native.height, native)
    .toColourspace("b-w")
    .raw()
    .toBuffer();
}

/** Bytes that a scaled strip may have: more images are scaled as several. */
const largestStrip = 2 ** 25;

/**
 * Each image lies in the strip with its first and last row repeated often enough that no filter reaches its neighbours (sharp itself
 * repeats the border rows of a single image), and with a padding that scales to whole rows.
 */
async function scaleStrip(
  pixels: Uint8Array,
  count: number,
  native: PixelFormat,
  format: PixelFormat,
  kernel: Filter,
): Promise<Uint8Array> {
  const unit = native.height / greatestCommonDivisor(native.height, format.height);
  const reach = 3 * Math.max(1, native.height / format.height) + 1;
  const padding = Math.ceil(reach / unit) * unit;
  const cell = native.height + 2 * padding;
  const scale = format.height / native.height;
  const scaledRow = format.width * format.channels;
  const atOnce = Math.max(1, Math.floor(largestStrip / (cell * scale * scaledRow)));
  if (count > atOnce) {
    const bytes = atOnce * imageBytesOf(native);
    const scaled = new Uint8Array(count * imageBytesOf(format));
    for (let first = 0; first < count; first += atOnce) {
      const some = pixels.subarray(first * imageBytesOf(native), first * imageBytesOf(native) + bytes);
      const part = await scaleStrip(some, Math.min(atOnce, count - first), native, format, kernel);
      scaled.set(part, first * imageBytesOf(format));
    }
    return scaled;
  }

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
    .resize(format.width, Math.round(count * cell * scale), { fit: "fill", kernel })
    .toColourspace(format.channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer();
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

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
