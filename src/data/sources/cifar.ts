import type { FileTree } from "../files/file-tree.ts";
import { contentOf, withoutPackedTwins } from "../files/gzip.ts";
import { openedArray, type PixelArray } from "./pixel-array.ts";
import type { SourceKind } from "./source-kind.ts";
import { type OpenedFile, sourceOfFiles } from "./source-of-files.ts";

const format = { height: 32, width: 32, channels: 3 } as const;
const pixelBytes = 3 * 32 * 32;

/**
 * Records of a few label bytes and 3072 pixels: planes red, green, blue of 32 rows of 32
 * (Krizhevsky, "The CIFAR-10 and CIFAR-100 datasets", section "binary version").
 */
interface Layout {
  readonly name: string;
  /** Numbers of labels that each label byte may hold; the last byte is the class. */
  readonly labels: readonly number[];
  readonly stride: number;
  /** The file beside it with a class name a line. */
  readonly namesFile: string;
  /** Other files that belong to it. */
  readonly companions: readonly string[];
}

const layouts: readonly Layout[] = [
  { name: "CIFAR-10", labels: [10], stride: 1 + pixelBytes, namesFile: "batches.meta.txt", companions: [] },
  {
    name: "CIFAR-100",
    labels: [20, 100],
    stride: 2 + pixelBytes,
    namesFile: "fine_label_names.txt",
    companions: ["coarse_label_names.txt"],
  },
];

/** Whether a file's name is that of a CIFAR batch: `data_batch_1.bin`, `test_batch.bin.gz`, `train.bin`. */
function isCifarName(path: string): boolean {
  return /\.bin(\.gz)?$/.test(path) && !path.includes("/");
}

/**
 * CIFAR-10 and CIFAR-100 (by its fine labels) binary batches; files with `test` in their name are the test images, all others train.
 * Class names come from `batches.meta.txt` or `fine_label_names.txt` beside them, and are the label numbers where that is missing.
 */
export const cifar: SourceKind = {
  name: "cifar",
  choose: (paths) => withoutPackedTwins(paths.filter(isCifarName)),
  open: async (called, tree, chosen) =>
    await sourceOfFiles(cifar, called, tree, chosen, async (path) => await openBatch(tree, path)),
};

async function openBatch(tree: FileTree, path: string): Promise<OpenedFile> {
  const readings = layouts.map((layout) => ({ layout, labels: layout.labels.map((): number[] => []) }));
  const length = await readLabels(tree, path, readings);
  const { layout, labels } = likeliest(tree, length, readings);
  const { stride, namesFile, companions } = layout;
  const names = await readClassNames(tree, namesFile);
  const count = length / stride;
  const array: PixelArray = { tree, path, count, format, start: 0, stride, offset: labels.length, layout: "planar" };
  return openedArray(array, {
    labels: labels.at(-1)?.map((label) => {
      if (names === undefined) return String(label);
      const name = names[label];
      if (name === undefined) throw new Error(`label ${label}, where ${namesFile} names ${names.length} classes`);
      return name;
    }),
    split: /test/i.test(path) ? "test" : "train",
    companions: names === undefined ? [] : [namesFile, ...companions.filter((file) => has(tree, file))],
  });
}

/** The labels that a file has if it is of a layout: per label byte, per record. */
interface Reading {
  readonly layout: Layout;
  readonly labels: readonly number[][];
}

/** Reads a file once for all layouts. Returns its length in bytes. */
async function readLabels(tree: FileTree, path: string, readings: readonly Reading[]): Promise<number> {
  let length = 0;
  for await (const chunk of contentOf(tree, path)) {
    for (const { layout, labels } of readings) {
      const { stride } = layout;
      for (const [place, found] of labels.entries()) {
        const first = (stride + place - (length % stride)) % stride;
        for (let at = first; at < chunk.length; at += stride) found.push(chunk[at] ?? 0);
      }
    }
    length += chunk.length;
  }
  return length;
}

/**
 * The layout that a file's length tells; where it fits several, that of the class names beside it, or the only one with possible labels.
 * @throws Error with a short reason when there is none, or when its labels are impossible.
 */
function likeliest(tree: FileTree, length: number, readings: readonly Reading[]): Reading {
  const fitting = readings.filter(({ layout }) => length > 0 && length % layout.stride === 0);
  const named = fitting.filter(({ layout }) => has(tree, layout.namesFile));
  const possible = fitting.filter((reading) => impossibleLabel(reading) === undefined);
  const [only, ...more] = [fitting, named, possible].find((each) => each.length === 1) ?? possible;
  if (more.length > 0) throw new Error("CIFAR-10 or CIFAR-100: put its file of class names beside it");
  if (only === undefined) {
    const records = layouts.map(({ name, stride }) => `${name} (${stride} bytes)`).join(" or ");
    throw new Error(fitting.length > 0 ? "labels of no CIFAR file" : `${length} bytes are no records of ${records}`);
  }
  const impossible = impossibleLabel(only);
  if (impossible !== undefined) throw new Error(`not ${only.layout.name}: ${impossible}`);
  return only;
}

function impossibleLabel({ layout, labels }: Reading): string | undefined {
  for (const [place, found] of labels.entries()) {
    const most = (layout.labels[place] ?? 0) - 1;
    const record = found.findIndex((label) => label > most);
    if (record >= 0) return `label ${found[record]} in record ${record}, where 0 to ${most} are possible`;
  }
  return undefined;
}

function has(tree: FileTree, path: string): boolean {
  return tree.files.some((file) => file.path === path);
}

async function readClassNames(tree: FileTree, path: string): Promise<readonly string[] | undefined> {
  if (!has(tree, path)) return undefined;
  const lines = Buffer.from(await tree.read(path))
    .toString("utf8")
    .split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}
