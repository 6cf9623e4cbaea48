import { CsvError, parse } from "csv-parse/sync";
import { AtelierError } from "../../foundation/errors.ts";
import type { ImageRecord } from "../image-source.ts";
import { csvText } from "./csv.ts";

/** One line of a table of labels. */
export interface LabelRow {
  /** As it is written: nothing but blanks around it is removed. */
  readonly file: string;
  /** null: the cell is empty, the image has no label. */
  readonly label: string | null;
  /** Of the file, from 1; the first of several where a cell has line breaks. */
  readonly line: number;
}

export interface LabelTable {
  readonly rows: readonly LabelRow[];
}

// Names that the columns have in the wild, the first one found is taken: `file_name` is Hugging Face's, `id` and `image_id` are Kaggle's.
// Case, blanks, `_` and `-` do not count.
const fileColumns = ["file", "filename", "path", "filepath", "image", "imageid", "id"];
const labelColumns = ["label", "class", "category"];
const delimiters = [",", ";", "\t"];

/**
 * Reads a table of labels: CSV as in RFC 4180, with a header that names a column of files (`file`, `filename`, `path`, `image` or `id`) and
 * one of labels (`label`, `class` or `category`); other columns are ignored. Cells are separated by `,`, `;` or tabs, as the header shows;
 * the text is UTF-8, or UTF-16 with its mark (Excel's "Unicode text"). Lines without content are ignored; an empty label is no label.
 * @param where what errors call the table
 * @throws AtelierError (data) with the line, when there is no such header, or a row is damaged or has more or fewer cells.
 */
export function parseLabelTable(bytes: Uint8Array, where: string): LabelTable {
  const text = decode(bytes, where);
  const header = text.trimStart().split(/[\r\n]/, 1)[0] ?? "";
  const delimiter = delimiters.find((each) => findColumns(header.split(each).map(unquoted)) !== undefined);
  if (delimiter === undefined) throw attributes(text, header, where) ?? withoutColumns(header, where);
  const [head, ...rows] = parseCells(text, delimiter, where);
  const columns = head && findColumns(head.cells);
  if (columns === undefined) throw withoutColumns(header, where);
  return {
    rows: rows.map(({ cells, line }) => {
      if (cells.length !== head?.cells.length)
        throw unevenRow(cells, head?.cells.length ?? 0, delimiter, `${where} line ${line}`);
      const file = cells[columns.file] ?? "";
      const label = cells[columns.label] ?? "";
      if (file.trim() === "") throw withoutFile(cells, delimiter, `${where} line ${line}`);
      return { file, label: label.trim() === "" ? null : label, line };
    }),
  };
}

function decode(bytes: Uint8Array, where: string): string {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    const line = encoding === "utf-8" ? ` line ${firstDamagedLine(bytes)}` : "";
    throw new AtelierError(
      {
        kind: "data",
        where: `${where}${line}`,
        expected: "text in UTF-8",
        received: encoding === "utf-8" ? "bytes that are none" : "damaged UTF-16",
        help: 'save the table as "CSV UTF-8"',
      },
      { cause },
    );
  }
}

function firstDamagedLine(bytes: Uint8Array): number {
  // A line with a fault is not the same when it is decoded and encoded again.
  const lines = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes).split("\n");
  let start = 0;
  for (const [index, line] of lines.entries()) {
    const written = Buffer.from(line);
    if (!written.equals(bytes.subarray(start, start + written.length))) return index + 1;
    start += written.length + 1;
  }
  return lines.length;
}

interface Cells {
  readonly cells: readonly string[];
  readonly line: number;
}

function parseCells(text: string, delimiter: string, where: string): readonly Cells[] {
  const rows: Cells[] = [];
  let end = 0;
  let pairs = 0;
  try {
    parse(text, {
      delimiter,
      record_delimiter: ["\r\n", "\n", "\r"],
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (cells, { lines }) => {
        const breaks = cells.flatMap((cell) => cell.match(/\r\n|\n|\r/g) ?? []);
        // The parser counts a CR LF within a cell as two lines.
        pairs += breaks.filter((each) => each === "\r\n").length;
        end = lines - pairs;
        if (cells.some((cell) => cell !== "")) rows.push({ cells, line: end - breaks.length });
        return null;
      },
    });
  } catch (cause) {
    if (cause instanceof CsvError) throw damaged(cause, end + 1, where);
    throw cause;
  }
  return rows;
}

