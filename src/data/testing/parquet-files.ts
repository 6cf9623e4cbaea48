import type { SchemaElement } from "hyparquet";
import { type ColumnSource, parquetWriteBuffer } from "hyparquet-writer";
import sharp from "sharp";
import { openFolderTree } from "../files/disk-tree.ts";
import type { ImageSource } from "../image-source.ts";
import { parquet } from "../sources/parquet.ts";
import { decodedImages } from "./decoded.ts";

/** PNG files of one colour each: the first has 0 for red, the second 1, and so on. */
export async function redPictures(count: number): Promise<readonly Uint8Array[]> {
  const paint = async (red: number): Promise<Uint8Array> =>
    await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: red, g: 0, b: 0 } } })
      .png()
      .toBuffer();
  return await Promise.all(Array.from({ length: count }, async (_, red) => await paint(red)));
}

/** The red value of each image, or why there is none. */
export async function redsOf(source: ImageSource): Promise<readonly (number | string)[]> {
  const images = await decodedImages(source, { height: 4, width: 4, channels: 3 });
  return images.map((image) => (typeof image === "string" ? image : (image[0] ?? -1)));
}

/** Opens the Parquet files in a folder; packed: as if they lay in an archive, where nothing has a place on the disk. */
export async function openParquet(folder: string, packed = false): Promise<ImageSource> {
  const tree = await openFolderTree(folder);
  const chosen = parquet.choose(tree.files.map(({ path }) => path));
  const called = { name: "set", location: folder };
  return await parquet.open(called, packed ? { ...tree, onDisk: () => undefined } : tree, chosen);
}

