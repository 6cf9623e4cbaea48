import { resolve } from "node:path";
import {
  assertSheetTarget,
  type CleanReport,
  type ContactRow,
  cleanCopy,
  type DataReport,
  encodeContactSheet,
  encodePreview,
  freeTarget,
  type ImageSource,
  inspectSource,
  openSource,
  type Preparation,
  suggestFormat,
} from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { writeFileWhole } from "../foundation/files.ts";
import { type PartialConfig, parseConfig, partialConfigSchema, preparationOf } from "../training/index.ts";
import { reportText, writtenText } from "./data-view-text.ts";
import { Progress } from "./progress.ts";
import { grouped } from "./text.ts";

const previewKeys = ["size", "channels", "fit", "crop", "pad", "filter", "mirror"] as const;

/** The flags of `atelier data`, as they were typed. */
export interface DataFlags extends Readonly<Partial<Record<(typeof previewKeys)[number], string | number | true>>> {
  readonly labels?: string;
  readonly preview?: string;
  readonly contactSheet?: string;
  readonly clean?: string;
  readonly near?: true;
  readonly json?: true;
}

/** What was written beside the report. */
export interface Written {
  readonly preview?: { readonly file: string; readonly preparation: Preparation };
  readonly contactSheet?: { readonly file: string; readonly rows: readonly ContactRow[] };
  readonly clean?: { readonly folder: string; readonly cleaning: CleanReport };
}

/**
 * Inspects images and prints what is there; writes what the flags ask for. Where no image can be read the report says why, and the exit
 * status is 1.
 */
export async function showData(places: readonly string[], flags: DataFlags): Promise<void> {
  const given = previewConfig(flags);
  const [only] = places;
  const source = await openSource(places.length === 1 && only !== undefined ? only : places, { labels: flags.labels });
  await assertTargets(source, flags);
  const preparation = flags.preview === undefined ? undefined : preparationOf(given, await suggestFormat(source));
  const report = await withProgress("reading", async (onProgress) => await inspectSource(source, { onProgress }));
  if (flags.json !== true) process.stdout.write(reportText(report));
  const written =
    report.readable === 0 ? {} : await writeAll(source, report, flags, preparation && { preparation, given });
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ ...report, written })}\n`);
  else process.stdout.write(writtenText(written));
  if (report.readable === 0) process.exitCode = 1;
}

/** @throws AtelierError (usage) for flags that are wrong, or of no use without others. */
function previewConfig(flags: DataFlags): PartialConfig {
  const typed = previewKeys.filter((key) => flags[key] !== undefined);
  if (flags.preview === undefined && typed.length > 0)
    throw needless(`--${typed[0] ?? ""}`, "--preview FILE.png", "the preview shows what it does to the images");
  if (flags.clean === undefined && flags.near === true)
    throw needless("--near", "--clean FOLDER", "it decides which images the cleaned copy leaves out");
  const values = Object.fromEntries(typed.map((key) => [key, flags[key]]));
  return parseConfig(partialConfigSchema, values, (key) => `--${key}`);
}

function needless(flag: string, needed: string, why: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: flag,
    expected: `${needed} beside it`,
    received: `${flag} alone`,
    help: `${why}: add ${needed}, or leave ${flag} away`,
  });
}

/** @throws AtelierError (usage) when something that is asked for cannot be written, before any image is read. */
async function assertTargets(source: ImageSource, { preview, contactSheet, clean }: DataFlags): Promise<void> {
  if (preview !== undefined) await assertSheetTarget(source, "--preview", preview);
  if (contactSheet !== undefined) await assertSheetTarget(source, "--contact-sheet", contactSheet);
  if (clean !== undefined) await freeTarget(source, clean);
  if (preview !== undefined && contactSheet !== undefined && resolve(preview) === resolve(contactSheet)) {
    throw new AtelierError({
      kind: "usage",
      where: `--contact-sheet ${contactSheet}`,
      expected: "another file than --preview",
      received: "the same",
      help: "name two files",
    });
  }
}

async function writeAll(
  source: ImageSource,
  report: DataReport,
  { preview, contactSheet, clean, near }: DataFlags,
  shown: { readonly preparation: Preparation; readonly given: PartialConfig } | undefined,
): Promise<Written> {
  if (preview !== undefined && shown !== undefined) {
    const mirror = shown.given.mirror === true;
    await writeFileWhole(preview, await encodePreview(source, shown.preparation, { mirror, seed: 0 }));
  }
  const sheet = contactSheet === undefined ? undefined : await encodeContactSheet(source);
  if (contactSheet !== undefined && sheet !== undefined) await writeFileWhole(contactSheet, sheet.png);
  const cleaning =
    clean === undefined
      ? undefined
      : await withProgress(
          "copying",
          async (onProgress) => await cleanCopy(source, report, clean, { near: near === true, onProgress }),
        );
  return {
    ...(preview !== undefined && shown && { preview: { file: preview, preparation: shown.preparation } }),
    ...(contactSheet !== undefined && sheet && { contactSheet: { file: contactSheet, rows: sheet.rows } }),
    ...(clean !== undefined && cleaning && { clean: { folder: clean, cleaning } }),
  };
}

/** Shows how far some work is on standard error, when that is a terminal. */
async function withProgress<T>(
  doing: string,
  work: (onProgress: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = new Progress(process.stderr);
  try {
    return await work((done, total) => {
      if (process.stderr.isTTY) progress.show(done, total, `${doing} ${grouped(done)} of ${grouped(total)}`);
    });
  } finally {
    progress.clear();
  }
}
