import { encodePng, imageBytesOf, interleave } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import type { ImageFormat } from "../models/index.ts";

/** [-1, 1] to 0…255, rounded to the nearest, and clamped. */
export function toBytes(values: Float32Array): Uint8Array {
  return Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round((value + 1) * 127.5))));
}

/** Picture `index` of bytes [count, channels, height, width] in interleaved rows: [height, width, channels]. */
function pictureAt(bytes: Uint8Array, format: ImageFormat, index: number): Uint8Array {
  const size = imageBytesOf(format);
  return interleave(bytes.subarray(index * size, (index + 1) * size), format);
}

/** Picture `index` of bytes [count, channels, height, width] as a PNG file. */
export async function encodePicture(bytes: Uint8Array, format: ImageFormat, index: number): Promise<Buffer> {
  return encodePng(pictureAt(bytes, format, index), format);
}

export interface GridOptions {
  /** Default: as many as make the grid about square. */
  readonly columns?: number;
}

/** White pixels around the pictures of a grid. */
export const GAP = 2;

/** Pixels that the encoder takes at most. */
export const MOST_PIXELS = 0x3fff ** 2;

/** Pixels in interleaved rows: [height, width, channels]. */
export interface Canvas {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** How pictures stand on a canvas. */
export interface GridLayout {
  readonly columns: number;
  /** White pixels around each picture. */
  readonly gap: number;
  /** Each pixel becomes a square of this side. Default: so that a picture is about 64 high. */
  readonly scale?: number;
}

function scaleOf({ height }: ImageFormat): number {
  return Math.max(1, Math.round(64 / height));
}

/** Pixels of each side that {@link drawGrid} gives `count` pictures. */
export function gridSize(format: ImageFormat, count: number, { columns, gap, scale = scaleOf(format) }: GridLayout) {
  const rows = Math.ceil(count / columns);
  return {
    width: columns * (format.width * scale + gap) + gap,
    height: rows * (format.height * scale + gap) + gap,
  };
}

/** Pictures, bytes [count, channels, height, width], row by row on white. */
export function drawGrid(bytes: Uint8Array, format: ImageFormat, layout: GridLayout): Canvas {
  const { columns, gap, scale = scaleOf(format) } = layout;
  const { width, height, channels } = format;
  const count = bytes.length / (width * height * channels);
  const canvas = gridSize(format, count, layout);
  const pixels = new Uint8Array(canvas.width * canvas.height * channels).fill(255);
  for (let index = 0; index < count; index++) {
    const picture = pictureAt(bytes, format, index);
    const left = gap + (index % columns) * (width * scale + gap);
    const top = gap + Math.floor(index / columns) * (height * scale + gap);
    for (let y = 0; y < height * scale; y++) {
      for (let x = 0; x < width * scale; x++) {
        const from = (Math.floor(y / scale) * width + Math.floor(x / scale)) * channels;
        const to = ((top + y) * canvas.width + left + x) * channels;
        for (let channel = 0; channel < channels; channel++) pixels[to + channel] = picture[from + channel] ?? 0;
      }
    }
  }
  return { pixels, ...canvas, channels };
}

/**
 * Pictures, bytes [count, channels, height, width], side by side as one PNG file with thin white gaps.
 * @throws AtelierError (usage) when they are too many for one file.
 */
export async function encodeGrid(bytes: Uint8Array, format: ImageFormat, options: GridOptions = {}): Promise<Buffer> {
  const count = bytes.length / (format.width * format.height * format.channels);
  const columns = options.columns ?? Math.ceil(Math.sqrt(count));
  assertGrid(format, count, columns);
  const { pixels, ...raw } = drawGrid(bytes, format, { columns, gap: GAP });
  return encodePng(pixels, raw);
}

/** @throws AtelierError (usage) when a grid of so many pictures is too large for one file. */
export function assertGrid(format: ImageFormat, count: number, columns: number): void {
  const { width, height } = gridSize(format, count, { columns, gap: GAP });
  if (width * height <= MOST_PIXELS) return;
  throw new AtelierError({
    kind: "usage",
    where: "grid",
    expected: `at most ${MOST_PIXELS.toLocaleString("en-US")} pixels in one file`,
    received: `${count.toLocaleString("en-US")} pictures, which take ${(width * height).toLocaleString("en-US")}`,
    help: "ask for fewer",
  });
}
