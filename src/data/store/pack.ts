import { defaultCacheFolder } from "../../foundation/cache.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { type Dataset, splitOf } from "../dataset.ts";
import { type ImageSource, locationText, skippedFile } from "../image-source.ts";
import { imageBytesOf, type Preparation } from "../images/preparation.ts";
import { classNamesOf, labelsUnknownIn } from "../labels/class-names.ts";
import { type LabelDraw, shortClassesIn } from "../labels/label-draw.ts";
import { labelsCsv } from "../labels/label-table.ts";
import { visibleRecords } from "../labels/visible-labels.ts";
import { splitRows } from "../split-rows.ts";
import { storesFolderIn } from "./cache.ts";
import type { PackedStore } from "./packed-store.ts";
import { makeRoom } from "./room.ts";
import { buildStore } from "./store-builder.ts";
import { findStore } from "./store-finder.ts";

export interface PackOptions extends Preparation {
  /** Decides which images are held out. */
  readonly seed: number;
  /** Share of the images that is held out when the source does not name `train` and `test`, in [0, 1); 0.1 by default. */
  readonly heldOutFraction?: number;
  /** Labels of each class that training sees; the others are hidden. All by default. */
  readonly labelsPerClass?: number | undefined;
  /** Where decoded images are kept; see {@link defaultCacheFolder}. */
  readonly cacheFolder?: string;
  /** Bytes that all decoded images may take there before those used longest ago are removed; ATELIER_CACHE_LIMIT by default. */
  readonly cacheLimit?: number;
  /** Ends the decoding when it aborts; nothing of it is kept. */
  readonly signal?: AbortSignal;
}

/**
 * Decodes every image of a source once into a file in the cache folder, or finds it there from an earlier call, also when the data set has
 * been moved or copied since; and splits the images into those that train and those that are held out. Broken images are skipped and named.
 * @param onProgress called with the number of images decoded so far and in all; not called when nothing has to be decoded
 * @throws AtelierError (data) when no image is readable, (file) when the cache folder cannot be written or its disk is too small;
 * the signal's reason when it aborts.
 */
export async function packDataset(
  source: ImageSource,
  options: PackOptions,
  onProgress?: (done: number, total: number) => void,
): Promise<Dataset> {
  const { format, fitting, cacheFolder = defaultCacheFolder(), cacheLimit, signal } = options;
  const { height, width, channels } = format;
  assertOptions(options);
  const preparation = { format: { height, width, channels }, fitting };
  const storesFolder = storesFolderIn(cacheFolder);
  const earlier = await findStore(storesFolder, source, preparation, signal);
  if (earlier === undefined)
    await makeRoom(storesFolder, source.records.length * imageBytesOf(format), { limit: cacheLimit });
  const store = earlier ?? (await buildStore(storesFolder, source, preparation, { onProgress, signal }));
  try {
    return { ...datasetOf(source, store, options), reused: earlier !== undefined };
  } catch (cause) {
    store.close();
    throw cause;
  }
}

/** @throws AtelierError (usage) for a number that is out of its range. */
function assertOptions({ format, heldOutFraction = 0, labelsPerClass = 1 }: PackOptions): void {
  const refuse = (where: string, expected: string, received: number): AtelierError =>
    new AtelierError({ kind: "usage", where, expected, received: String(received), help: "see docs/configuration.md" });
  for (const side of ["width", "height"] as const) {
    if (!(Number.isSafeInteger(format[side]) && format[side] > 0))
      throw refuse(`format.${side}`, "a whole number of pixels above 0", format[side]);
  }
  if (!(heldOutFraction >= 0 && heldOutFraction < 1))
    throw refuse("heldOutFraction", "a share from 0 to below 1", heldOutFraction);
  if (!(Number.isSafeInteger(labelsPerClass) && labelsPerClass > 0))
    throw refuse("labelsPerClass", "a whole number above 0", labelsPerClass);
}

/** The images of a store, split, with the labels that training may see. */
function datasetOf(
  source: ImageSource,
  store: PackedStore,
  { format, seed, heldOutFraction = 0.1, labelsPerClass }: PackOptions,
): Omit<Dataset, "reused"> {
  const { records } = source;
  const readable = rowsBetween(store.skipped, records.length);
  const skipped = [...source.unusable, ...store.skipped.map((range) => skippedFile(source, range))];
  const rows = splitRows(records, readable, seed, heldOutFraction);
  // From here on the hidden labels are gone: nothing that is handed on can depend on them.
  const { visible, labelDraw } = visibleRecords(records, rows.train, { seed, labelsPerClass });
  if (labelDraw?.classes.length === 0) throw nothingToDraw(source, labelDraw);
  const classNames = classNamesOf(rows.train.map((row) => visible[row]?.label ?? null));
  return {
    name: source.name,
    format,
    classNames,
    train: splitOf(store, visible, rows.train, classNames),
    heldOut: splitOf(store, visible, rows.heldOut, classNames),
    remarks: [
      ...source.remarks,
      ...labelsUnknownIn(visible, rows.heldOut, classNames),
      ...(labelDraw === null ? [] : shortClassesIn(labelDraw)),
    ],
    labelDraw,
    labelsTable: () => labelsCsv(rows.train.flatMap((row) => visible[row] ?? [])),
    skipped,
    ignored: source.ignored,
    content: store.content,
    close: () => store.close(),
  };
}

function nothingToDraw(source: ImageSource, { perClass }: LabelDraw): AtelierError {
  return new AtelierError({
    kind: "data",
    where: locationText(source),
    expected: `labelled training images, to keep ${perClass} labels of each class`,
    received: "none with a label",
    help: "leave out --labels-per-class, or give labels: class folders, labels.csv or --labels FILE",
  });
}

/** All rows below `count` that lie in none of the ranges, which are ascending. */
function rowsBetween(ranges: PackedStore["skipped"], count: number): readonly number[] {
  const rows: number[] = [];
  let row = 0;
  for (const range of [...ranges, { first: count, count: 0 }]) {
    while (row < range.first) rows.push(row++);
    row = range.first + range.count;
  }
  return rows;
}
