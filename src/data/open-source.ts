import { stat } from "node:fs/promises";
import { basename, dirname, join, posix, resolve } from "node:path";
import leven from "leven";
import { AtelierError, messageOf, systemCodeOf } from "../foundation/errors.ts";
import { describeFile, type FoundFile, filesIn, findFiles } from "./files.ts";
import { hasImageExtension } from "./image-file.ts";
import type { ImageSource } from "./image-source.ts";
import { isCifarName, openCifar } from "./sources/cifar.ts";
import { openFolder } from "./sources/folder.ts";
import { isIdxImagesName, isIdxLabelsName, openIdx } from "./sources/idx.ts";
import { openSampleFlowers } from "./sources/sample-flowers.ts";

const samples: Readonly<Record<string, (location: string) => ImageSource>> = { flowers: openSampleFlowers };

/**
 * Opens what the user gave as DATA: a folder of images, IDX or CIFAR-10 files (a folder of them or one), or `sample:flowers`.
 * @throws AtelierError (usage) when nothing of that name is there or it is of no known kind, (data) when it holds no images or is damaged.
 */
export async function openSource(location: string): Promise<ImageSource> {
  if (location.startsWith("sample:")) return openSample(location);
  const path = resolve(location);
  const found = await stat(path).catch((cause: unknown) => {
    throw unreachable(location, cause);
  });
  return found.isDirectory() ? await openFolderOfAnyKind(location, path) : await openOneFile(location, path);
}

function openSample(location: string): ImageSource {
  const name = location.slice("sample:".length);
  const open = Object.hasOwn(samples, name) ? samples[name] : undefined;
  if (open !== undefined) return open(location);
  const names = Object.keys(samples);
  const closest = names.find((each) => leven(each, name.toLowerCase()) <= 3);
  throw new AtelierError({
    kind: "usage",
    where: "DATA",
    expected: `a sample that Atelier draws itself (${names.map((each) => `sample:${each}`).join(", ")})`,
    received: location,
    help: closest === undefined ? `use sample:${names.join(" or sample:")}` : `did you mean sample:${closest}?`,
  });
}

async function openFolderOfAnyKind(location: string, path: string): Promise<ImageSource> {
  const source = { name: basename(path) || "data", location };
  const files = await findFiles(path);
  const names = files.map((file) => file.path);
  const idx = names.filter((name) => !name.includes("/") && isIdxImagesName(name));
  if (idx.length > 0) return await openIdx(source, path, files, idx);
  if (names.some(hasImageExtension)) return await openFolder(source, path, files);
  const cifar = names.filter(isCifarName);
  if (cifar.length > 0) return await openCifar(source, path, files, cifar);
  throw withoutImages(location, files);
}

async function openOneFile(location: string, path: string): Promise<ImageSource> {
  const root = dirname(path);
  const name = basename(path);
  const source = { name: basename(root) || "data", location };
  if (isIdxImagesName(name)) return { ...(await openIdx(source, root, await filesIn(root), [name])), ignored: [] };
  if (isCifarName(name))
    return { ...(await openCifar(source, root, [await describeFile(root, name)], [name])), ignored: [] };
  const image = hasImageExtension(name);
  throw new AtelierError({
    kind: "usage",
    where: location,
    expected: "a folder of images, IDX or CIFAR-10 files, or sample:flowers",
    received: image
      ? "a single image"
      : isIdxLabelsName(name)
        ? "IDX labels without their images"
        : "a file of another kind",
    help: image
      ? `give the folder that holds it: ${dirname(location)}`
      : "give the folder that holds the images, or try sample:flowers",
  });
}

function unreachable(location: string, cause: unknown): AtelierError {
  const missing = systemCodeOf(cause) === "ENOENT" || systemCodeOf(cause) === "ENOTDIR";
  return new AtelierError(
    {
      kind: "usage",
      where: "DATA",
      expected: "a folder of images, IDX or CIFAR-10 files, or sample:flowers",
      received: missing ? `${location}, which does not exist` : messageOf(cause),
      help: "check the path, or try sample:flowers",
    },
    { cause },
  );
}

function withoutImages(location: string, files: readonly FoundFile[]): AtelierError {
  const named = files.slice(0, 3).map((file) => file.path);
  const all = [...named, ...(files.length > named.length ? ["…"] : [])].join(", ");
  const deeper = files
    .map((file) => file.path)
    .find((path) => isIdxImagesName(posix.basename(path)) || /\.bin(\.gz)?$/.test(path));
  return new AtelierError({
    kind: "data",
    where: location,
    expected: "a folder with images (PNG, JPEG, WebP, GIF, TIFF, AVIF), or IDX or CIFAR-10 files",
    received: files.length === 0 ? "no files" : `${files.length} ${files.length === 1 ? "file" : "files"}: ${all}`,
    help:
      deeper === undefined
        ? "check the path, or try sample:flowers"
        : `give the folder that holds the files: ${join(location, posix.dirname(deeper))}`,
  });
}
