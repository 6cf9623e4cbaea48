import { basename, posix } from "node:path";
import { AtelierError } from "../../foundation/errors.ts";
import { type ImageRecord, type ImageSource, locationText } from "../image-source.ts";
import { LabelRemarks } from "./label-remarks.ts";
import type { LabelRow, LabelTable } from "./label-table.ts";
import { matchFiles } from "./match-files.ts";
import { nearestNames } from "./nearest-name.ts";

/**
 * The same source with the labels of a table. Images that the table does not list keep theirs. Where it contradicts the label that an
 * image has from its folder, or from another table, it is taken: it is the more explicit. An image that it lists with two labels gets
 * none. All of that, rows that fit no image or several, and classes that lose all of their labels, is told in `remarks`: 20 of a kind by
 * name, then their number.
 * @param where what errors and remarks call the table: its path
 * @param base folder in which the table lies, relative to the source's root; for how files are found see `matchFiles`
 * @throws AtelierError (data) when the table has rows and none of them fits one image.
 */
export function applyLabels(source: ImageSource, table: LabelTable, where: string, base = ""): ImageSource {
  const title = posix.join(base, basename(where));
  const remarks = new LabelRemarks(title);
  const rowsOf = rowsOfImages(source, table, base, title, remarks);
  if (table.rows.length > 0 && rowsOf.size === 0) throw nothingMatches(source, table, where);

  const spelling = new Map(source.records.map(({ label }) => [label?.normalize("NFC"), label]));
  const records = source.records.map((record, index): ImageRecord => {
    const rows = rowsOf.get(index);
    if (rows === undefined) return record;
    const spelt = rows.map(({ label, line }) => {
      // Letters with marks are the same label however they are composed: then the source's spelling stays.
      const composed = label?.normalize("NFC");
      return { label: spelling.get(composed) ?? composed ?? null, line };
    });
    return { ...record, label: decide(record, spelt, title, remarks) };
  });
  tellOfLostClasses(source.records, records, title, remarks);
  const unfilled =
    table.rows.length > 0 && table.rows.every(({ label }) => label === null)
      ? [`${title}: all ${table.rows.length} label cells are empty, so its images have no label; fill the column in`]
      : [];
  return { ...source, records, remarks: [...source.remarks, ...unfilled, ...remarks.sentences()] };
}

/** Says which classes a table takes from all of their images without giving these other labels. */
function tellOfLostClasses(
  before: readonly ImageRecord[],
  after: readonly ImageRecord[],
  title: string,
  remarks: LabelRemarks,
): void {
  const known = new Set(after.map(({ label }) => label));
  const hidden = new Map<string, number>();
  for (const [index, { label }] of before.entries()) {
    if (label === null || known.has(label)) continue;
    // NaN stays: one of its images has another label now.
    hidden.set(label, (hidden.get(label) ?? 0) + (after[index]?.label === null ? 1 : Number.NaN));
  }
  for (const [label, count] of hidden) {
    if (Number.isNaN(count)) continue;
    const say = (): string => `no image is labelled ${label} any more: ${title} takes that label from all ${count}`;
    remarks.add("lost", label, 0, say);
  }
}

/** The rows that speak of one image, by its index. */
function rowsOfImages(
  { records }: ImageSource,
  { rows }: LabelTable,
  base: string,
  title: string,
  remarks: LabelRemarks,
): ReadonlyMap<number, readonly LabelRow[]> {
  const names = records.map((record) => record.name);
  const nearest = nearestNames(names);
  const matches = matchFiles(
    rows.map((row) => row.file),
    names,
    base,
  );
  const rowsOf = new Map<number, LabelRow[]>();
  for (const [position, row] of rows.entries()) {
    const match = matches[position];
    const { file, line } = row;
    if (match === undefined) {
      remarks.add("missing", file, line, () => {
        const near = nearest(file);
        const hint = near === undefined ? "" : `; did you mean ${near}?`;
        return `${title} line ${line}: there is no image ${file}${hint}`;
      });
    } else if (match.count > 1) {
      const example = names[match.first];
      const fits = `${title} line ${line}: ${file} fits ${match.count} images, ${example} and others; it is not used`;
      remarks.add("ambiguous", file, line, () => fits);
    } else {
      const earlier = rowsOf.get(match.first);
      if (earlier) earlier.push(row);
      else rowsOf.set(match.first, [row]);
    }
  }
  return rowsOf;
}

/** The label that the rows of one image give it. */
function decide(
  { name, label: given }: ImageRecord,
  rows: readonly Pick<LabelRow, "label" | "line">[],
  title: string,
  remarks: LabelRemarks,
): string | null {
  const { label, line } = rows[0] ?? { label: null, line: 0 };
  const taken = inWords(label);
  const other = rows.find((row) => row.label !== label);
  if (other !== undefined) {
    const second = `${inWords(other.label)} in line ${other.line}`;
    const say = (): string => `${name}: ${title} says ${taken} in line ${line} and ${second}; neither is taken`;
    remarks.add("undecided", name, line, say);
    return null;
  }
  if (rows.length > 1) {
    const lines = rows.slice(0, 3).map((row) => row.line);
    const all = [...lines, ...(rows.length > lines.length ? ["…"] : [])].join(", ");
    const say = (): string => `${name}: listed ${rows.length} times in ${title} with the same label (lines ${all})`;
    remarks.add("repeated", name, line, say);
  }
  if (given !== null && given !== label) {
    const before = name.split("/").includes(given) ? `the folder says ${given}` : `labelled ${given} so far`;
    const say = (): string => `${name}: ${before}, ${title} line ${line} says ${taken}; ${taken} is taken`;
    remarks.add("contradicted", name, line, say);
  }
  return label;
}

function inWords(label: string | null): string {
  return label ?? "no label";
}

function nothingMatches({ records, ...source }: ImageSource, { rows }: LabelTable, where: string): AtelierError {
  const [first] = rows;
  const written = first?.file ?? "";
  const example = nearestNames(records.map(({ name }) => name))(written) ?? records[0]?.name ?? "";
  return new AtelierError({
    kind: "data",
    where,
    expected: `names of images in ${locationText(source)}, such as ${example}`,
    received: `${rows.length} ${rows.length === 1 ? "row" : "rows"}, none of which fits one image: ${written} (line ${first?.line})`,
    help: `write file names as they are seen from that folder: ${example} instead of ${written}`,
  });
}
