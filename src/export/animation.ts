import sharp from "sharp";
import { AtelierError } from "../foundation/errors.ts";
import type { ImageFormat } from "../models/index.ts";
import { drawGrid, GAP, type GridLayout, gridSize, MOST_PIXELS } from "./picture.ts";

export interface AnimationOptions {
  /** Pictures side by side in each frame. Default: 1. */
  readonly columns?: number;
  /** Pictures in each frame, in rows of `columns`. Default: as many as columns. */
  readonly pictures?: number;
  /** Milliseconds from one frame to the next: the format keeps hundredths of a second. Default: 50. */
  readonly delay?: number;
}

/** The format counts the pixels of a side in two bytes. */
const LONGEST_SIDE = 65_535;
const DELAY = 50;
/** Viewers show an animation as large as it is: smaller pictures are enlarged by a whole factor, pixels become squares. */
const SHORTEST_SIDE = 128;

/**
 * Pictures as an animated GIF that repeats without end: bytes [frames x pictures, channels, height, width], frame by frame.
 * Pictures with a side below 128 pixels are enlarged by the least whole factor that changes this.
 * Each frame has a palette of at most 256 colours.
 * @throws AtelierError (usage) when they are too many for one file.
 */
export async function encodeAnimation(
  bytes: Uint8Array,
  format: ImageFormat,
  { columns = 1, pictures = columns, delay = DELAY }: AnimationOptions = {},
): Promise<Buffer> {
  const frameBytes = pictures * format.channels * format.height * format.width;
  const frames = bytes.length / frameBytes;
  const { width, height } = assertAnimation(format, frames, columns, pictures);
  const size = width * height * format.channels;
  const pixels = new Uint8Array(frames * size);
  for (let frame = 0; frame < frames; frame++) {
    const part = bytes.subarray(frame * frameBytes, (frame + 1) * frameBytes);
    pixels.set(drawGrid(part, format, layoutOf(format, columns, pictures)).pixels, frame * size);
  }
  const raw = { width, height: frames * height, channels: format.channels, pageHeight: height };
  return sharp(pixels, { raw })
    .gif({ loop: 0, delay: Array.from({ length: frames }, () => delay), keepDuplicateFrames: true })
    .toBuffer();
}

/**
 * Pixels of each side of a frame.
 * @throws AtelierError (usage) when so many frames are too many for one file.
 */
export function assertAnimation(format: ImageFormat, frames: number, columns: number, pictures = columns) {
  const size = gridSize(format, pictures, layoutOf(format, columns, pictures));
  const pixels = frames * size.width * size.height;
  if (Math.max(size.width, size.height) <= LONGEST_SIDE && pixels <= MOST_PIXELS) return size;
  throw new AtelierError({
    kind: "usage",
    where: "animation",
    expected: `frames of at most ${LONGEST_SIDE} pixels a side, and ${MOST_PIXELS.toLocaleString("en-US")} pixels in all`,
    received: `${frames} frames of ${size.width}x${size.height}`,
    help: "ask for fewer pictures, or for fewer frames between them",
  });
}

/** A picture alone needs no frame around it. */
function layoutOf(format: ImageFormat, columns: number, pictures: number): GridLayout {
  const scale = Math.ceil(SHORTEST_SIDE / Math.min(format.width, format.height));
  return { columns, gap: pictures === 1 ? 0 : GAP, scale };
}
