import type { PixelFormat } from "./images/preparation.ts";

export type SplitName = "train" | "test";

/** One image that a source lists; nothing has been decoded yet. */
export interface ImageRecord {
  /** Path relative to the source with `/` between folders, or a place in an array file: `train-images-idx3-ubyte.gz#17`. */
  readonly name: string;
  /** Class name; null: no label, which is an ordinary value everywhere. */
  readonly label: string | null;
  /** null: the source does not say. */
  readonly split: SplitName | null;
  /** Where the source knows it without reading the image. */
  readonly format?: PixelFormat;
}

/** What was found and could not be used. */
export interface SkippedFile {
  readonly file: string;
  /** In plain words, short. */
  readonly reason: string;
  /** Images that are lost with it, where that is known and is not one. */
  readonly images?: number;
}

/** What a source hands out. Indices are those of its records. */
export type Delivery =
  /** One image as it is stored. `load` throws an Error with a short reason when it cannot be read. */
  | { readonly kind: "file"; readonly index: number; load(): Promise<Uint8Array> }
  /** One image that is drawn: an SVG document whose longer side has so many pixels. */
  | { readonly kind: "drawing"; readonly index: number; readonly draw: (side: number) => string }
  /** The images [first, first + count): pixels 0..255 `[count, channels, height, width]`. */
  | {
      readonly kind: "pixels";
      readonly first: number;
      readonly count: number;
      readonly format: PixelFormat;
      readonly pixels: Uint8Array;
    }
  /** The images [first, first + count) cannot be had. */
  | { readonly kind: "broken"; readonly first: number; readonly count: number; readonly reason: string };

/** Images that can be listed and read in order, wherever they come from; see `openSource`. */
export interface ImageSource {
  /** Short name for run folders: the folder's base name, `flowers` for `sample:flowers`. */
  readonly name: string;
  /** What the user typed: one place, or several that are joined. */
  readonly location: string | readonly string[];
  readonly kind: "folder" | "idx" | "numpy" | "cifar" | "parquet" | "sample" | "joined";
  /** In a fixed order that depends on nothing but the names. */
  readonly records: readonly ImageRecord[];
  /** What is there, should hold images and cannot even be listed: links that lead nowhere, arrays with a damaged header. */
  readonly unusable: readonly SkippedFile[];
  /** Files that are there and are not images, relative to the source. */
  readonly ignored: readonly string[];
  /** What the user should know about the labels: contradictions, by name. */
  readonly remarks: readonly string[];
  /** Changes whenever the images may have changed. */
  readonly fingerprint: string;

  /**
   * Hands out every image once, in the order of the records; images that are stored together come together. Whoever stops
   * early leaves the loop: what is open is then closed.
   * @param wanted ascending indices: only these have to come, though others may.
   */
  images(wanted?: readonly number[]): AsyncIterable<Delivery>;
}

/** The record at `index`. @throws RangeError when there is none. */
export function recordAt(source: Pick<ImageSource, "records">, index: number): ImageRecord {
  const record = source.records[index];
  if (record === undefined) throw new RangeError(`image ${index} of ${source.records.length}`);
  return record;
}

/** A source's location as a person reads it. */
export function locationText({ location }: Pick<ImageSource, "location">): string {
  return typeof location === "string" ? location : location.join(" + ");
}

/** The images [first, first + count) of a source as one entry of a list. */
export function skippedFile(
  source: Pick<ImageSource, "records">,
  { first, count, reason }: { readonly first: number; readonly count: number; readonly reason: string },
): SkippedFile {
  const { name } = recordAt(source, first);
  if (count === 1) return { file: name, reason };
  return { file: `${name} to ${recordAt(source, first + count - 1).name}`, reason, images: count };
}

/** How many images a list of skipped files stands for. */
export function imagesSkipped(skipped: readonly SkippedFile[]): number {
  return skipped.reduce((sum, { images = 1 }) => sum + images, 0);
}
