import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, parse, posix, relative, resolve, sep } from "node:path";
import { AtelierError, messageOf, systemCodeOf } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { nearestName } from "../foundation/spelling.ts";
import { damagedFile } from "./files/damaged-file.ts";
import { openFlatTree, openFolderTree } from "./files/disk-tree.ts";
import type { FileTree } from "./files/file-tree.ts";
import { openZipTree } from "./files/zip-tree.ts";
import { type ImageSource, locationText } from "./image-source.ts";
import { hasImageExtension } from "./images/image-file.ts";
import { applyLabels } from "./labels/apply-labels.ts";
import { parseLabelTable } from "./labels/label-table.ts";
import { cifar } from "./sources/cifar.ts";
import { folder } from "./sources/folder.ts";
import { idx, isIdxImagesName, isIdxLabelsName } from "./sources/idx.ts";
import { joinSources } from "./sources/joined.ts";
import { arraysBeside, refuseMixture } from "./sources/mixture.ts";
import { numpy } from "./sources/numpy.ts";
import { parquet } from "./sources/parquet.ts";
import { openSampleFlowers } from "./sources/sample-flowers.ts";
import type { Called, SourceKind } from "./sources/source-kind.ts";

const samples: Readonly<Record<string, (location: string) => ImageSource>> = { flowers: openSampleFlowers };

/** What belongs to the data beside the places where it lies. */
export interface OpenOptions {
  /** CSV file of labels, `file,label`: see docs/data.md. */
  readonly labels?: string | undefined;
}

/**
 * Opens what the user gave as DATA: a folder of images, a `.zip` of one, array or Parquet files (a folder of them or one), or
 * `sample:flowers`; several places are joined. Every `labels.csv` in it says the labels of the images beside and below it.
 * @throws AtelierError (usage) when nothing of that name is there, it is of no known kind, or two places share images; (data) when it
 * holds no images, several kinds of data sets, or is damaged.
 */
export async function openSource(
  location: string | readonly string[],
  { labels }: OpenOptions = {},
): Promise<ImageSource> {
  const places = [location].flat();
  await refuseOverlaps(places);
  const sources: ImageSource[] = [];
  for (const place of places) sources.push(await openPlace(place));
  const source = joinSources(sources);
  if (labels === undefined) return source;
  const bytes = await readNamedFile(labels, {
    where: "--labels",
    expected: "a CSV file that can be read",
    help: "check the path; its lines are file,label",
  });
  const [only = ""] = places;
  const base = places.length === 1 ? relative(resolve(only), resolve(dirname(labels))).replaceAll(sep, "/") : "";
  return applyLabels(source, parseLabelTable(bytes, labels), labels, base.startsWith("..") ? "" : base);
}

/** @throws AtelierError (usage) where one place is another one or lies in it: its images would be there twice, to train and to test. */
async function refuseOverlaps(places: readonly string[]): Promise<void> {
  const known: { readonly place: string; readonly real: string }[] = [];
  for (const place of places) {
    const real = place.startsWith("sample:") ? place : await realpath(place).catch(() => resolve(place));
    for (const other of known) {
      const own = { place, real };
      const [inner, outer] = real.length < other.real.length ? [other, own] : [own, other];
      const same = inner.real === outer.real;
      if (!same && !inner.real.startsWith(outer.real.endsWith(sep) ? outer.real : outer.real + sep)) continue;
      throw new AtelierError({
        kind: "usage",
        where: "DATA",
        expected: "places that share no images",
        received: `${inner.place}, which ${same ? "is the same as" : "lies in"} ${outer.place}`,
        help: `leave out ${inner.place}`,
      });
    }
    known.push({ place, real });
  }
}

async function openPlace(location: string): Promise<ImageSource> {
  if (location.startsWith("sample:")) return openSample(location);
  if (location === "") throw unusablePlace("nothing");
  const path = resolve(location);
  const found = await stat(path).catch((cause: unknown) => {
    throw unreachable(location, cause);
  });
  const name = basename(path);
  if (found.isDirectory()) return await openTree({ name: name || "data", location }, await openFolderTree(path));
  // A pipe, for one, would be waited for without end.
  if (!found.isFile()) throw unusablePlace(`${location}, which is neither a file nor a folder`);
  if (!/\.zip$/i.test(name)) return await openOneFile(location, path);
  return await openTree({ name: name.slice(0, -4) || "data", location }, await openZipTree(path, location));
}

