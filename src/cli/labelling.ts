import { dirname, extname } from "node:path";
import { csvText, type Dataset, openSource, type PixelFormat } from "../data/index.ts";
import { Classifier, encodeLabelledGrid } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { shellWord } from "../foundation/shell.ts";
import {
  classifierOf,
  type Guess,
  type ImageToLabel,
  leaves,
  type NextLabels,
  nextLabels,
  openOwnImages,
  openRun,
  type Plan,
} from "../training/index.ts";
import { targetOf } from "./chosen-generator.ts";
import { assertUnused } from "./free-target.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { counted, grouped, plain, table } from "./text.ts";

export interface LabelNextRequest {
  /** Images to name. */
  readonly count: number;
  readonly seed: number;
  /** FILE.csv. Default: `label-next.csv` in the run. */
  readonly out?: string;
  /** FILE.png, for a picture of the images. Default: none. */
  readonly sheet?: string;
  /** Take the classifier of the step that scored best, instead of the last one. Default: false. */
  readonly best?: boolean;
  /** Print one JSON object. Default: false. */
  readonly json?: boolean;
}

/**
 * Names the training images without label whose labels would help most, and writes a table of labels to fill in. Nothing is
 * overwritten. Ctrl-C ends it; nothing is then written.
 */
export async function nameNextLabels(path: string, request: LabelNextRequest): Promise<void> {
  await unlessInterrupted(`label-next ${path}`, "start it again", (signal) => nameUntil(signal, path, request));
}

async function nameUntil(signal: AbortSignal, path: string, request: LabelNextRequest): Promise<void> {
  const { count, seed, sheet, best = false, json = false } = request;
  const { run, plan } = await openRun(path);
  const { config } = plan;
  const file = await classifierOf(run, config, { best });
  assertEnding(request.out, "--out", ".csv");
  assertEnding(sheet, "--sheet", ".png");
  const target = await targetOf(path, request.out, "label-next.csv");
  if (sheet !== undefined) await assertUnused(sheet, "no picture is then made");
  const progress = json ? undefined : new Progress(process.stdout);
  const onProgress = (what: string) => (done: number, total: number) =>
    progress?.show(done, total, `${what}: ${Math.round((100 * done) / total)} %`);
  const dataset = await openOwnImages(run, config, { onProgress: onProgress("preparing images"), signal });
  try {
    const classifier = await Classifier.load(file);
    const { classNames } = classifier.metadata;
    const options = { count, seed, onProgress: onProgress("looking at images without a label"), signal };
    const next = await nextLabels((images) => classifier.classify(images), dataset, classNames, options);
    await classifier.release();
    if (next.images.length === 0) throw allLabelled(path);
    const picture = sheet === undefined ? undefined : await sheetOf(next.images, dataset);
    const known = await knownRows(plan, dataset, next);
    await makeFolder(dirname(target));
    const rows = [...known, ...next.images.map(({ name }) => [name, ""])];
    await writeFileWhole(target, csvText([["file", "label"], ...rows]));
    if (sheet !== undefined && picture !== undefined) {
      await makeFolder(dirname(sheet));
      await writeFileWhole(sheet, picture);
    }
    progress?.clear();
    const written = { out: target, ...(sheet !== undefined && { sheet }) };
    process.stdout.write(
      json ? `${JSON.stringify({ ...written, ...next })}\n` : nextText(next, written, thenOf(plan, known, target)),
    );
  } finally {
    progress?.clear();
    dataset.close();
  }
}

/** @throws AtelierError (usage) for a name of another ending. */
function assertEnding(path: string | undefined, flag: string, ending: string): void {
  if (path === undefined || extname(path).toLowerCase() === ending) return;
  const help = "--out FILE.csv gets the table to fill in, --sheet FILE.png a picture of the images";
  throw new AtelierError({ kind: "usage", where: flag, expected: `FILE${ending}`, received: path, help });
}

function allLabelled(run: string): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: run,
    expected: "a run with training images that have no label",
    received: "one all of whose training images have one",
    help: "add images, or train on more of those that you have",
  });
}

