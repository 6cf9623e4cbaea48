import { extname } from "node:path";
import sharp from "sharp";
import { type ImageEncoding, identifyImage } from "../images/image-file.ts";
import type { PixelFormat } from "../images/preparation.ts";

/** How image files are stored: counts of files. */
export interface ModeReport {
  /** By what their first bytes say: `jpeg`, `png` … */
  readonly encodings: Readonly<Record<string, number>>;
  /** As the decoder calls them: `srgb`, `b-w`, `cmyk` … */
  readonly colourSpaces: Readonly<Record<string, number>>;
  /** Bits of one value of one channel: `1`, `8`, `16`, `32`. */
  readonly bits: Readonly<Record<string, number>>;
  /** With a channel of transparency, which is laid on white. */
  readonly transparent: number;
  /** With several frames or pages, of which the first is used. */
  readonly animated: number;
  /** With an EXIF orientation other than upright, which is applied. */
  readonly rotated: number;
  /** Files whose name says another encoding than their bytes. */
  readonly misnamed: readonly { readonly name: string; readonly encoding: string }[];
}

/** How one image file is stored. */
export interface ImageMode {
  /** After rotation. */
  readonly size: PixelFormat;
  readonly encoding: ImageEncoding;
  readonly colourSpace: string;
  readonly bits: number;
  readonly transparent: boolean;
  readonly frames: number;
  readonly rotated: boolean;
}

const bitsOf: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  complex: 64,
  double: 64,
  dpcomplex: 128,
};

/** Reads an image file's header. @throws Error when it is broken. */
export async function modeOf(file: Uint8Array): Promise<ImageMode> {
  const { bytes, encoding } = identifyImage(file);
  const header = await sharp(bytes).metadata();
  const grey = header.space === "b-w" || header.space === "grey16";
  return {
    size: { height: header.autoOrient.height, width: header.autoOrient.width, channels: grey ? 1 : 3 },
    encoding,
    colourSpace: header.space,
    bits: header.bitsPerSample ?? bitsOf[header.depth] ?? 8,
    transparent: header.hasAlpha,
    frames: header.pages ?? 1,
    rotated: (header.orientation ?? 1) > 1,
  };
}

/** Counts modes of image files as they come. */
export class ModeCounts {
  readonly #encodings: Record<string, number> = {};
  readonly #colourSpaces: Record<string, number> = {};
  readonly #bits: Record<string, number> = {};
  readonly #misnamed: { readonly index: number; readonly name: string; readonly encoding: string }[] = [];
  #files = 0;
  #transparent = 0;
  #animated = 0;
  #rotated = 0;

  add(index: number, name: string, mode: ImageMode): void {
    this.#files++;
    count(this.#encodings, mode.encoding);
    count(this.#colourSpaces, mode.colourSpace);
    count(this.#bits, String(mode.bits));
    if (mode.transparent) this.#transparent++;
    if (mode.frames > 1) this.#animated++;
    if (mode.rotated) this.#rotated++;
    if (saysOther(name, mode.encoding)) this.#misnamed.push({ index, name, encoding: mode.encoding });
  }

  /** null when there were no files. */
  report(): ModeReport | null {
    if (this.#files === 0) return null;
    return {
      encodings: sorted(this.#encodings),
      colourSpaces: sorted(this.#colourSpaces),
      bits: sorted(this.#bits),
      transparent: this.#transparent,
      animated: this.#animated,
      rotated: this.#rotated,
      misnamed: this.#misnamed.sort((a, b) => a.index - b.index).map(({ name, encoding }) => ({ name, encoding })),
    };
  }
}

/** The most frequent first, whatever came first. */
function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  const byName = Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(byName.sort(([, a], [, b]) => b - a));
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}

/** `.heic` promises an encoding that cannot be decoded: what was decoded is another. */
const encodingOfExtension: ReadonlyMap<string, ImageEncoding | "heic"> = new Map<string, ImageEncoding | "heic">([
  [".png", "png"],
  [".apng", "png"],
  [".jpg", "jpeg"],
  [".jpeg", "jpeg"],
  [".jpe", "jpeg"],
  [".jfif", "jpeg"],
  [".mpo", "jpeg"],
  [".webp", "webp"],
  [".gif", "gif"],
  [".tif", "tiff"],
  [".tiff", "tiff"],
  [".avif", "heif"],
  [".heic", "heic"],
  [".heif", "heif"],
]);

/** Names without an extension of an image, such as places in a Parquet file, say nothing. */
function saysOther(name: string, encoding: ImageEncoding): boolean {
  const said = encodingOfExtension.get(extname(name).toLowerCase());
  return said !== undefined && said !== encoding;
}
