import { posix } from "node:path";
import type { FileTree, FoundFile } from "../../files/file-tree.ts";
import { headOf } from "../../files/gzip.ts";
import { imageBytesOf, type PixelFormat } from "../../images/preparation.ts";
import type { PixelArray } from "../pixel-array.ts";
import { elementsOf, type NpyHeader, npyHeadBytes, parseNpyHeader, shapeText } from "./npy-header.ts";

/** An array in a tree, by its header. */
export interface NumpyArray extends NpyHeader {
  readonly path: string;
  /** Without folders and `.npy`. */
  readonly name: string;
}

/** Why an array of images cannot be used, and what its owner can do. */
export class UnsuitableArray extends Error {
  readonly received: string;
  readonly help: string;

  constructor(received: string, help: string) {
    super(`${received}: ${help}`);
    this.received = received;
    this.help = help;
  }
}

export const suitableImages =
  "images as uint8 [N, height, width], [N, height, width, channels] or [N, channels, height, width]";

const mostImages = 4_000_000;
const mostPixels = 2 ** 28;

/** @throws Error with a short reason when the header is damaged or the file is not as long as it says. */
export async function openNumpyArray(tree: FileTree, { path, size }: FoundFile): Promise<NumpyArray> {
  const header = parseNpyHeader(await headOf(tree, path, npyHeadBytes));
  const { element, shape, start } = header;
  const expected = start + elementsOf(shape) * element.bytes;
  if (element.kind !== "other" && size !== expected)
    throw new Error(`${size} bytes, where ${element.name} ${shapeText(shape)} has ${expected}`);
  return { ...header, path, name: arrayNameOf(path) };
}

/** `x_train` for `FILE.npz/x_train` and `folder/x_train.npy`. */
export function arrayNameOf(path: string): string {
  return posix.basename(path).replace(/\.npy$/i, "");
}

/** What an array holds, as a person reads it: `x_train (uint8 [60000, 28, 28])`. */
export function arrayText({ name, element, shape }: NumpyArray): string {
  return `${name} (${element.name} ${shapeText(shape)})`;
}

export function hasImagesShape({ shape }: NumpyArray): boolean {
  return shape.length === 3 || shape.length === 4;
}

/**
 * The images of an array. Where both ends of the shape could be channels, as in `[N, 3, H, 3]`, they are the last dimension.
 * @param maybeOne the array may be a single image: `[3, H, W]` are then its channels, not three grey images.
 * @throws UnsuitableArray when it holds none that can be used.
 */
export function imagesOf(tree: FileTree, array: NumpyArray, maybeOne: boolean): PixelArray {
  const { element, fortranOrder, shape, path, start } = array;
  const received = `${element.name} ${shapeText(shape)}`;
  if (!hasImagesShape(array))
    throw new UnsuitableArray(received, "reshape it to [N, height, width] or [N, height, width, channels]");
  if (element.kind !== "unsigned" || element.bytes !== 1) {
    const scaled = /^(float|bool)/.test(element.name);
    const save = scaled
      ? '(x * 255).astype("uint8") if its values are 0 to 1'
      : 'x.astype("uint8"), with values 0 to 255';
    throw new UnsuitableArray(`${received}, where uint8 is expected`, `save ${save}`);
  }
  if (fortranOrder)
    throw new UnsuitableArray(
      `${received}, stored with the first dimension running fastest`,
      "save np.ascontiguousarray(x)",
    );
  const [count = 0, ...dimensions] = shape;
  if (count === 3 && dimensions.length === 2 && maybeOne) throw oneImage(received);
  const { format, layout } = formatOf(dimensions, received);
  const stride = imageBytesOf(format);
  if (count * stride === 0) throw new UnsuitableArray(`${received}, which is empty`, "save it again with its images");
  if (count > mostImages)
    throw new UnsuitableArray(`${received}, more than ${mostImages} images in one array`, "save it in several parts");
  if (format.height * format.width > mostPixels)
    throw new UnsuitableArray(`${received}, with more than 268 million pixels an image`, "save smaller images");
  return { tree, path, count, format, start, stride, offset: 0, layout };
}

function formatOf(
  dimensions: readonly number[],
  received: string,
): { readonly format: PixelFormat; readonly layout: PixelArray["layout"] } {
  const [a = 0, b = 0, c] = dimensions;
  if (c === undefined) {
    if (b !== 3 && b !== 4) return { format: { height: a, width: b, channels: 1 }, layout: "planar" };
    throw oneImage(received);
  }
  if (c === 1 || c === 3) return { format: { height: a, width: b, channels: c }, layout: "interleaved" };
  if (a === 1 || a === 3) return { format: { height: b, width: c, channels: a }, layout: "planar" };
  if (c === 4 || a === 4) {
    const save = c === 4 ? "x[..., :3]" : "x[:, :3]";
    throw new UnsuitableArray(`${received}, with 4 channels`, `save ${save} to leave transparency out`);
  }
  throw new UnsuitableArray(
    `${received}, without a dimension of 1 or 3 channels`,
    "save grey or red, green, blue images",
  );
}

function oneImage(received: string): UnsuitableArray {
  return new UnsuitableArray(
    `${received}, which looks like one image`,
    "save all images in one array: np.savez(FILE, images=np.stack(images))",
  );
}