function openSample(location: string): ImageSource {
  const name = location.slice("sample:".length);
  const open = Object.hasOwn(samples, name) ? samples[name] : undefined;
  if (open !== undefined) return open(location);
  const names = Object.keys(samples);
  const closest = nearestName(name, names);
  throw new AtelierError({
    kind: "usage",
    where: "DATA",
    expected: `a sample that Atelier draws itself (${names.map((each) => `sample:${each}`).join(", ")})`,
    received: location,
    help: closest === undefined ? `use sample:${names.join(" or sample:")}` : `did you mean sample:${closest}?`,
  });
}

/** What a folder or an archive is asked for, in this order: the first kind that finds its files opens them. */
const kinds: readonly SourceKind[] = [idx, folder, numpy, parquet, cifar];

async function openTree(called: Called, tree: FileTree): Promise<ImageSource> {
  const paths = tree.files.map((file) => file.path);
  refuseMixture(called, tree);
  for (const kind of kinds) {
    const chosen = kind.choose(paths);
    if (chosen.length === 0) continue;
    const source = await withOwnLabels(await kind.open(called, tree, chosen), tree);
    return kind === folder ? { ...source, remarks: [...arraysBeside(paths), ...source.remarks] } : source;
  }
  throw withoutImages(called, tree);
}

/** The source with the labels of the tables that lie in its tree. */
async function withOwnLabels(source: ImageSource, tree: FileTree): Promise<ImageSource> {
  const isTable = (path: string): boolean => posix.basename(path) === "labels.csv";
  const lost = tree.unusable.find(({ file }) => isTable(file));
  if (lost !== undefined) throw damagedFile(tree.pathOf(lost.file), lost.reason);
  const tables = tree.files.map((file) => file.path).filter(isTable);
  let labelled: ImageSource = { ...source, ignored: source.ignored.filter((path) => !tables.includes(path)) };
  for (const path of tables) {
    const where = tree.pathOf(path);
    const bytes = await tree.read(path).catch((cause: unknown) => {
      throw damagedFile(where, messageOf(cause));
    });
    const folderOf = posix.dirname(path);
    labelled = applyLabels(labelled, parseLabelTable(bytes, where), where, folderOf === "." ? "" : folderOf);
  }
  return labelled;
}

/** One file: array files are opened alone, with what belongs to them beside them. */
async function openOneFile(location: string, path: string): Promise<ImageSource> {
  const root = dirname(path);
  const name = basename(path);
  const kind = kinds.find((each) => each !== folder && each.choose([name]).length > 0);
  if (kind !== undefined) {
    const holdsAll = kind === numpy || kind === parquet;
    const called = { name: (holdsAll ? parse(name).name : basename(root)) || "data", location };
    const source = await kind.open(called, await openFlatTree(root), [name]);
    // What lies beside the file is none of the data; what lies inside it is.
    const inside = (path: string): boolean => path.startsWith(`${name}/`) || path === name;
    return {
      ...source,
      ignored: source.ignored.filter(inside),
      unusable: source.unusable.filter(({ file }) => inside(file)),
    };
  }
  const image = hasImageExtension(name);
  throw new AtelierError({
    kind: "usage",
    where: location,
    expected: accepted,
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

const accepted = "a folder of images, a .zip, an IDX, NumPy, Parquet or CIFAR file, or sample:flowers";

function unreachable(location: string, cause: unknown): AtelierError {
  const missing = systemCodeOf(cause) === "ENOENT" || systemCodeOf(cause) === "ENOTDIR";
  return unusablePlace(missing ? `${location}, which does not exist` : messageOf(cause), { cause });
}

function unusablePlace(received: string, options?: ErrorOptions): AtelierError {
  const help = "check the path, or try sample:flowers";
  return new AtelierError({ kind: "usage", where: "DATA", expected: accepted, received, help }, options);
}

function withoutImages({ location }: Called, { files, unusable }: FileTree): AtelierError {
  const where = locationText({ location });
  const names = [...files.map((file) => file.path), ...unusable.map(({ file, reason }) => `${file} (${reason})`)];
  const named = names.slice(0, 3);
  const all = [...named, ...(names.length > named.length ? ["…"] : [])].join(", ");
  const deeper = files.map((file) => file.path).find((path) => isIdxImagesName(path) || /\.bin(\.gz)?$/.test(path));
  return new AtelierError({
    kind: "data",
    where,
    expected: "images (PNG, JPEG, WebP, GIF, TIFF, AVIF), or IDX, NumPy, Parquet or CIFAR files",
    received: names.length === 0 ? "no files" : `${names.length} ${names.length === 1 ? "file" : "files"}: ${all}`,
    help:
      deeper === undefined
        ? "check the path, or try sample:flowers"
        : `give the folder that holds the files: ${join(where, posix.dirname(deeper))}`,
  });
}
