import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtelierError, internalError, messageOf } from "../../foundation/errors.ts";
import { makeFolder, unwritable, writeFileWhole } from "../../foundation/files.ts";
import { decodesAtOnce, forEachOf } from "../concurrency.ts";
import {
  type ImageRecord,
  type ImageSource,
  imagesSkipped,
  locationText,
  recordAt,
  type SkippedFile,
  skippedFile,
} from "../image-source.ts";
import { decodeDrawing, decodeImage } from "../images/decode.ts";
import { encodePng } from "../images/encode.ts";
import { type ImageEncoding, identifyImage } from "../images/image-file.ts";
import { interleave } from "../images/interleave.ts";
import { type PixelFormat, type Preparation, usualFitting } from "../images/preparation.ts";
import { labelsCsv } from "../labels/label-table.ts";
import { recordsOf } from "../sources/folder.ts";
import { type Findings, imagesToLeaveOut } from "./clean-choice.ts";
import { pathsOfCopy } from "./clean-paths.ts";
import { indexOf, type Original, originalsOf } from "./originals.ts";
import { freeTarget, moveInto } from "./targets.ts";

export interface CleanOptions {
  /** Whether of images that look the same only one is kept, as of equal ones. Default false. */
  readonly near?: boolean;
  /** Called with the number of images that are decided on, and the total. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What a cleaned copy holds; stored in it as `cleaning.json`. */
export interface CleanReport {
  /** The original, as the user named it. */
  readonly source: ImageSource["location"];
  /** `kept` and the images of `leftOut` together. */
  readonly found: number;
  readonly kept: number;
  /** Whether the labels stand in the copy's `labels.csv`: they do not all follow from its folders. */
  readonly labelsTable: boolean;
  /** In the order of the source. */
  readonly leftOut: readonly SkippedFile[];
  /** Files of the original that are no images: they are not copied. */
  readonly ignored: readonly string[];
}

/**
 * Writes a cleaned copy of a source into a new folder, and changes nothing in the original. It holds the images that can be read, without
 * blank ones and repetitions (see `imagesToLeaveOut`): image files byte for byte, raw pixels and drawings as PNG. What is left out stands
 * in `cleaning.json` with the reason. The folder appears when it is whole. `openSource` gives the copy the labels and splits of the original.
 * @throws AtelierError (usage) when `out` is not new or empty, or lies in the source; (data) when no image would be left; (file) when it
 * cannot be written; the signal's reason when it aborts.
 */
export async function cleanCopy(
  source: ImageSource,
  findings: Findings,
  out: string,
  { near = false, onProgress, signal }: CleanOptions = {},
): Promise<CleanReport> {
  const target = await freeTarget(source, out);
  const reasons = imagesToLeaveOut(source, findings, near);
  const aside = `${target}.${process.pid}.tmp`;
  try {
    await rm(aside, { recursive: true, force: true });
    await makeFolder(aside);
    const { paths, broken } = await copyImages(source, reasons, aside, { onProgress, signal });
    const labelsTable = await writeLabels(source, paths, join(aside, "labels.csv"));
    const report = reportOf(source, { kept: paths.size, reasons, broken, labelsTable });
    await writeFileWhole(join(aside, "cleaning.json"), `${JSON.stringify(report, null, 2)}\n`);
    await moveInto(aside, target);
    return report;
  } catch (cause) {
    await rm(aside, { recursive: true, force: true }).catch(() => {});
    throw cause;
  }
}

interface BrokenImages {
  readonly first: number;
  readonly count: number;
  readonly reason: string;
}

/** Copies the images that are not left out. @returns the path of each copied image by its index, and those that cannot be read. */
async function copyImages(
  source: ImageSource,
  leftOut: ReadonlyMap<number, string>,
  folder: string,
  { onProgress, signal }: { onProgress: CleanOptions["onProgress"]; signal: CleanOptions["signal"] },
): Promise<{ readonly paths: ReadonlyMap<number, string>; readonly broken: readonly BrokenImages[] }> {
  const total = source.records.length;
  const wanted = [...source.records.keys()].filter((index) => !leftOut.has(index));
  const places = new Map(pathsOfCopy(source, wanted).map((place, at) => [wanted[at], place]));
  const paths = new Map<number, string>();
  const broken: BrokenImages[] = [];
  const folders = new Set<string>();
  let done = leftOut.size;
  await forEachOf(originalsOf(source, wanted), decodesAtOnce, async (original) => {
    signal?.throwIfAborted();
    const index = indexOf(original);
    const image = await readableFile(original, recordAt(source, index));
    if ("reason" in image) broken.push({ first: index, ...image });
    else {
      const place = places.get(index);
      if (place === undefined) throw internalError("cleanCopy", `image ${index} has no place`);
      const path = place.withoutExtension ? `${place.path}.${image.extension}` : place.path;
      await writeInto(folder, path, image.bytes, folders);
      paths.set(index, path);
    }
    done += "reason" in image ? image.count : 1;
    onProgress?.(done, total);
  });
  return { paths, broken };
}

/** Any size will do to find out whether an image can be decoded. */
const trial: Preparation = { format: { height: 16, width: 16, channels: 3 }, fitting: usualFitting };
/** Drawings that do not state a size. */
const drawnFormat: PixelFormat = { height: 256, width: 256, channels: 3 };

type ReadableFile =
  | { readonly bytes: Uint8Array; readonly extension: string }
  | { readonly count: number; readonly reason: string };

async function readableFile(
  original: Original | { kind: "broken"; count: number; reason: string },
  { format = drawnFormat }: ImageRecord,
): Promise<ReadableFile> {
  if (original.kind === "broken") return { count: original.count, reason: original.reason };
  try {
    switch (original.kind) {
      case "file": {
        const file = identifyImage(await original.load());
        await decodeImage(file, trial);
        return { bytes: file.bytes, extension: extensions[file.encoding] };
      }
      case "drawing": {
        const planes = await decodeDrawing((side) => original.draw(side), { format, fitting: usualFitting });
        return { bytes: await encodePng(interleave(planes, format), format), extension: "png" };
      }
      case "pixels":
        return {
          bytes: await encodePng(interleave(original.pixels, original.format), original.format),
          extension: "png",
        };
    }
  } catch (cause) {
    return { count: 1, reason: messageOf(cause) };
  }
}

const extensions: Readonly<Record<ImageEncoding, string>> = {
  png: "png",
  jpeg: "jpg",
  webp: "webp",
  gif: "gif",
  tiff: "tif",
  heif: "avif",
};

async function writeInto(folder: string, path: string, bytes: Uint8Array, made: Set<string>): Promise<void> {
  const file = join(folder, path);
  try {
    if (!made.has(dirname(file))) await mkdir(dirname(file), { recursive: true });
    made.add(dirname(file));
    await writeFile(file, bytes, { flag: "wx" });
  } catch (cause) {
    throw unwritable(file, cause);
  }
}

/** Writes the labels as a table where they do not follow from the folders. @returns whether it did. */
async function writeLabels(source: ImageSource, paths: ReadonlyMap<number, string>, table: string): Promise<boolean> {
  const copies = [...paths].sort(([a], [b]) => a - b);
  const implied = recordsOf(copies.map(([, path]) => path));
  const labelOf = (index: number): string | null => recordAt(source, index).label;
  if (copies.every(([index], at) => implied[at]?.label === labelOf(index))) return false;
  await writeFileWhole(table, labelsCsv(copies.map(([index, path]) => ({ name: path, label: labelOf(index) }))));
  return true;
}

function reportOf(
  source: ImageSource,
  copied: {
    readonly kept: number;
    readonly reasons: ReadonlyMap<number, string>;
    readonly broken: readonly BrokenImages[];
    readonly labelsTable: boolean;
  },
): CleanReport {
  const { kept, labelsTable } = copied;
  const chosen = [...copied.reasons].map(([first, reason]) => ({ first, count: 1, reason }));
  const left = [...chosen, ...copied.broken].sort((a, b) => a.first - b.first);
  const leftOut = [...source.unusable, ...left.map((images) => skippedFile(source, images))];
  const found = source.records.length + imagesSkipped(source.unusable);
  if (kept + imagesSkipped(leftOut) !== found)
    throw internalError("cleanCopy", `${found} images found, ${kept} kept, ${imagesSkipped(leftOut)} left out`);
  if (kept === 0) {
    throw new AtelierError({
      kind: "data",
      where: locationText(source),
      expected: "images that can be kept",
      received: `${found} images, all of them broken, blank or contradicting each other`,
      help: "run `atelier data` on it: it names them all",
    });
  }
  return { source: source.location, found, kept, labelsTable, leftOut, ignored: source.ignored };
}
