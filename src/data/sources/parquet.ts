import type { FileMetaData } from "hyparquet";
import { messageOf } from "../../foundation/errors.ts";
import { damagedFile } from "../files/damaged-file.ts";
import type { FileTree } from "../files/file-tree.ts";
import type { Delivery, ImageRecord, SkippedFile, SplitName } from "../image-source.ts";
import { splitNamed } from "./array-files.ts";
import { chooseColumns, labelOf } from "./parquet/columns.ts";
import { openRandomAccess, type RandomAccess, readMetadata, wholeNumber } from "./parquet/file.ts";
import { type ColumnChunk, pagesOf } from "./parquet/pages.ts";
import type { Cell, Column } from "./parquet/values.ts";
import { shifted } from "./pixel-array.ts";
import type { SourceKind } from "./source-kind.ts";

/** Whether a file's name is that of a Parquet file. */
export function isParquetName(path: string): boolean {
  return path.toLowerCase().endsWith(".parquet");
}

/**
 * Parquet files with encoded images in a column, as the Hugging Face hub serves them; see `chooseColumns` for the columns and labels.
 * `train` and `test` (or `validation`) in the name of a file or of its folders are splits. Images are read page by page; what is damaged
 * is found by the checksums of pages, which few files have, by the page's form, and by decoding the images. A changed byte that hits
 * a label, or pixels in an image format without a checksum, cannot be found in a file without checksums.
 */
export const parquet: SourceKind = {
  choose: (paths) => paths.filter(isParquetName),
  open: async (called, tree, chosen) => {
    const opened: OpenedFile[] = [];
    const unusable: SkippedFile[] = [];
    for (const path of chosen) {
      try {
        opened.push(await openOne(tree, path));
      } catch (cause) {
        unusable.push({ file: path, reason: messageOf(cause) });
      }
    }
    const [first] = unusable;
    if (opened.length === 0 && first !== undefined) throw damagedFile(tree.pathOf(first.file), first.reason);
    const used = new Set(chosen);
    return {
      ...called,
      kind: "parquet",
      records: opened.flatMap(recordsOf),
      unusable: [...tree.unusable, ...unusable],
      ignored: tree.files.map((file) => file.path).filter((path) => !used.has(path)),
      remarks: [],
      fingerprint: await tree.fingerprint(chosen),
      images: (wanted) => deliverFiles(tree, opened, wanted),
    };
  },
};

interface OpenedFile {
  readonly path: string;
  readonly split: SplitName | null;
  readonly rows: number;
  readonly groups: readonly RowGroup[];
}

interface RowGroup {
  /** The first of its rows in the file. */
  readonly first: number;
  readonly images: ColumnChunk;
  /** Class name per row; undefined where the file has no labels. */
  readonly labels: readonly (string | null)[] | undefined;
  /** Why none of its images can be used: their labels are damaged. */
  readonly broken?: string;
}

async function openOne(tree: FileTree, path: string): Promise<OpenedFile> {
  const file = await openRandomAccess(tree, path);
  try {
    const metadata = await readMetadata(file);
    const columns = chooseColumns(metadata);
    const groups: RowGroup[] = [];
    let rows = 0;
    for (const group of metadata.row_groups) {
      const images = chunkOf(group, columns.image, file.size);
      const labels = columns.label && chunkOf(group, columns.label, file.size);
      groups.push({ first: rows, images, ...(await readLabels(file, labels, columns.classNames)) });
      rows += images.rows;
    }
    // The hub has folders `train` as well as files `train-00000-of-00002.parquet`: the closest name counts.
    const named = path.split("/").reverse().map(splitNamed);
    return { path, split: named.find((split) => split !== null) ?? null, rows, groups };
  } finally {
    await file.close();
  }
}

