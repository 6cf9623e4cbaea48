import { type DataReport, locationText } from "../data/index.ts";
import type { Written } from "./data-view.ts";
import { notReadRows } from "./data-view-not-read.ts";
import { counted, grouped, plain, table } from "./text.ts";

/** Names in one list; `--json` has all. */
const mostShown = 20;
/** Names in one line of such a list. */
const mostInLine = 6;

type Rows = readonly (readonly string[])[];

/** The report as a reader wants it: figures, then what is wrong by name, then advice. */
export function reportText(report: DataReport): string {
  const { duplicates, oddities, modes } = report;
  return [
    `${locationText(report)} (${kindText(report)})\n`,
    table(summary(report)),
    section(
      "Skipped",
      report.skipped.map(({ file, reason, images = 1 }) => [
        plain(file),
        images === 1 ? reason : `${reason} (${counted(images, "image")})`,
      ]),
    ),
    section(
      "In the training part and in the test part",
      duplicates.acrossParts.map(({ likeness, train, test }) => [
        likenessText[likeness],
        `${list(train)} | ${list(test)}`,
      ]),
    ),
    section(
      "The same image with different labels",
      duplicates.contradictions.map(({ likeness, images }) => [
        likenessText[likeness],
        list(images.map(({ name, label }) => `${name} (${label})`)),
      ]),
    ),
    section(
      "About the labels",
      report.remarks.map((remark) => [plain(remark)]),
    ),
    section(
      "Equal files: each line is one image",
      duplicates.exact.map((names) => [list(names)]),
    ),
    section(
      "Look the same: each line is one image",
      duplicates.near.map((names) => [list(names)]),
    ),
    section(
      "One colour all over",
      oddities.blank.map((name) => [plain(name)]),
    ),
    section(
      "Nearly black all over",
      oddities.dark.map((name) => [plain(name)]),
    ),
    section(
      "Nearly white all over",
      oddities.bright.map((name) => [plain(name)]),
    ),
    section(
      "Unlike the others",
      oddities.outliers.map(({ name, reason }) => [plain(name), reason]),
    ),
    section(
      "Named as another kind of file than they are",
      (modes?.misnamed ?? []).map(({ name, encoding }) => [plain(name), `is ${encodingNames[encoding] ?? encoding}`]),
    ),
    section(
      "Not images that are read",
      notReadRows(report.ignored).map(([name, reason]) => [plain(name), reason]),
    ),
    section(
      "Classes",
      report.classes.map(({ name, count }) => [plain(name), grouped(count)]),
    ),
    section(
      "What to do",
      report.advice.map(({ text }) => ["-", text]),
    ),
  ].join("");
}

function kindText({ location, kind }: DataReport): string {
  return typeof location === "string" && /\.zip$/i.test(location) ? `${kind} in a .zip` : kind;
}

/** What was written beside the report. */
export function writtenText({ preview, contactSheet, clean }: Written): string {
  const rows: string[][] = [];
  if (preview !== undefined) {
    const { format, fitting } = preview.preparation;
    rows.push(["preview", `${preview.file}: ${format.width}x${format.height}, ${fitting.fit}`]);
  }
  if (contactSheet !== undefined) {
    const shown = contactSheet.rows.filter((row) => row.shown > 0).map(({ label }) => label ?? "without label");
    rows.push([
      "contact sheet",
      `${contactSheet.file}${shown.length > 1 ? `, from top to bottom: ${list(shown, mostShown)}` : ""}`,
    ]);
  }
  if (clean !== undefined) {
    const { folder, cleaning } = clean;
    const left = grouped(cleaning.found - cleaning.kept);
    rows.push([
      "clean copy",
      `${folder}: ${counted(cleaning.kept, "image")}; ${left} left out, named in cleaning.json`,
    ]);
  }
  return section("Written", rows);
}