const imageStruct: readonly SchemaElement[] = [
  { name: "image", repetition_type: "OPTIONAL", num_children: 2 },
  { name: "bytes", type: "BYTE_ARRAY", repetition_type: "OPTIONAL" },
  { name: "path", type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" },
];
const label64: SchemaElement = { name: "label", type: "INT64", repetition_type: "OPTIONAL" };
/** What the `datasets` library writes into a file about its columns. */
export const featuresOf = (features: object): { key: string; value: string }[] => [
  { key: "huggingface", value: JSON.stringify({ info: { features } }) },
];
export const twoKinds: { key: string; value: string }[] = featuresOf({
  image: { _type: "Image" },
  label: { names: ["daisy", "rose"], _type: "ClassLabel" },
});

/** A file as the hub serves them: daisies and roses by turns, five a row group. */
export function hubFile(chosen: readonly Uint8Array[]): Buffer {
  return Buffer.from(
    parquetWriteBuffer({
      columnData: [
        { name: "image", data: chosen.map((bytes) => ({ bytes, path: "a.png" })) },
        { name: "label", data: chosen.map((_, position) => BigInt(position % 2)) },
      ],
      schema: [{ name: "root", num_children: 2 }, ...imageStruct, label64],
      kvMetadata: twoKinds,
      rowGroupSize: 5,
    }),
  );
}

/** A file of columns without structs. */
export function flatFile(...columnData: ColumnSource[]): Buffer {
  return Buffer.from(parquetWriteBuffer({ columnData }));
}

/** Four rows in two groups, as Arrow's C++ library writes them for the hub: old-style pages with dictionaries and checksums. */
export const writtenByArrow: Buffer = Buffer.from(
  [
    "UEFSMRUEFaQCFdQBFf2HmucOPBUEFQASAACSAVxFAAAAiVBORw0KGgoAAAANSUhEUgAAAAEBBLgIAgAAAJB3U94AAAAMSURBVHjaYzjBwAAAAlwA",
    "yX01weoAAAAASUVORK5CYIJFALZJAGBgOMEAAAGUAMl/5U5HAAAAAElFTkSuQmCCFQAVFBUYFZ7uqsUIHBUGFRAVBhUGHAAAAAokAwAAAAMKAAED",
    "AhUEFQAVAhXlwejfBTwVABUAEgAAABUAFRAVFBWCzMeFBBwVBhUQFQYVBhwAAAAIHAMAAAADBQAAFQQVIBUkFaSE1rMJPBUEFQASAAAQPAEAAAAA",
    "AAAAAAAAAAAAAAAVABUSFRYVu8ec2A8cFQYVEBUGFQYcAAAACSACAAAABgEBAwIVBBWSARWUARW40bT6AzwVAhUAEgAASVxFAAAAiVBORw0KGgoA",
    "AAANSUhEUgAAAAEBBLAIAgAAAJB3U94AAAAMSURBVHjaY2BgOAEAAMwAyRmPEvYAAAAASUVORK5CYIIVABUSFRYVvaKe2g0cFQIVEBUGFQYcAAAA",
    "CSACAAAAAgIBAgAVBBUAFQIV5cHo3wU8FQAVABIAAAAVABUOFRIVgeDK/AscFQIVEBUGFQYcAAAABxgCAAAAAgEAFQQVABUCFeXB6N8FPBUAFQAS",
    "AAAAFQAVDhUSFYOlk+0IHBUCFRAVBhUGHAAAAAcYAgAAAAIAABUEGVw1ABgGc2NoZW1hFQQANQIYBWltYWdlFQQAFQwlAhgFYnl0ZXMAFQwlAhgE",
    "cGF0aCUATBwAAAAVBCUCGAVsYWJlbAAWCBksGTwmABwVDBk1AAYQGSgFaW1hZ2UFYnl0ZXMVAhYGFpYDFsoCJogCJggpLBUEFQAVAgAVABUQFQIA",
    "PBaUAhkGGTYCAAQAAAAmABwVDBk1AAYQGSgFaW1hZ2UEcGF0aBUCFgYWahZwJvwCJtICKSwVBBUAFQIAFQAVEBUCADwWABkGGTYCBAAAAAAmABwV",
    "BBk1AAYQGRgFbGFiZWwVAhYGFowBFpQBJo4EJsIDKSwVBBUAFQIAFQAVEBUCADwpBhkmAAYAAAAWjAUWBiYIFs4EABk8JgAcFQwZNQAGEBkoBWlt",
    "YWdlBWJ5dGVzFQIWAhaCAhaIAiaWBibWBCksFQQVABUCABUAFRAVAgA8FooBGQYZNgAAAgAAACYAHBUMGTUABhAZKAVpbWFnZQRwYXRoFQIWAhZo",
    "Fm4miAcm3gYpLBUEFQAVAgAVABUQFQIAPBYAGQYZNgACAAAAACYAHBUEGTUABhAZGAVsYWJlbBUCFgIWaBZuJvYHJswHKSwVBBUAFQIAFQAVEBUC",
    "ADwpBhkmAgAAAAAW0gMWAibWBBbkAwAZLBgLaHVnZ2luZ2ZhY2UYc3siaW5mbyI6IHsiZmVhdHVyZXMiOiB7ImltYWdlIjogeyJfdHlwZSI6ICJJ",
    "bWFnZSJ9LCAibGFiZWwiOiB7Im5hbWVzIjogWyJkYWlzeSIsICJyb3NlIl0sICJfdHlwZSI6ICJDbGFzc0xhYmVsIn19fX0AGAxBUlJPVzpzY2hl",
    "bWEYzAQvLy8vLzdBQkFBQVFBQUFBQUFBS0FBNEFCZ0FGQUFnQUNnQUFBQUFCQkFBUUFBQUFBQUFLQUF3QUFBQUVBQWdBQ2dBQUFLd0FBQUFFQUFB",
    "QUFRQUFBQXdBQUFBSUFBd0FCQUFJQUFnQUFBQ0FBQUFBQkFBQUFITUFBQUI3SW1sdVptOGlPaUI3SW1abFlYUjFjbVZ6SWpvZ2V5SnBiV0ZuWlNJ",
    "NklIc2lYM1I1Y0dVaU9pQWlTVzFoWjJVaWZTd2dJbXhoWW1Wc0lqb2dleUp1WVcxbGN5STZJRnNpWkdGcGMza2lMQ0FpY205elpTSmRMQ0FpWDNS",
    "NWNHVWlPaUFpUTJ4aGMzTk1ZV0psYkNKOWZYMTlBQXNBQUFCb2RXZG5hVzVuWm1GalpRQUNBQUFBUUFBQUFBUUFBQUJ3Ly8vL0FBQUJBaEFBQUFB",
    "Z0FBQUFCQUFBQUFBQUFBQUZBQUFBYkdGaVpXd0FBQUFJQUF3QUNBQUhBQWdBQUFBQUFBQUJRQUFBQUtqLy8vOEFBQUVOR0FBQUFDQUFBQUFFQUFB",
    "QUFnQUFBRkFBQUFBVUFBQUFCUUFBQUdsdFlXZGxBQUFBb1AvLy85ai8vLzhBQUFFRkVBQUFBQmdBQUFBRUFBQUFBQUFBQUFRQUFBQndZWFJvQUFB",
    "QUFNai8vLzhRQUJRQUNBQUdBQWNBREFBQUFCQUFFQUFBQUFBQUFRUVFBQUFBSEFBQUFBUUFBQUFBQUFBQUJRQUFBR0o1ZEdWekFBQUFCQUFFQUFR",
    "QUFBQT0AGCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI1LjAuMRk8HAAAHAAAHAAAAPsEAABQQVIx",
  ].join(""),
  "base64",
);
