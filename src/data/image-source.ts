export type SplitName = "train" | "test";

/** One image that a source lists; nothing has been decoded yet. */
export interface ImageRecord {
  /** Path relative to the source with `/` between folders, or a place in an array file: `train-images-idx3-ubyte.gz#17`. */
  readonly name: string;
  /** Class name; null: no label, which is an ordinary value everywhere. */
  readonly label: string | null;
  /** null: the source does not say. */
  readonly split: SplitName | null;
}

/** Size and channels that every image of a data set is brought to; `channels` 1 is grey, 3 is red, green, blue. */
export interface PixelFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Images that can be listed, measured and decoded one by one, wherever they come from; see `openSource`. */
export interface ImageSource {
  /** Short name for run folders: the folder's base name, `flowers` for `sample:flowers`. */
  readonly name: string;
  /** What the user typed. */
  readonly location: string;
  readonly kind: "folder" | "idx" | "cifar" | "sample";
  /** In a fixed order that depends on nothing but the names. */
  readonly records: readonly ImageRecord[];
  /** Files that are there and are not images, relative to the source. */
  readonly ignored: readonly string[];
  /** Changes whenever the images may have changed. */
  readonly fingerprint: string;

  /**
   * Size in pixels after EXIF rotation, and channels (1 where the file is grey), without decoding the pixels where that is possible.
   * @throws Error with a short reason when the image is broken.
   */
  measure(index: number): Promise<PixelFormat>;

  /**
   * Pixels 0..255 as `[channels, height, width]`, scaled to cover the format and cropped around the centre.
   * @throws Error with a short reason when the image is broken; AtelierError when the whole source is.
   */
  decode(index: number, format: PixelFormat): Promise<Uint8Array>;

  /**
   * Pixels `[count, channels, height, width]` of the images [first, first + count): the same numbers as `decode` gives.
   * Present where decoding many at once is faster, in sources whose images cannot break one by one.
   */
  decodeRange?(first: number, count: number, format: PixelFormat): Promise<Uint8Array>;

  /** Hash of the stored bytes of one image, equal for exact copies. Present where copies are possible. */
  contentHash?(index: number): Promise<string>;
}

/** Bytes of one decoded image. */
export function imageBytesOf(format: PixelFormat): number {
  return format.channels * format.height * format.width;
}

/** The record at `index`. @throws RangeError when there is none. */
export function recordAt(source: Pick<ImageSource, "records">, index: number): ImageRecord {
  const record = source.records[index];
  if (record === undefined) throw new RangeError(`image ${index} of ${source.records.length}`);
  return record;
}