function summary(report: DataReport): Rows {
  const { found, readable, classes, balance, unlabelled, splits, colours, sizes, modes, duplicates } = report;
  const rows: (readonly [string, string])[] = [
    ["images", `${grouped(found)} found: ${grouped(readable)} readable, ${grouped(found - readable)} skipped`],
  ];
  if (splits !== null) {
    const neither = splits.unnamed > 0 ? `, ${grouped(splits.unnamed)} in neither` : "";
    rows.push(["parts", `${grouped(splits.train)} train, ${grouped(splits.test)} test${neither}`]);
  }
  rows.push(["labels", labelsText(classes, balance, unlabelled)]);
  if (readable > 0) {
    rows.push(["copies", copiesText(duplicates)]);
    rows.push([
      "colours",
      parts({
        "in colour": colours.colour - colours.colourless,
        grey: colours.grey,
        "grey, though stored in colour": colours.colourless,
      }),
    ]);
  }
  if (sizes !== null) {
    const common = sizes.common.map(({ width, height, count }) => `${width}x${height} (${grouped(count)})`);
    rows.push(...sizeRows(sizes), [sizes.common.length === 1 ? "size" : "common sizes", common.join(", ")]);
  }
  if (modes !== null) rows.push(["files", modesText(modes)]);
  return rows;
}

function labelsText(classes: DataReport["classes"], balance: number | null, unlabelled: number): string {
  if (classes.length === 0) return "none";
  const even =
    balance === null ? "" : balance === 1 ? ", all of one size" : `, the largest ${times(balance)} the smallest`;
  return `${counted(classes.length, "class", "classes")}${even}; ${counted(unlabelled, "image")} without label`;
}

function times(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} times`;
}

function copiesText({ exact, near, bounded }: DataReport["duplicates"]): string {
  const extra = (groups: readonly (readonly string[])[]): number =>
    groups.reduce((sum, group) => sum + group.length - 1, 0);
  const limited = bounded > 0 ? `; ${counted(bounded, "image")} not compared with all that are alike` : "";
  const [equal, alike] = [extra(exact), extra(near)];
  return `${grouped(equal)} equal to ${equal === 1 ? "another" : "others"}, ${grouped(alike)} that ${alike === 1 ? "looks" : "look"} the same${limited}`;
}

function sizeRows({ width, height, aspect, notSquare, cutBySquare }: NonNullable<DataReport["sizes"]>) {
  const span = ({ smallest, median, largest }: typeof width, digits = 0) =>
    smallest === largest
      ? smallest.toFixed(digits)
      : `${smallest.toFixed(digits)} to ${largest.toFixed(digits)} (median ${median.toFixed(digits)})`;
  const rows: (readonly [string, string])[] = [];
  if (width.smallest !== width.largest || height.smallest !== height.largest)
    rows.push(["width", span(width)], ["height", span(height)]);
  if (notSquare > 0) {
    const [usual, most] = [cutBySquare.median, cutBySquare.most].map((share) => `${Math.round(100 * share)} %`);
    const cut = usual === most ? (usual ?? "") : `${usual ?? ""} (median), ${most ?? ""} at most`;
    rows.push(["aspect", `${span(aspect, 2)} wide for 1 high; a square crop cuts off ${cut}`]);
  }
  return rows;
}

const encodingNames: Readonly<Record<string, string>> = {
  jpeg: "JPEG",
  png: "PNG",
  webp: "WebP",
  gif: "GIF",
  tiff: "TIFF",
  heif: "AVIF",
};

function modesText({
  encodings,
  colourSpaces,
  bits,
  transparent,
  animated,
  rotated,
}: NonNullable<DataReport["modes"]>) {
  const named = Object.fromEntries(Object.entries(encodings).map(([key, count]) => [encodingNames[key] ?? key, count]));
  const unusual = {
    CMYK: colourSpaces["cmyk"] ?? 0,
    "of 16 bits": bits["16"] ?? 0,
    "of 32 bits": bits["32"] ?? 0,
    "with transparency": transparent,
    "with several frames": animated,
    rotated,
  };
  const extra = parts(unusual);
  return extra === "" ? parts(named) : `${parts(named)}; ${extra}`;
}

/** `785 colour, 32 grey`: those that are there. */
function parts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${grouped(count)} ${name}`)
    .join(", ");
}

const likenessText = { exact: "equal", near: "look the same" } as const;

/** Some names in one line. */
function list(names: readonly string[], most = mostInLine): string {
  const shown = names.slice(0, most).map(plain).join(", ");
  return names.length > most ? `${shown}, … ${grouped(names.length - most)} more` : shown;
}

/** A heading and its rows; nothing where there are none. */
function section(heading: string, rows: Rows): string {
  if (rows.length === 0) return "";
  const rest = rows.length - mostShown;
  const more = rest > 0 ? `  … and ${grouped(rest)} more (--json shows all)\n` : "";
  return `${heading}\n${table(rows.slice(0, mostShown))}${more}`;
}
