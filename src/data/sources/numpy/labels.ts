import { AtelierError, messageOf } from "../../../foundation/errors.ts";
import { damagedFile } from "../../files/damaged-file.ts";
import type { FileTree, FoundFile } from "../../files/file-tree.ts";
import { wholeContentOf } from "../../files/gzip.ts";
import { type NumpyArray, openNumpyArray } from "./array.ts";
import { elementsOf, type NpyElement, shapeText } from "./npy-header.ts";

const mostLabelBytes = 2 ** 28;

/** How arrays of images and those of their labels are called: the same but for one word. */
const labelWords: ReadonlyMap<string, string> = new Map([
  ["x", "y"],
  ["images", "labels"],
  ["image", "label"],
  ["imgs", "labels"],
  ["img", "label"],
  ["data", "labels"],
]);

/** How the labels of an array of images are called, in small letters: `y_train` for `X_train`; undefined for other names. */
export function labelsNameOf(name: string): string | undefined {
  const words = name.toLowerCase().split(/([^a-z0-9])/);
  if (words.some((word) => [...labelWords.values()].includes(word))) return undefined;
  const at = words.findIndex((word) => labelWords.has(word));
  return at < 0 ? undefined : words.with(at, labelWords.get(words[at] ?? "") ?? "").join("");
}

/** Whether an array could be the labels of so many images. */
export function isLabels({ element, shape: [length, width = 1, ...more] }: NumpyArray, count: number): boolean {
  return element.kind !== "other" && length === count && width === 1 && more.length === 0;
}

/**
 * Labels `[count]` or `[count, 1]`: integers, those below zero being none, or text, the empty one being none.
 * @throws AtelierError (data): images whose labels are damaged or do not fit are not taken for images without labels.
 */
export async function readLabels(
  tree: FileTree,
  file: FoundFile,
  count: number,
  images: string,
): Promise<readonly (string | null)[]> {
  const { path } = file;
  try {
    const array = await openNumpyArray(tree, file);
    const { element, shape, start } = array;
    if (!isLabels(array, count)) throw unfitting(tree.pathOf(path), array, count, images);
    const size = start + elementsOf(shape) * element.bytes;
    if (size > mostLabelBytes) throw new Error(`labels of more than ${mostLabelBytes / 2 ** 20} MB`);
    const content = await wholeContentOf(tree, path, size);
    if (content.length !== size) throw new Error("the file ends too early");
    const labelAt = readerOf(element, content);
    return Array.from({ length: count }, (_, index) => labelAt(start + index * element.bytes));
  } catch (cause) {
    throw cause instanceof AtelierError ? cause : damagedFile(tree.pathOf(path), messageOf(cause));
  }
}

function unfitting(where: string, { element, shape }: NumpyArray, count: number, images: string): AtelierError {
  return new AtelierError({
    kind: "data",
    where,
    expected: `${count} labels, one for each image of ${images}, as integers or text [${count}]`,
    received: `${element.name} ${shapeText(shape)}`,
    help: 'save one label for each image, numbers with .astype("int64"), or leave this array out',
  });
}

/** Reads the label that begins at a byte of the content. */
function readerOf({ kind, bytes, littleEndian }: NpyElement, content: Buffer): (at: number) => string | null {
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  switch (kind) {
    case "unsigned":
    case "signed":
      return (at) => {
        const value = integerAt(view, at, bytes, kind === "signed", littleEndian);
        return value < 0 ? null : String(value);
      };
    case "bytes":
      return (at) => content.toString("utf8", at, at + bytes).replace(/\0+$/, "") || null;
    case "text":
      return (at) => {
        const characters: string[] = [];
        for (let place = at; place < at + bytes; place += 4) {
          const point = view.getUint32(place, littleEndian);
          if (point > 0x10ffff) throw new Error("text that is not Unicode");
          characters.push(String.fromCodePoint(point));
        }
        return characters.join("").replace(/\0+$/, "") || null;
      };
    case "other":
      throw new Error("neither integers nor text");
  }
}

function integerAt(view: DataView, at: number, bytes: number, signed: boolean, littleEndian: boolean): number | bigint {
  switch (bytes) {
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    case 2:
      return signed ? view.getInt16(at, littleEndian) : view.getUint16(at, littleEndian);
    case 4:
      return signed ? view.getInt32(at, littleEndian) : view.getUint32(at, littleEndian);
    default:
      return signed ? view.getBigInt64(at, littleEndian) : view.getBigUint64(at, littleEndian);
  }
}
