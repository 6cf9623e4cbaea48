import { stat } from "node:fs/promises";
import { basename, dirname, parse, resolve } from "node:path";
import { openFlatTree } from "./files/disk-tree.ts";
import type { ImageSource } from "./image-source.ts";
import { hasImageExtension } from "./images/image-file.ts";
import { folder } from "./sources/folder.ts";

/**
 * One image file, as images of which there is one: enough to be looked at by a trained model, though not to train with.
 * @returns undefined for what is no file, or is not called like an image: `openSource` opens that, or says what is wrong.
 */
export async function openImage(location: string): Promise<ImageSource | undefined> {
  const path = resolve(location);
  const name = basename(path);
  const isFile = (await stat(path).catch(() => undefined))?.isFile() ?? false;
  if (!isFile || !hasImageExtension(name)) return undefined;
  const source = await folder.open({ name: parse(name).name, location }, await openFlatTree(dirname(path)), [name]);
  // What lies beside the file is none of the data.
  return { ...source, ignored: [], unusable: source.unusable.filter(({ file }) => file === name) };
}
