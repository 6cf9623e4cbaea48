import { type DataReport, inspectSource, openSource } from "../data/index.ts";
import { Progress } from "./progress.ts";
import { counted, grouped, table } from "./text.ts";

const SHOWN = 20;

/** Reads every image, with progress on standard error when that is a terminal. */
export async function inspectData(location: string): Promise<DataReport> {
  const progress = new Progress(process.stderr);
  const onProgress = (done: number, total: number) => {
    if (process.stderr.isTTY) progress.show(done, total, `reading ${grouped(done)} of ${grouped(total)}`);
  };
  const report = await inspectSource(await openSource(location), { onProgress });
  progress.clear();
  return report;
}

/** The report as a reader wants it. */
export function reportText(report: DataReport): string {
  const { location, kind, readable, broken, ignored, classes, unlabelled, splits, colours, sizes, duplicates } = report;
  const rows: string[][] = [["images", `${grouped(readable)} readable, ${grouped(broken.length)} broken`]];
  if (splits !== null)
    rows.push([
      "parts",
      `${grouped(splits.train)} train, ${grouped(splits.test)} test, ${grouped(splits.unnamed)} in neither`,
    ]);
  rows.push(["colours", `${grouped(colours.colour)} colour, ${grouped(colours.grey)} grey`]);
  if (sizes !== null) {
    const span = ({ smallest, median, largest }: typeof sizes.width) =>
      smallest === largest ? `${smallest}` : `${smallest} to ${largest} (median ${median})`;
    rows.push(["width", span(sizes.width)], ["height", span(sizes.height)]);
    const common = sizes.common.map(({ width, height, count }) => `${width}x${height} (${grouped(count)})`);
    rows.push([sizes.common.length === 1 ? "size" : "common sizes", common.join(", ")]);
  }
  rows.push([
    "labels",
    classes.length === 0
      ? "none"
      : `${counted(classes.length, "class", "classes")}, ${grouped(unlabelled)} without label`,
  ]);
  const text = [`${location} (${kind})\n`, table(rows)];
  if (classes.length > 0) text.push("Classes\n", table(classes.map(({ name, count }) => [name, grouped(count)])));
  if (broken.length > 0)
    text.push("Broken files\n", table(shortened(broken.map(({ file, reason }) => [file, reason]))));
  if (duplicates !== null && duplicates.length > 0)
    text.push("Equal files\n", table(shortened(duplicates.map((names) => [names.join(" = ")]))));
  if (ignored.length > 0)
    text.push("Ignored: not PNG, JPEG, WebP, GIF, TIFF or AVIF\n", table(shortened(ignored.map((name) => [name]))));
  return text.join("");
}

function shortened(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.length <= SHOWN
    ? rows
    : [...rows.slice(0, SHOWN), [`… and ${rows.length - SHOWN} more (--json shows all)`]];
}
