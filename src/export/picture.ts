import sharp from "sharp";
import type { ImageFormat } from "../models/index.ts";

/** [-1, 1] to 0…255, rounded to the nearest, and clamped. */
export function toBytes(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round((value + 1) * 127.5))));
}

/** One picture of a batch, bytes [channels, height, width], as interleaved rows for an encoder: [height, width, channels]. */
function interleaved(bytes: Uint8Array, { channels, height, width }: ImageFormat, index: number): Uint8Array {
  const pixels = height * width;
  const start = index * channels * pixels;
  const result = new Uint8Array(channels * pixels);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      result[pixel * channels + channel] = bytes[start + channel * pixels + pixel] ?? 0;
    }
  }
  return result;
}

/** Picture `index` of bytes [count, channels, height, width] as a PNG file. */
export async function encodePicture(bytes: Uint8Array, format: ImageFormat, index: number): Promise<Buffer> {
  const { width, height, channels } = format;
  return sharp(interleaved(bytes, format, index), { raw: { width, height, channels } })
    .png()
    .toBuffer();
}

export interface GridOptions {
  /** Default: as many as make the grid about square. */
  readonly columns?: number;
}

const GAP = 2;

/** Pictures, bytes [count, channels, height, width], side by side as one PNG file with thin white gaps. */
export async function encodeGrid(bytes: Uint8Array, format: ImageFormat, options: GridOptions = {}): Promise<Buffer> {
  const { width, height, channels } = format;
  const imageBytes = width * height * channels;
  const count = bytes.length / imageBytes;
  const columns = options.columns ?? Math.ceil(Math.sqrt(count));
  // Each pixel becomes a square of this side, so that a picture has about 64.
  const scale = Math.max(1, Math.round(64 / height));
  const rows = Math.ceil(count / columns);
  const cell = { width: width * scale + GAP, height: height * scale + GAP };
  const canvas = { width: columns * cell.width + GAP, height: rows * cell.height + GAP };
  const pixels = new Uint8Array(canvas.width * canvas.height * channels).fill(255);
  for (let index = 0; index < count; index++) {
    const picture = interleaved(bytes, format, index);
    const left = GAP + (index % columns) * cell.width;
    const top = GAP + Math.floor(index / columns) * cell.height;
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
        const to = ((top + y) * canvas.width + left + x) * channels;
        for (let channel = 0; channel < channels; channel++) pixels[to + channel] = picture[from + channel] ?? 0;
      }
    }
  }
  return sharp(pixels, { raw: { ...canvas, channels } })
    .png()
    .toBuffer();
}
