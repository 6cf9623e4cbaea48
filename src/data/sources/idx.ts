import { posix } from "node:path";
import { AtelierError, messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree } from "../files/file-tree.ts";
import { headOf, isGzip, lengthOf, mayHaveLength, wholeContentOf, withoutPackedTwins } from "../files/gzip.ts";
import { openedArray, type PixelArray } from "./pixel-array.ts";
import type { SourceKind } from "./source-kind.ts";
import { type OpenedFile, sourceOfFiles, splitNamed } from "./source-of-files.ts";

// The IDX format: two zero bytes, element type (8: unsigned byte), number of dimensions, then each dimension and the data, all
// big-endian (LeCun, Cortes and Burges, "The MNIST database", section "file formats").
const imagesMagic = 0x00000803;
const labelsMagic = 0x00000801;
const imagesHeader = 16;
const labelsHeader = 8;

const imagesName = /^(.*?)-?images[-.]idx3-ubyte(\.gz)?$/;
const labelsName = /-?labels[-.]idx1-ubyte(\.gz)?$/;

/** Whether a file's name is that of IDX images: `train-images-idx3-ubyte.gz`, `t10k-images.idx3-ubyte`. */
export function isIdxImagesName(path: string): boolean {
  return imagesName.test(posix.basename(path));
}

/** Whether a file's name is that of IDX labels. */
export function isIdxLabelsName(path: string): boolean {
  return labelsName.test(posix.basename(path));
}

/** IDX images with the labels that lie beside them; images without a labels file have no labels. */
export const idx: SourceKind = {
  name: "idx",
  choose: (paths) => withoutPackedTwins(paths.filter((path) => !path.includes("/") && isIdxImagesName(path))),
  open: async (called, tree, chosen) =>
    await sourceOfFiles(idx, called, tree, chosen, async (path) => await openOne(tree, path)),
};

async function openOne(tree: FileTree, path: string): Promise<OpenedFile> {
  const array = await openImages(tree, path);
  const split = splitNamed(path);
  const beside = tree.files.map((file) => file.path).find((other) => isLabelsOf(other, path));
  if (beside !== undefined) {
    const labels = await readLabels(tree, beside, array.count, path);
    return openedArray(array, { labels, split, companions: [beside] });
  }
  const lost = tree.unusable.find(({ file }) => isLabelsOf(file, path));
  if (lost !== undefined) throw damagedFile(tree.pathOf(lost.file), lost.reason);
  return openedArray(array, { labels: undefined, split });
}

function isLabelsOf(path: string, images: string): boolean {
  const prefix = imagesName.exec(images)?.[1] ?? "";
  return isIdxLabelsName(path) && path.replace(labelsName, "") === prefix;
}

async function openImages(tree: FileTree, path: string): Promise<PixelArray> {
  const head = await headOf(tree, path, imagesHeader);
  checkMagic(head, imagesMagic, imagesHeader, "IDX images (unsigned bytes, 3 dimensions)");
  const [count, height, width] = [head.readUInt32BE(4), head.readUInt32BE(8), head.readUInt32BE(12)];
  const stride = height * width;
  if (stride === 0 || count === 0) throw new Error(`a header that says ${count} images of ${height} by ${width}`);
  const expected = imagesHeader + count * stride;
  const size = tree.files.find((file) => file.path === path)?.size ?? 0;
  const length = isGzip(path) ? await unpackedLength(tree, path, expected) : size;
  if (length !== expected) {
    const found = length > expected ? "more" : `${length} bytes`;
    throw new Error(`${found}, where ${count} images of ${height} by ${width} have ${expected} bytes`);
  }
  const format = { height, width, channels: 1 } as const;
  return { tree, path, count, format, start: imagesHeader, stride, offset: 0, layout: "planar" };
}

/** As far as it must be known at this point: a header that was damaged could ask for more images than the memory can list. */
async function unpackedLength(tree: FileTree, path: string, expected: number): Promise<number> {
  return (await mayHaveLength(tree, path, expected)) ? expected : await lengthOf(tree, path, expected);
}

/** @throws AtelierError (data): images whose labels are damaged are not taken for images without labels. */
async function readLabels(tree: FileTree, path: string, count: number, images: string): Promise<readonly string[]> {
  try {
    const content = await wholeContentOf(tree, path, labelsHeader + count);
    checkMagic(content, labelsMagic, labelsHeader, "IDX labels (unsigned bytes, 1 dimension)");
    const stated = content.readUInt32BE(4);
    if (stated !== count) throw new Error(`${stated} labels for the ${count} images of ${images}`);
    if (content.length !== labelsHeader + count) throw new Error("the file ends too early");
    return Array.from(content.subarray(labelsHeader), String);
  } catch (cause) {
    throw cause instanceof AtelierError ? cause : damagedFile(tree.pathOf(path), messageOf(cause));
  }
}

function checkMagic(head: Buffer, magic: number, length: number, meaning: string): void {
  if (head.length < length) throw new Error("the file ends too early");
  const found = head.readUInt32BE(0);
  if (found !== magic) throw new Error(`not ${meaning}: it begins with ${hex(found)}, not ${hex(magic)}`);
}

function hex(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}
