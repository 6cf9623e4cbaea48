import { decodesAtOnce, forEachOf } from "./concurrency.ts";
import { type ImageSource, recordAt } from "./image-source.ts";
import { measureImage } from "./images/decode.ts";
import { identifyImage } from "./images/image-file.ts";
import type { PixelFormat } from "./images/preparation.ts";

/** A format that suits a source, and why. */
export interface FormatSuggestion {
  /** Square. */
  readonly format: PixelFormat;
  /** One sentence each for size and channels, for the reader of the configuration. */
  readonly reasons: { readonly size: string; readonly channels: string };
}

const mostMeasured = 200;
/** Sides are multiples of it, so that they can be halved twice. */
const step = 4;
const smallestSize = 16;
const largestSize = 64;

/**
 * Suggests a square size (a multiple of 4 in 16..64, the smallest that holds the median image's shorter side) and the number of channels
 * (1 when all images are grey) from up to 200 images spread over the source. Broken images do not count.
 */
export async function suggestFormat(source: ImageSource): Promise<FormatSuggestion> {
  return suggestFrom(await measuredFormats(source));
}

/** Suggests a format as {@link suggestFormat} does, from the formats of images that were measured. */
export function suggestFrom(measured: readonly PixelFormat[]): FormatSuggestion {
  if (measured.length === 0) {
    const reason = "no image could be measured";
    return { format: { height: 32, width: 32, channels: 3 }, reasons: { size: reason, channels: reason } };
  }
  const sides = measured.map(({ height, width }) => Math.min(height, width)).sort((a, b) => a - b);
  const median = sides[Math.floor((sides.length - 1) / 2)] ?? largestSize;
  const size = Math.min(Math.max(Math.ceil(median / step) * step, smallestSize), largestSize);
  const grey = measured.filter((image) => image.channels === 1).length;
  const channels = grey === measured.length ? 1 : 3;
  return {
    format: { height: size, width: size, channels },
    reasons: { size: sizeReason(median, size), channels: channelsReason(grey, measured.length) },
  };
}

/** Indices of the images that are measured, of so many: up to 200, spread over them all. */
export function measuredOf(total: number): readonly number[] {
  const count = Math.min(total, mostMeasured);
  return Array.from({ length: count }, (_, position) => Math.floor((position * total) / count));
}

/** The formats of up to 200 images, spread over a source, as they are stored. Broken images do not count. */
export async function measuredFormats(source: ImageSource): Promise<readonly PixelFormat[]> {
  const chosen = measuredOf(source.records.length);
  const known = chosen.flatMap((index) => recordAt(source, index).format ?? []);
  const unknown = chosen.filter((index) => recordAt(source, index).format === undefined);
  const measured = unknown.length === 0 ? [] : await measureFiles(source, unknown);
  return [...known, ...measured];
}

async function measureFiles(source: ImageSource, indices: readonly number[]): Promise<readonly PixelFormat[]> {
  const wanted = new Set(indices);
  const measured: PixelFormat[] = [];
  await forEachOf(source.images(indices), decodesAtOnce, async (delivery) => {
    if (delivery.kind !== "file" || !wanted.has(delivery.index)) return;
    const image = await delivery
      .load()
      .then((bytes) => measureImage(identifyImage(bytes)))
      .catch(() => undefined);
    if (image !== undefined) measured.push(image);
  });
  return measured;
}

function sizeReason(median: number, size: number): string {
  if (median === size) return `the images' shorter side is ${median} px (median)`;
  const shorter = `the images' shorter side is ${median} px (median)`;
  if (median > largestSize) return `${shorter}, and ${largestSize} px is the most that trains quickly by default`;
  return `${shorter}; ${size} is the next size that the networks can make`;
}

function channelsReason(grey: number, count: number): string {
  if (grey === count) return `all of ${count} measured images are grey`;
  return grey === 0
    ? `the ${count} measured images are in colour`
    : `${count - grey} of ${count} measured images are in colour`;
}