/** @param next the line after the last whole row, in which the fault begins (or a little later, where empty lines come first) */
function damaged(cause: CsvError, next: number, where: string): AtelierError {
  const open = cause.code === "CSV_QUOTE_NOT_CLOSED";
  return new AtelierError(
    {
      kind: "data",
      where: `${where} line ${next}`,
      expected: "quotation marks around whole cells",
      received: open ? "one that is never closed" : "one in the middle of a cell",
      help: 'write a cell with a quotation mark as in "5"" nail.jpg": marks around it, and those in it twice',
    },
    { cause },
  );
}

/** Places of the two columns in a header; undefined where one is missing. */
function findColumns(header: readonly string[]): { readonly file: number; readonly label: number } | undefined {
  const [file, label] = [placeOf(fileColumns, header), placeOf(labelColumns, header)];
  return file === -1 || label === -1 ? undefined : { file, label };
}

/** The place in a header of the first of these columns that it has; -1: it has none. */
function placeOf(known: readonly string[], header: readonly string[]): number {
  const names = header.map((name) => name.toLowerCase().replace(/[\s_-]/g, ""));
  return names.indexOf(known.find((name) => names.includes(name)) ?? "?");
}

/** The error for a table with a column of yes and no for each of several attributes; undefined for any other table. */
function attributes(text: string, header: string, where: string): AtelierError | undefined {
  const delimiter = delimiters.find((each) => {
    const names = header.split(each).map(unquoted);
    return names.length > 2 && placeOf(fileColumns, names) !== -1;
  });
  if (delimiter === undefined) return undefined;
  const [head, ...rows] = parseCells(text, delimiter, where).map(({ cells }) => cells);
  const file = placeOf(fileColumns, head ?? []);
  const values = rows.flatMap((cells) => cells.filter((_, place) => place !== file));
  if (values.length === 0 || !values.every((value) => /^(-?1|0|true|false|yes|no|)$/i.test(value))) return undefined;
  const names = (head ?? []).filter((_, place) => place !== file);
  return new AtelierError({
    kind: "data",
    where,
    expected: "one class for each image, in a column called label",
    received: `a column of yes and no for each of ${names.length} attributes: ${shortened(names.join(", "))}`,
    help: "call one of these columns label to learn that attribute; several at once cannot be learned",
  });
}

function unquoted(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, "$1");
}

function withoutColumns(header: string, where: string): AtelierError {
  return new AtelierError({
    kind: "data",
    where: `${where} line 1`,
    expected:
      "a header with a column of files (file, filename, path, image, id) and one of labels (label, class, category)",
    received: header === "" ? "an empty table" : shortened(header),
    help: header.includes("\0")
      ? 'save the table as "CSV UTF-8"'
      : "begin the table with the line file,label and go on with lines like images/1.jpg,cat",
  });
}

function unevenRow(cells: readonly string[], columns: number, delimiter: string, where: string): AtelierError {
  return new AtelierError({
    kind: "data",
    where,
    expected: `${columns} cells, as in the header`,
    received: `${cells.length}: ${shortened(cells.join(delimiter))}`,
    help:
      cells.length < columns
        ? `separate cells by ${nameOf(delimiter)}; the cell of an image without a label is there, and empty`
        : `put quotation marks around a cell with ${nameOf(delimiter)} in it`,
  });
}

function withoutFile(cells: readonly string[], delimiter: string, where: string): AtelierError {
  return new AtelierError({
    kind: "data",
    where,
    expected: "the name of a file",
    received: `an empty cell: ${shortened(cells.join(delimiter))}`,
    help: "name the image, or remove the line",
  });
}

function nameOf(delimiter: string): string {
  return delimiter === "\t" ? "a tab" : `"${delimiter}"`;
}

function shortened(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 79)}…`);
}

/** A table of labels as `parseLabelTable` reads it, in CSV (RFC 4180) with LF; no label is an empty cell. */
export function labelsCsv(records: Iterable<Pick<ImageRecord, "name" | "label">>): string {
  return csvText([["file", "label"], ...Array.from(records, ({ name, label }) => [name, label ?? ""])]);
}