function nextText(
  { images, unlabelled, considered }: NextLabels,
  { out, sheet }: { readonly out: string; readonly sheet?: string },
  then: string,
): string {
  const from =
    considered < unlabelled
      ? `${grouped(considered)} of ${counted(unlabelled, "image")}, drawn by the seed,`
      : counted(unlabelled, "image");
  const rows = images.map(({ name, guesses }) => [plain(name), guesses.map(guessText).join(", ")]);
  return [
    `${counted(images.length, "image")} to label next, the most helpful first, from ${from} without a label:`,
    table([["file", "what the classifier takes it for"], ...rows]).trimEnd(),
    `Fill in the last ${counted(images.length, "row")} of ${out}${then}`,
    ...(sheet === undefined ? [] : [`The images are in ${sheet}`]),
    "",
  ].join("\n");
}

/**
 * What the table says before the rows to fill in, so that it is all that a run knew where its labels came with a table or were drawn:
 * the known labels, and that images have none whose own label the run did not see. Nothing where the data say all labels themselves.
 */
async function knownRows(
  { config: { data, labels, labelsPerClass } }: Plan,
  { train }: Dataset,
  { images }: NextLabels,
): Promise<readonly (readonly [name: string, label: string])[]> {
  if (labels === undefined && labelsPerClass === undefined) return [];
  const hidden = new Set(train.names.filter((_, row) => (train.labels[row] ?? -1) < 0));
  const labelled = async (table: string | undefined) =>
    (await openSource(data, { labels: table })).records.flatMap(({ name, label }) =>
      label === null ? [] : [{ name, label }],
    );
  const known = (await labelled(labels)).filter(({ name }) => !hidden.has(name));
  const listed = new Set([...known, ...images].map(({ name }) => name));
  const unseen = (await labelled(undefined)).filter(({ name }) => !listed.has(name));
  return [...known.map(({ name, label }) => [name, label] as const), ...unseen.map(({ name }) => [name, ""] as const)];
}

/** What to do with the table once it is filled in. */
function thenOf(plan: Plan, known: readonly (readonly [name: string, label: string])[], out: string): string {
  const labelled = known.filter(([, label]) => label !== "").length;
  const all = labelled === 0 ? "" : `, which has the ${counted(labelled, "known label")} above them`;
  return `${all}; then train anew: ${trainingCommand(plan, out)}`;
}

/** Decided by the labels, or said by the command itself. */
const NOT_REPEATED: ReadonlySet<string> = new Set(["data", "labels", "labelsPerClass", "classes", "model", "steps"]);

/** The command that trains as a run was trained, with what its user chose, on other labels. */
function trainingCommand({ config, reasons }: Plan, labels: string): string {
  const given = leaves(config).filter(([key]) => reasons[key] === undefined && !NOT_REPEATED.has(key));
  const settings = given.flatMap(([key, value]) => [
    "--set",
    `${key}=${Array.isArray(value) ? `[${value.map(String).join(",")}]` : String(value)}`,
  ]);
  const flags = ["--labels", labels, "--model", config.model, "--steps", String(config.steps), ...settings];
  return `npx atelier train ${[config.data, flags].flat().map(shellWord).join(" ")}`;
}

/** `tulip 52 %`. */
function guessText({ label, probability }: Guess): string {
  return `${plain(label)} ${(100 * probability).toFixed(0)} %`;
}

/** Shorter sides are drawn larger, by whole pixels. */
const LEAST_SIDE = 48;

/** Images that a sheet shows at most. */
const MOST_SHOWN = 100;

/** The images under each other, each with its name and what the classifier takes it for. */
async function sheetOf(images: readonly ImageToLabel[], { train, format }: Dataset): Promise<Buffer> {
  const shown = images.slice(0, MOST_SHOWN);
  const bytes = new Uint8Array(shown.length * train.imageBytes);
  for (const [place, { row }] of shown.entries()) train.copyImage(row, bytes, place * train.imageBytes);
  const factor = Math.max(1, Math.ceil(LEAST_SIDE / Math.min(format.height, format.width)));
  const rows = shown.map(({ name, guesses }) => [name, ...guesses.map(guessText)].join("\n"));
  const large = { ...format, height: factor * format.height, width: factor * format.width };
  return await encodeLabelledGrid(enlarged(bytes, format, factor), large, { columns: 1, labels: { rows } });
}

/** Pictures, [count, channels, height, width], with every pixel a square of so many. */
function enlarged(bytes: Uint8Array, { width }: PixelFormat, factor: number): Uint8Array {
  const large = new Uint8Array(bytes.length * factor ** 2);
  const row = factor * width;
  for (let place = 0; place < large.length; place++) {
    const line = Math.floor(place / row / factor);
    large[place] = bytes[line * width + Math.floor((place % row) / factor)] ?? 0;
  }
  return large;
}
