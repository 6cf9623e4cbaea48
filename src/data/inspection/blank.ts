import sharp from "sharp";
import { decodesAtOnce, forEachOf } from "../concurrency.ts";
import type { ImageSource } from "../image-source.ts";
import { imageBytesOf } from "../images/preparation.ts";
import type { Observations } from "./observations.ts";
import { indexOf, type Original, originalsOf } from "./originals.ts";

/** Averages of 24 by 24 blocks that differ by no more, in grey levels, show nothing: the image is blank, or its texture is fine. */
const plainRange = 3;
/** The noise of an encoding, in grey levels: no two pixels of a blank image differ by more. */
const blankRange = 16;

/**
 * Indices of the images that show nothing when scaled down, ascending: those of one colour, and those whose texture is finer than
 * the blocks (a starry sky, woven cloth, sand). Scaled down they cannot be told from each other.
 */
export function plainImages(seen: Observations): readonly number[] {
  return seen.readable.filter((index) => seen.figure(index, "range") <= plainRange);
}

/**
 * Those of the plain images that are one colour all over, ascending. Each is read again, and every pixel of it counts: an image with a
 * single dot is not blank.
 * @param plain see {@link plainImages}
 * @throws the signal's reason when it aborts.
 */
export async function blankImages(
  source: Pick<ImageSource, "images">,
  plain: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlySet<number>> {
  const blank = new Set<number>();
  if (plain.length === 0) return blank;
  await forEachOf(originalsOf(source, plain), decodesAtOnce, async (original) => {
    signal?.throwIfAborted();
    if (original.kind === "broken") return;
    // What cannot be read a second time is not known to be blank.
    if (await isOneColour(original).catch(() => false)) blank.add(indexOf(original));
  });
  return new Set(plain.filter((index) => blank.has(index)));
}

/** Drawings are looked at with so many pixels on their longer side. */
const drawnSide = 1024;

async function isOneColour(original: Original): Promise<boolean> {
  switch (original.kind) {
    case "file":
      return await isFileOfOneColour(await original.load());
    case "drawing":
      return await isFileOfOneColour(Buffer.from(original.draw(drawnSide)));
    case "pixels": {
      const plane = imageBytesOf({ ...original.format, channels: 1 });
      const ranges = rangesOf(original.format.channels);
      for (const [channel, range] of ranges.entries())
        widen([range], original.pixels.subarray(channel * plane, (channel + 1) * plane));
      return areNarrow(ranges);
    }
  }
}

/** Pixels that are decoded at once: 50 MB in colour. Larger images are looked at in bands of rows. */
const bandPixels = 2 ** 24;

/** As training sees it: the first frame, in sRGB of 8 bits, laid on white. */
async function isFileOfOneColour(bytes: Uint8Array): Promise<boolean> {
  const { width, height } = await sharp(bytes, { pages: 1 }).metadata();
  const rows = Math.max(1, Math.floor(bandPixels / width));
  const ranges = rangesOf(3);
  for (let top = 0; top < height && areNarrow(ranges); top += rows) {
    // Whether it is broken has been found out when it was read first.
    const band = await sharp(bytes, { pages: 1, failOn: "none" })
      .extract({ left: 0, top, width, height: Math.min(rows, height - top) })
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .raw()
      .toBuffer();
    widen(ranges, band);
  }
  return areNarrow(ranges);
}

/** The least and the largest value of a channel so far. */
interface Range {
  least: number;
  most: number;
}

function rangesOf(channels: number): readonly Range[] {
  return Array.from({ length: channels }, () => ({ least: 255, most: 0 }));
}

/** @param values of as many channels as there are ranges, in turn */
function widen(ranges: readonly Range[], values: Uint8Array): void {
  for (const [channel, range] of ranges.entries()) {
    for (let at = channel; at < values.length; at += ranges.length) {
      const value = values[at] ?? 0;
      if (value < range.least) range.least = value;
      if (value > range.most) range.most = value;
    }
  }
}

function areNarrow(ranges: readonly Range[]): boolean {
  return ranges.every(({ least, most }) => most - least <= blankRange);
}
