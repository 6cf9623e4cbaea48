import type { FileMetaData } from "hyparquet";
import { messageOf } from "../../foundation/errors.ts";
import type { FileTree } from "../files/file-tree.ts";
import type { Delivery, ImageRecord } from "../image-source.ts";
import { chooseColumns, labelOf } from "./parquet/columns.ts";
import { openRandomAccess, type RandomAccess, readMetadata, wholeNumber } from "./parquet/file.ts";
import { type ColumnChunk, pagesOf } from "./parquet/pages.ts";
import type { Cell, Column } from "./parquet/values.ts";
import type { SourceKind } from "./source-kind.ts";
import { sourceOfFiles, splitNamed } from "./source-of-files.ts";

/**
 * Parquet files with encoded images in a column, as the Hugging Face hub serves them; see `chooseColumns` for the columns and labels.
 * `train` and `test` (or `validation`) in the name of a file or of its folders are splits. Images are read page by page; what is damaged
 * is found by the checksums of pages, which few files have, by the page's form, and by decoding the images. A changed byte that hits
 * a label, or pixels in an image format without a checksum, cannot be found in a file without checksums.
 */
export const parquet: SourceKind = {
  name: "parquet",
  choose: (paths) => paths.filter((path) => path.toLowerCase().endsWith(".parquet")),
  open: async (called, tree, chosen) =>
    await sourceOfFiles(parquet, called, tree, chosen, async (path) => {
      const groups = await openGroups(tree, path);
      return {
        records: recordsOf(path, groups),
        images: (wanted) => deliverFile(tree, path, groups, wanted && new Set(wanted)),
      };
    }),
};

interface RowGroup {
  /** The first of its rows in the file. */
  readonly first: number;
  readonly images: ColumnChunk;
  /** Class name per row; undefined where the file has no labels. */
  readonly labels: readonly (string | null)[] | undefined;
  /** Why none of its images can be used: their labels are damaged. */
  readonly broken?: string;
  /** Why single images cannot be used, by their row in the group: their labels are impossible. */
  readonly brokenRows?: ReadonlyMap<number, string>;
}

async function openGroups(tree: FileTree, path: string): Promise<readonly RowGroup[]> {
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
    return groups;
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
): Promise<Pick<RowGroup, "labels" | "broken" | "brokenRows">> {
  if (chunk === undefined) return { labels: undefined };
  const labels: (string | null)[] = [];
  const brokenRows = new Map<number, string>();
  try {
    for await (const page of pagesOf(file, chunk)) {
      for (const cell of await page.cells()) {
        const label = labelOf(cell, classNames);
        if (label instanceof Error) brokenRows.set(labels.length, label.message);
        labels.push(label instanceof Error ? null : label);
      }
    }
    return { labels, brokenRows };
  } catch (cause) {
    return { labels: undefined, broken: `the labels cannot be read: ${messageOf(cause)}` };
  }
}

function recordsOf(path: string, groups: readonly RowGroup[]): readonly ImageRecord[] {
  // The hub has folders `train` as well as files `train-00000-of-00002.parquet`: the closest name counts.
  const named = path.split("/").reverse().map(splitNamed);
  const split = named.find((each) => each !== null) ?? null;
  return groups.flatMap(({ first, images, labels }) =>
    Array.from({ length: images.rows }, (_, row): ImageRecord => {
      return { name: `${path}#${first + row}`, label: labels?.[row] ?? null, split };
    }),
  );
}

async function* deliverFile(
  tree: FileTree,
  path: string,
  groups: readonly RowGroup[],
  wanted: ReadonlySet<number> | undefined,
): AsyncGenerator<Delivery> {
  const isWanted = (row: number): boolean => wanted === undefined || wanted.has(row);
  let file: RandomAccess;
  try {
    file = await openRandomAccess(tree, path);
  } catch (cause) {
    const count = groups.reduce((sum, { images }) => sum + images.rows, 0);
    yield { kind: "broken", first: 0, count, reason: messageOf(cause) };
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
      else yield* deliverCells(images, page.first, group, isWanted);
    }
  } catch (cause) {
    yield { kind: "broken", first: group.first + done, count: rows - done, reason: messageOf(cause) };
  }
}

/** @param firstRow of the cells, counted in the group. */
function* deliverCells(
  cells: readonly Cell[],
  firstRow: number,
  { first, brokenRows }: RowGroup,
  isWanted: (row: number) => boolean,
): Generator<Delivery> {
  for (const [position, cell] of cells.entries()) {
    const row = firstRow + position;
    const index = first + row;
    if (!isWanted(index)) continue;
    const reason = brokenRows?.get(row);
    if (reason !== undefined) yield { kind: "broken", first: index, count: 1, reason };
    else if (cell instanceof Uint8Array) {
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
