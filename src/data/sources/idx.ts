import { join } from "node:path";
import { AtelierError } from "../../foundation/errors.ts";
import { describeFile, type FoundFile, fingerprintOf } from "../files.ts";
import type { ImageRecord, ImageSource, SplitName } from "../image-source.ts";
import { contentLength, readContent, readHead } from "./array-file.ts";
import { type PixelArray, readingArrays } from "./pixel-array.ts";

// The IDX format: two zero bytes, element type (8: unsigned byte), number of dimensions, then each dimension and the data, all
// big-endian (LeCun, Cortes and Burges, "The MNIST database", section "file formats").
const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;
const imagesHeader = 16;
const labelsHeader = 8;

const imagesName = /^(.*?)-?images[-.]idx3-ubyte(\.gz)?$/;

/** Whether a file's name is that of IDX images: `train-images-idx3-ubyte.gz`, `t10k-images.idx3-ubyte`. */
export function isIdxImagesName(name: string): boolean {
  return imagesName.test(name);
}

/** Whether a file's name is that of IDX labels. */
export function isIdxLabelsName(name: string): boolean {
  return /labels[-.]idx1-ubyte(\.gz)?$/.test(name);
}

/**
 * Opens IDX images with the labels that lie beside them; images without a labels file have no labels.
 * @param root the folder that holds the files
 * @param files all files in it
 * @param chosen names of the image files to open, in order
 * @throws AtelierError (data) when a file is not what its name says, is cut short, or does not fit its labels.
 */
export async function openIdx(
  source: Pick<ImageSource, "name" | "location">,
  root: string,
  files: readonly FoundFile[],
  chosen: readonly string[],
): Promise<ImageSource> {
  const parts: { array: PixelArray; records: readonly ImageRecord[]; files: readonly string[] }[] = [];
  for (const name of chosen) {
    const array = await openImages(join(root, name));
    const labelsName = files.find((file) => isLabelsOf(file.path, name))?.path;
    const labels = labelsName === undefined ? undefined : await readLabels(join(root, labelsName), array.count, name);
    const split = splitNamed(name);
    const records = Array.from({ length: array.count }, (_, index): ImageRecord => {
      const label = labels?.[index];
      return { name: `${name}#${index}`, label: label === undefined ? null : String(label), split };
    });
    parts.push({ array, records, files: labelsName === undefined ? [name] : [name, labelsName] });
  }
  const used = parts.flatMap((part) => part.files);
  const described = await Promise.all(used.map(async (path) => await describeFile(root, path)));
  return {
    ...source,
    kind: "idx",
    records: parts.flatMap((part) => part.records),
    ignored: files.map((file) => file.path).filter((path) => !used.includes(path)),
    fingerprint: await fingerprintOf(root, described),
    ...readingArrays(parts.map((part) => part.array)),
  };
}

function isLabelsOf(path: string, images: string): boolean {
  const prefix = imagesName.exec(images)?.[1] ?? "";
  return isIdxLabelsName(path) && path.replace(/-?labels[-.]idx1-ubyte(\.gz)?$/, "") === prefix;
}

function splitNamed(name: string): SplitName | null {
  if (/(^|[-_.])train/.test(name)) return "train";
  return /(^|[-_.])(t10k|test)/.test(name) ? "test" : null;
}

async function openImages(path: string): Promise<PixelArray> {
  const head = await readHead(path, imagesHeader);
  checkMagic(path, head, imagesMagic, imagesHeader, "IDX images (unsigned bytes, 3 dimensions)");
  const [count, height, width] = [head.readUInt32BE(4), head.readUInt32BE(8), head.readUInt32BE(12)];
  const stride = height * width;
  if (stride === 0) {
    throw damaged(path, "images of at least 1 by 1 pixel", `a header that says ${height} by ${width}`);
  }
  const expected = imagesHeader + count * stride;
  const length = await contentLength(path, expected);
  if (length !== expected) {
    throw damaged(path, `${expected} bytes for ${count} images of ${height} by ${width}`, `${length} bytes`);
  }
  return {
    count,
    format: { height, width, channels: 1 },
    start: imagesHeader,
    stride,
    read: async () => await readContent(path),
  };
}

async function readLabels(path: string, count: number, images: string): Promise<Uint8Array> {
  const content = Buffer.from(await readContent(path));
  checkMagic(path, content, labelsMagic, labelsHeader, "IDX labels (unsigned bytes, 1 dimension)");
  const stated = content.readUInt32BE(4);
  if (stated !== count) throw damaged(path, `${count} labels, one for each image of ${images}`, `${stated}`);
  if (content.length !== labelsHeader + count) {
    throw damaged(path, `${labelsHeader + count} bytes for ${count} labels`, `${content.length} bytes`);
  }
  return content.subarray(labelsHeader);
}

function checkMagic(path: string, head: Buffer, magic: number, length: number, meaning: string): void {
  if (head.length < length) throw damaged(path, `the header of ${meaning}, ${length} bytes`, `${head.length} bytes`);
  const found = head.readUInt32BE(0);
  if (found !== magic) throw damaged(path, `${meaning}: first bytes ${hex(magic)}`, hex(found));
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}

function damaged(path: string, expected: string, received: string): AtelierError {
  return new AtelierError({ kind: "data", where: path, expected, received, help: "copy or download the file again" });
}
