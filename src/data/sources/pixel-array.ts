import { createHash } from "node:crypto";
import { internalError } from "../../foundation/errors.ts";
import { type ImageSource, imageBytesOf, type PixelFormat } from "../image-source.ts";
import { scaleImages } from "../strip.ts";

/** Images that lie in one file one after the other, uncompressed or compressed as a whole. */
export interface PixelArray {
  readonly count: number;
  readonly format: PixelFormat;
  /** Bytes before the first image's pixels. */
  readonly start: number;
  /** Bytes from one image's pixels `[channels, height, width]` to the next one's. */
  readonly stride: number;
  /** The whole file's content. @throws AtelierError when the file is damaged. */
  read(): Promise<Uint8Array>;
}

type ArrayReading = Required<Pick<ImageSource, "measure" | "decode" | "decodeRange" | "contentHash">>;

/** How the images of several arrays, one array after the other, are measured and decoded. */
export function readingArrays(arrays: readonly PixelArray[]): ArrayReading {
  const contents = new RecentContents();

  const locate = (index: number): { array: PixelArray; local: number } => {
    let local = index;
    for (const array of arrays) {
      if (local < array.count) return { array, local };
      local -= array.count;
    }
    throw internalError("readingArrays", `image ${index} is beyond the last array`);
  };

  /** Pixels `[count, channels, height, width]` in the array's own format. */
  const nativePixels = async (array: PixelArray, first: number, count: number): Promise<Uint8Array> => {
    const content = await contents.of(array);
    const size = imageBytesOf(array.format);
    const pixels = new Uint8Array(count * size);
    for (let image = 0; image < count; image++) {
      const from = array.start + (first + image) * array.stride;
      pixels.set(content.subarray(from, from + size), image * size);
    }
    return pixels;
  };

  const decodeRange = async (first: number, count: number, format: PixelFormat): Promise<Uint8Array> => {
    const pixels = new Uint8Array(count * imageBytesOf(format));
    for (let done = 0; done < count; ) {
      const { array, local } = locate(first + done);
      const piece = Math.min(count - done, array.count - local);
      const native = await nativePixels(array, local, piece);
      pixels.set(await scaleImages(native, array.format, format), done * imageBytesOf(format));
      done += piece;
    }
    return pixels;
  };

  return {
    decodeRange,
    decode: async (index, format) => await decodeRange(index, 1, format),
    measure: async (index) => locate(index).array.format,
    contentHash: async (index) => {
      const { array, local } = locate(index);
      return createHash("sha1")
        .update(await nativePixels(array, local, 1))
        .digest("base64");
    },
  };
}

/** The contents used last, two at most: neighbouring ranges may lie on both sides of the border between two files. */
class RecentContents {
  #recent: readonly { readonly array: PixelArray; readonly content: Promise<Uint8Array> }[] = [];

  async of(array: PixelArray): Promise<Uint8Array> {
    const found = this.#recent.find((each) => each.array === array) ?? { array, content: array.read() };
    this.#recent = [found, ...this.#recent.filter((each) => each.array !== array)].slice(0, 2);
    return await found.content;
  }
}
