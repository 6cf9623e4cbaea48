import { AtelierError, messageOf } from "../foundation/errors.ts";
import { decodesAtOnce, forEachIndex } from "./concurrency.ts";
import { classNamesOf, type SkippedFile } from "./dataset.ts";
import { type ImageSource, type PixelFormat, recordAt } from "./image-source.ts";

/** Smallest, middle and largest of some numbers. */
export interface Spread {
  readonly smallest: number;
  readonly median: number;
  readonly largest: number;
}

/** What a source holds: for the command `atelier data` and for a run's `data-report.json`. */
export interface DataReport {
  readonly name: string;
  readonly location: string;
  readonly kind: ImageSource["kind"];
  /** Images that can be read. Every count and size below is of these. */
  readonly readable: number;
  readonly broken: readonly SkippedFile[];
  /** Files that are not images. */
  readonly ignored: readonly string[];
  /** In the order of the class indices. */
  readonly classes: readonly { readonly name: string; readonly count: number }[];
  readonly unlabelled: number;
  /** null when the source does not keep images apart. */
  readonly splits: { readonly train: number; readonly test: number; readonly unnamed: number } | null;
  readonly colours: { readonly colour: number; readonly grey: number };
  /** Pixels; null when no image can be read. */
  readonly sizes: {
    readonly width: Spread;
    readonly height: Spread;
    /** The five most common, most common first. */
    readonly common: readonly { readonly width: number; readonly height: number; readonly count: number }[];
  } | null;
  /** Groups of images whose stored bytes are equal; null where the source cannot hold copies. */
  readonly duplicates: readonly (readonly string[])[] | null;
}

export interface InspectOptions {
  /** What `packDataset` has skipped, when it has run: images are then not decoded once more to find the broken ones. */
  readonly skipped?: readonly SkippedFile[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** Big enough that every row of a file is read, small enough to be quick. */
const trialFormat: PixelFormat = { height: 16, width: 16, channels: 3 };

/**
 * Reads every image of a source and tells what is there; broken images are named and do not stop it.
 * @throws AtelierError when the source as a whole is damaged.
 */
export async function inspectSource(source: ImageSource, options: InspectOptions = {}): Promise<DataReport> {
  const { skipped, onProgress } = options;
  const known = skipped && new Map(skipped.map(({ file, reason }) => [file, reason]));
  const total = source.records.length;
  const measured = new Map<number, PixelFormat>();
  const brokenAt = new Map<number, SkippedFile>();
  const hashes = new Map<number, string>();
  let done = 0;
  await forEachIndex(total, decodesAtOnce, async (index) => {
    const { name } = recordAt(source, index);
    try {
      const reason = known?.get(name);
      if (reason !== undefined) throw new Error(reason);
      const size = await source.measure(index);
      // Only files are broken one by one; elsewhere the first image shows that the whole can be read.
      if (known === undefined && (source.kind === "folder" || index === 0)) await source.decode(index, trialFormat);
      if (source.contentHash !== undefined) hashes.set(index, await source.contentHash(index));
      measured.set(index, size);
    } catch (cause) {
      if (cause instanceof AtelierError) throw cause;
      brokenAt.set(index, { file: name, reason: messageOf(cause) });
    }
    onProgress?.(++done, total);
  });

  const readable = [...measured.keys()].sort((a, b) => a - b);
  const sizes = readable.map((index) => measured.get(index) ?? trialFormat);
  const grey = sizes.filter((size) => size.channels === 1).length;
  return {
    name: source.name,
    location: source.location,
    kind: source.kind,
    readable: readable.length,
    broken: [...brokenAt].sort(([a], [b]) => a - b).map(([, file]) => file),
    ignored: source.ignored,
    ...labelCounts(source, readable),
    splits: splitCounts(source, readable),
    colours: { colour: sizes.length - grey, grey },
    sizes: sizes.length === 0 ? null : sizeSummary(sizes),
    duplicates: source.contentHash === undefined ? null : duplicatesAmong(source, readable, hashes),
  };
}

function labelCounts(source: ImageSource, readable: readonly number[]): Pick<DataReport, "classes" | "unlabelled"> {
  const labels = readable.map((index) => recordAt(source, index).label);
  const counts = countEach(labels);
  const classes = classNamesOf(labels).map((name) => ({ name, count: counts.get(name) ?? 0 }));
  return { classes, unlabelled: counts.get(null) ?? 0 };
}

function splitCounts(source: ImageSource, readable: readonly number[]): DataReport["splits"] {
  if (source.records.every((record) => record.split === null)) return null;
  const counts = countEach(readable.map((index) => recordAt(source, index).split));
  return { train: counts.get("train") ?? 0, test: counts.get("test") ?? 0, unnamed: counts.get(null) ?? 0 };
}

function sizeSummary(sizes: readonly PixelFormat[]): NonNullable<DataReport["sizes"]> {
  const counts = [...countEach(sizes.map(({ width, height }) => `${width} ${height}`))].sort(([, a], [, b]) => b - a);
  const common = counts.slice(0, 5).map(([size, count]) => {
    const [width = 0, height = 0] = size.split(" ").map(Number);
    return { width, height, count };
  });
  return {
    width: spreadOf(sizes.map((size) => size.width)),
    height: spreadOf(sizes.map((size) => size.height)),
    common,
  };
}

function duplicatesAmong(
  source: ImageSource,
  readable: readonly number[],
  hashes: ReadonlyMap<number, string>,
): readonly (readonly string[])[] {
  const groups = new Map<string, string[]>();
  for (const index of readable) {
    const hash = hashes.get(index) ?? "";
    const group = groups.get(hash) ?? [];
    group.push(recordAt(source, index).name);
    groups.set(hash, group);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function countEach<Key>(keys: readonly Key[]): Map<Key, number> {
  const counts = new Map<Key, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (position: number): number => sorted[position] ?? 0;
  return { smallest: at(0), median: at(Math.floor((sorted.length - 1) / 2)), largest: at(sorted.length - 1) };
}
