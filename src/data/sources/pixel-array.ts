import type { FileTree } from "../files/file-tree.ts";
import { contentOf, isGzip, lengthOf } from "../files/gzip.ts";
import type { Delivery, ImageRecord, SplitName } from "../image-source.ts";
import { imageBytesOf, type PixelFormat } from "../images/preparation.ts";
import type { OpenedFile } from "./source-of-files.ts";

/** Images of one format that lie in one file one after the other, uncompressed or compressed as a whole. */
export interface PixelArray {
  readonly tree: FileTree;
  /** The file in the tree. */
  readonly path: string;
  readonly count: number;
  readonly format: PixelFormat;
  /** Bytes before the first image's record. */
  readonly start: number;
  /** Bytes of a record. */
  readonly stride: number;
  /** Bytes of a record before its pixels. */
  readonly offset: number;
  /** `planar`: `[channels, height, width]`; `interleaved`: `[height, width, channels]`. */
  readonly layout: "planar" | "interleaved";
}

/** Images are handed out in blocks of about so many bytes, and at most so many. */
const blockBytes = 4 * 2 ** 20;
const blockImages = 512;

const endsEarly = "the file ends too early";
const goesOn = "the file is longer than its header says";

/** What belongs to the images of an array. */
export interface ArrayLabels {
  /** Class name per image; undefined: there are no labels. */
  readonly labels: readonly (string | null)[] | undefined;
  readonly split: SplitName | null;
  /** The files that the labels come from. */
  readonly companions?: readonly string[];
}

/** The images of an array, called `PATH#17`. */
export function openedArray(array: PixelArray, { labels, split, companions = [] }: ArrayLabels): OpenedFile {
  const { path, count, format } = array;
  const records = Array.from({ length: count }, (_, index): ImageRecord => {
    return { name: `${path}#${index}`, label: labels?.[index] ?? null, split, format };
  });
  return { records, images: (wanted) => deliverArray(array, wanted), companions };
}

async function* deliverArray(array: PixelArray, wanted: readonly number[] | undefined): AsyncGenerator<Delivery> {
  const { count, tree, path, start, stride } = array;
  let next = 0;
  try {
    // Damage inside a compressed file is only certain at its end: no pixel is given out before that has been seen.
    if (isGzip(path) || tree.onDisk(path) === undefined) {
      const length = await lengthOf(tree, path, start + count * stride);
      if (length !== start + count * stride) throw new Error(length < start + count * stride ? endsEarly : goesOn);
    }
    const perBlock = Math.max(1, Math.min(blockImages, Math.floor(blockBytes / stride)));
    const blocks = wanted && new Set(wanted.map((index) => Math.floor(index / perBlock)));
    for await (const { first, records } of recordBlocks(array, perBlock, blocks)) {
      next = first + records.length / stride;
      yield {
        kind: "pixels",
        first,
        count: records.length / stride,
        format: array.format,
        pixels: pixelsOf(records, array),
      };
    }
  } catch (cause) {
    yield {
      kind: "broken",
      first: next,
      count: count - next,
      reason: cause instanceof Error ? cause.message : String(cause),
    };
  }
}

/** The records in blocks; only some of the blocks, by number, where they are named. */
async function* recordBlocks(
  { tree, path, count, start, stride }: PixelArray,
  perBlock: number,
  blocks: ReadonlySet<number> | undefined,
): AsyncGenerator<{ readonly first: number; readonly records: Uint8Array }> {
  const isWanted = (number: number): boolean => blocks === undefined || blocks.has(number);
  let block = 0;
  let last = Math.ceil(count / perBlock) - 1;
  while (block <= last && !isWanted(block)) block++;
  while (last >= block && !isWanted(last)) last--;
  if (block > last) return;
  const sizeOf = (number: number): number => Math.min(perBlock, count - number * perBlock) * stride;
  let gathered = new Uint8Array(sizeOf(block));
  let filled = 0;
  for await (const chunk of contentOf(tree, path, start + block * perBlock * stride)) {
    for (let at = 0; at < chunk.length && block <= last; ) {
      const piece = chunk.subarray(at, at + gathered.length - filled);
      gathered.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled < gathered.length) continue;
      if (isWanted(block)) yield { first: block * perBlock, records: gathered };
      block++;
      gathered = new Uint8Array(sizeOf(Math.min(block, last)));
      filled = 0;
    }
    if (block > last) return;
  }
  throw new Error(endsEarly);
}

/** Pixels `[count, channels, height, width]`. */
function pixelsOf(records: Uint8Array, { format, stride, offset, layout }: PixelArray): Uint8Array {
  const size = imageBytesOf(format);
  if (stride === size && (layout === "planar" || format.channels === 1)) return records;
  const count = records.length / stride;
  const pixels = new Uint8Array(count * size);
  const plane = format.height * format.width;
  for (let image = 0; image < count; image++) {
    const one = records.subarray(image * stride + offset, image * stride + offset + size);
    if (layout === "planar") pixels.set(one, image * size);
    else {
      for (let channel = 0; channel < format.channels; channel++) {
        let from = channel;
        const to = image * size + channel * plane;
        for (let pixel = 0; pixel < plane; pixel++, from += format.channels) pixels[to + pixel] = one[from] ?? 0;
      }
    }
  }
  return pixels;
}
