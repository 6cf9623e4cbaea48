import sharp from "sharp";
import { AtelierError } from "../foundation/errors.ts";
import type { ImageFormat } from "../models/index.ts";
import { drawGrid, GAP, gridSize, MOST_PIXELS } from "./picture.ts";

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

/**
 * Pictures as an animated GIF that repeats without end: bytes [frames x pictures, channels, height, width], frame by frame.
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
    pixels.set(drawGrid(part, format, columns, gapOf(pictures)).pixels, frame * size);
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
  const size = gridSize(format, pictures, columns, gapOf(pictures));
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

/** A picture alone needs no frame. */
function gapOf(pictures: number): number {
  return pictures === 1 ? 0 : GAP;
}