function chunkOf(group: FileMetaData["row_groups"][number], column: Column, size: number): ColumnChunk {
  const wanted = column.path.join("\n");
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join("\n") === wanted);
  const data = chunk?.meta_data;
  if (data === undefined || chunk?.file_path !== undefined)
    throw new Error(`its column ${column.path[0]} is not stored in the file, or encrypted`);
  if (data.type !== column.type) throw new Error("the footer is damaged: the type of a column contradicts itself");
  const rows = wholeNumber(group.num_rows, size, "rows");
  if (Number(data.num_values) !== rows) throw new Error("the footer is damaged: values are missing in a column");
  const begin = data.dictionary_page_offset ? data.dictionary_page_offset : data.data_page_offset;
  const start = wholeNumber(begin, size, "bytes before a column");
  const length = wholeNumber(data.total_compressed_size, size - start, "bytes in a column");
  return { column, rows, start, end: start + length, codec: data.codec };
}

async function readLabels(
  file: RandomAccess,
  chunk: ColumnChunk | undefined,
  classNames: readonly string[] | undefined,
): Promise<Pick<RowGroup, "labels" | "broken">> {
  if (chunk === undefined) return { labels: undefined };
  const labels: (string | null)[] = [];
  try {
    for await (const page of pagesOf(file, chunk)) {
      for (const cell of await page.cells()) labels.push(labelOf(cell, classNames));
    }
    return { labels };
  } catch (cause) {
    return { labels: undefined, broken: `the labels cannot be read: ${messageOf(cause)}` };
  }
}

function recordsOf({ path, split, rows, groups }: OpenedFile): readonly ImageRecord[] {
  const labels = groups.flatMap((group) => group.labels ?? Array.from({ length: group.images.rows }, () => null));
  return Array.from({ length: rows }, (_, row) => ({ name: `${path}#${row}`, label: labels[row] ?? null, split }));
}

async function* deliverFiles(
  tree: FileTree,
  files: readonly OpenedFile[],
  wanted: readonly number[] | undefined,
): AsyncGenerator<Delivery> {
  const chosen = wanted && new Set(wanted);
  let before = 0;
  for (const file of files) {
    const first = before;
    const isWanted = (row: number): boolean => chosen === undefined || chosen.has(first + row);
    if (anyOf(0, file.rows, isWanted))
      for await (const delivery of deliverFile(tree, file, isWanted)) yield shifted(delivery, first);
    before += file.rows;
  }
}

async function* deliverFile(
  tree: FileTree,
  { path, rows, groups }: OpenedFile,
  isWanted: (row: number) => boolean,
): AsyncGenerator<Delivery> {
  let file: RandomAccess;
  try {
    file = await openRandomAccess(tree, path);
  } catch (cause) {
    yield { kind: "broken", first: 0, count: rows, reason: messageOf(cause) };
    return;
  }
  try {
    for (const group of groups) {
      const { rows: count } = group.images;
      if (!anyOf(group.first, count, isWanted)) continue;
      if (group.broken !== undefined) yield { kind: "broken", first: group.first, count, reason: group.broken };
      else yield* deliverGroup(file, group, isWanted);
    }
  } finally {
    await file.close();
  }
}

async function* deliverGroup(
  file: RandomAccess,
  group: RowGroup,
  isWanted: (row: number) => boolean,
): AsyncGenerator<Delivery> {
  const { rows } = group.images;
  let done = 0;
  try {
    for await (const page of pagesOf(file, group.images)) {
      done = page.first + page.count;
      const first = group.first + page.first;
      if (!anyOf(first, page.count, isWanted)) continue;
      const images = await page.cells().catch(messageOf);
      if (typeof images === "string") yield { kind: "broken", first, count: page.count, reason: images };
      else yield* deliverCells(images, first, isWanted);
    }
  } catch (cause) {
    yield { kind: "broken", first: group.first + done, count: rows - done, reason: messageOf(cause) };
  }
}

function* deliverCells(cells: readonly Cell[], first: number, isWanted: (row: number) => boolean): Generator<Delivery> {
  for (const [position, cell] of cells.entries()) {
    const index = first + position;
    if (!isWanted(index)) continue;
    if (cell instanceof Uint8Array) {
      // A copy, so that an image that is still in use does not keep the whole page in memory.
      const bytes = cell.slice();
      yield { kind: "file", index, load: async () => bytes };
    } else yield { kind: "broken", first: index, count: 1, reason: "the row holds no image bytes" };
  }
}

function anyOf(first: number, count: number, isWanted: (row: number) => boolean): boolean {
  for (let row = first; row < first + count; row++) if (isWanted(row)) return true;
  return false;
}
