import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { extname } from "node:path";
import {
  type Dataset,
  type ImageSource,
  locationText,
  measuredFormats,
  openSource,
  type PixelFormat,
  packDataset,
  sidesOf,
  sizeOf,
  usualFitting,
} from "../data/index.ts";
import {
  type EvaluateOptions,
  type Evaluation,
  type EvaluationReference,
  type EvaluationSubject,
  evaluate,
  imagesOfBoth,
  type ReferenceSplit,
} from "../evaluation/index.ts";
import { Generator } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, readNamedFile, writeFileWhole } from "../foundation/files.ts";
import { formatOf } from "../methods/index.ts";
import { identityOf, loadLatestCheckpoint } from "./checkpoints.ts";
import type { Config } from "./config.ts";
import { fittingOf } from "./preparation.ts";
import { openRun, RunFolder } from "./run-folder.ts";
import { writeRunReport } from "./run-report.ts";

/** What to score, against what, and how. */
export interface EvaluationRequest
  extends Pick<EvaluateOptions, "split" | "metrics" | "features" | "seed" | "intervals" | "mostReal"> {
  /** The folder of a run, a generator.onnx, or images: anything that can be trained on. */
  readonly subject: string;
  /** Real images to compare with. Default: those that the run was trained on. */
  readonly against?: string | readonly string[] | undefined;
  /** CSV file of the real images' labels. */
  readonly labels?: string | undefined;
  /** Images that are generated, or taken of those given. Default: as many as there are real ones, within 1,000 and 10,000. */
  readonly images?: number | undefined;
  /** Score the run's best generator instead of its last one. Default: false. */
  readonly best?: boolean | undefined;
  /** Sides and channels that both sides are brought to, where images are compared with images. Default: their own. */
  readonly size?: Config["size"] | undefined;
  readonly channels?: 1 | 3 | undefined;
  /** Folder for scores.json and copies.png. Default: the run's, where it is compared with its own data; else nothing is written. */
  readonly out?: string | undefined;
}

export type EvaluationControl = Pick<EvaluateOptions, "notify" | "onProgress" | "signal">;

/** A score card, and the files that were written. */
export interface SubjectEvaluation extends Evaluation {
  readonly written: readonly string[];
}

/** Generated images by default. */
const USUAL = { least: 1000, most: 10_000 } as const;

/**
 * Scores a run's generator, a generator's file or images against real images.
 * @throws AtelierError (usage) when something is named that is not there or does not go together, (data) when there are too few
 * images, or images of different forms; the signal's reason when it aborts. Nothing is then written.
 */
export async function evaluateSubject(
  request: EvaluationRequest,
  control: EvaluationControl = {},
): Promise<SubjectEvaluation> {
  const opened = await openSides(request, control);
  try {
    const { subject, reference } = opened;
    const split = request.split ?? opened.split;
    const evaluation = await evaluate({ ...request, ...control, subject, reference, split });
    control.signal?.throwIfAborted();
    return { ...evaluation, written: await write(evaluation, opened.run, request.out) };
  } finally {
    await opened.close();
  }
}

interface Sides {
  readonly subject: EvaluationSubject;
  readonly reference: EvaluationReference;
  /** The real images that are compared unless the request says otherwise. Default: as in `EvaluateOptions`. */
  readonly split?: ReferenceSplit | undefined;
  /** The run whose scores these are. */
  readonly run?: RunFolder;
  close(): Promise<void>;
}

async function openSides(request: EvaluationRequest, control: EvaluationControl): Promise<Sides> {
  const { subject, against, best = false } = request;
  const found = await stat(subject).catch(() => undefined);
  const isRun =
    found?.isDirectory() === true && (await stat(new RunFolder(subject).config).catch(() => undefined)) !== undefined;
  if (best && !isRun) throw usage("--best", "the folder of a run", subject, "leave --best out");
  if (isRun) return await openRunSides(request, control);
  if (against === undefined) {
    throw usage(
      "--against",
      "real images to compare with",
      "nothing",
      "add --against DATA: a folder of images, for one",
    );
  }
  return extname(subject) === ".onnx"
    ? await openGeneratorSides(request, against, control)
    : await openImageSides(request, against, control);
}

/** A run against its own data, or others that are prepared as its own. */
async function openRunSides(request: EvaluationRequest, control: EvaluationControl): Promise<Sides> {
  assertNoForm(request);
  const { subject: path, against, best = false } = request;
  const { run, plan } = await openRun(path);
  const { config } = plan;
  const { seed, heldOut: heldOutFraction } = config;
  const preparation = { format: formatOf(config), fitting: fittingOf(config) };
  const labels = request.labels ?? (against === undefined ? config.labels : undefined);
  const source = await openSource(against ?? config.data, { labels });
  const labelsPerClass = against === undefined ? config.labelsPerClass : undefined;
  const packing = { ...preparation, seed, heldOutFraction, labelsPerClass };
  const dataset = await pack(source, packing, control);
  try {
    const learned = (await loadLatestCheckpoint(run.checkpoints)).data;
    const trained = learned === identityOf(dataset);
    if (against === undefined && !trained) {
      throw new AtelierError({
        kind: "data",
        where: locationText(source),
        expected: "the images that the run was trained on",
        received: "others: images were changed, added, removed, renamed or given other labels",
        help: "restore them, or name the images to compare with: --against DATA",
      });
    }
    const file = best ? run.bestGenerator : run.generator;
    const { subject, release } = await openGenerator(file, request, dataset.heldOut.count);
    const reference = referenceOf(dataset, source, preparation.fitting, trained);
    return {
      subject: { ...subject, kind: "run", place: path, weights: "average" },
      reference,
      ...(against === undefined && { run }),
      close: async () => {
        await release();
        dataset.close();
      },
    };
  } catch (cause) {
    dataset.close();
    throw cause;
  }
}

async function openGeneratorSides(
  request: EvaluationRequest,
  against: string | readonly string[],
  control: EvaluationControl,
): Promise<Sides> {
  assertNoForm(request);
  const source = await openSource(against, { labels: request.labels });
  const { metadata } = await loaded(request.subject, async (generator) => ({ metadata: generator.metadata }));
  const { seed = 0 } = request;
  const dataset = await pack(source, { format: metadata.format, fitting: usualFitting, seed }, control);
  try {
    const split = usualSplit(source);
    const real = dataset.heldOut.count + (split === "all" ? dataset.train.count : 0);
    const { subject, release } = await openGenerator(request.subject, request, real);
    return {
      subject,
      split,
      reference: referenceOf(dataset, source, usualFitting, false),
      close: async () => {
        await release();
        dataset.close();
      },
    };
  } catch (cause) {
    dataset.close();
    throw cause;
  }
}

/** Images against images: generated ones from elsewhere, or another data set. */
async function openImageSides(
  request: EvaluationRequest,
  against: string | readonly string[],
  control: EvaluationControl,
): Promise<Sides> {
  const { subject: place, seed = 0, images, labels } = request;
  const subjectSource = await openSource(place);
  const referenceSource = await openSource(against, { labels });
  const format = await commonFormat(subjectSource, referenceSource, request);
  const packing = { format, fitting: usualFitting, seed };
  const subjectData = await pack(subjectSource, { ...packing, heldOutFraction: 0 }, control);
  try {
    const dataset = await pack(referenceSource, packing, control);
    return {
      subject: {
        kind: "images",
        place,
        sha256: subjectData.content,
        images: imagesOfBoth(subjectData, format, images ?? USUAL.most, seed),
        classNames: subjectData.classNames,
        compressed: isJpeg(subjectSource),
      },
      split: usualSplit(referenceSource),
      reference: referenceOf(dataset, referenceSource, usualFitting, false),
      close: () => {
        subjectData.close();
        dataset.close();
        return Promise.resolve();
      },
    };
  } catch (cause) {
    subjectData.close();
    throw cause;
  }
}

async function pack(
  source: ImageSource,
  options: Omit<Parameters<typeof packDataset>[1], "signal">,
  { onProgress, signal }: EvaluationControl,
): Promise<Dataset> {
  const report = (done: number, total: number) =>
    onProgress?.(`preparing images of ${locationText(source)}`, done, total);
  return await packDataset(source, { ...options, ...(signal && { signal }) }, report);
}

function referenceOf(
  dataset: Dataset,
  source: ImageSource,
  fitting: EvaluationReference["fitting"],
  trained: boolean,
): EvaluationReference {
  return { dataset, place: locationText(source), fitting, trained, compressed: isJpeg(source) };
}

/** Opens a generator as a set of images that are made when they are read; by default as many as there are real ones. */
async function openGenerator(file: string, { images, seed = 0 }: EvaluationRequest, real: number) {
  const bytes = await readNamedFile(file, {
    expected: "a generator",
    absent: "nothing there",
    help: "train to the end first, or name another run",
  });
  const generator = await Generator.load(file);
  const { format, step } = generator.metadata;
  const count = images ?? Math.min(USUAL.most, Math.max(USUAL.least, real));
  const subject: EvaluationSubject = {
    kind: "generator",
    place: file,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    step,
    images: {
      format,
      count,
      read: async (first, wanted) => (await generator.sample({ first, count: wanted, seed })).bytes,
    },
    classNames: [],
    compressed: false,
  };
  return { subject, release: () => generator.release() };
}

/** The form of both sides' images, where it is one or the user has named it. */
async function commonFormat(
  subject: ImageSource,
  reference: ImageSource,
  { size, channels }: EvaluationRequest,
): Promise<PixelFormat> {
  const sides = await Promise.all([subject, reference].map(formsOf));
  const [ofSubject, ofReference] = sides.map(({ sizes }) => sizes.join(", "));
  const [common] = sides[0]?.sizes ?? [];
  if (size === undefined && !(sides.every(({ sizes }) => sizes.length === 1) && ofSubject === ofReference)) {
    throw new AtelierError({
      kind: "data",
      where: `${locationText(subject)} and ${locationText(reference)}`,
      expected: "images of one size on both sides",
      received: `${ofSubject} px and ${ofReference} px`,
      help: "add --size, such as --size 32, to bring both to one; use that of the generated images",
    });
  }
  const [grey, other] = sides.map(({ channels: found }) => found);
  if (channels === undefined && grey !== other) {
    throw new AtelierError({
      kind: "data",
      where: `${locationText(subject)} and ${locationText(reference)}`,
      expected: "images of as many channels on both sides",
      received: `${channelWords[grey ?? 3]} and ${channelWords[other ?? 3]}`,
      help: "add --channels 1 or --channels 3 to bring both to one",
    });
  }
  return { ...sidesOf(size ?? common ?? 0), channels: channels ?? grey ?? 3 };
}

const channelWords = { 1: "grey", 3: "colour" } as const;

/** The sizes that a source's images have, at most three of them, and the most channels. */
async function formsOf(source: ImageSource) {
  const formats = await measuredFormats(source);
  const sizes = [...new Set(formats.map(sizeOf))];
  const shown = sizes.length > 3 ? [...sizes.slice(0, 3), "…"] : sizes;
  return { sizes: shown, channels: formats.some(({ channels }) => channels === 3) ? (3 as const) : (1 as const) };
}

/**
 * All images, where it is not known from which ones the subject learned: a part that is drawn here was not held out from it. The
 * images that a source itself sets apart for tests are taken to be held out by everyone.
 */
function usualSplit({ records }: ImageSource): ReferenceSplit | undefined {
  const tests = records.filter(({ split }) => split === "test").length;
  return tests > 0 && tests < records.length ? undefined : "all";
}

/** Whether most of a source's images are JPEG files. */
function isJpeg({ records }: ImageSource): boolean {
  const count = records.filter(({ name }) => /\.jpe?g$/i.test(name)).length;
  return count * 2 > records.length;
}

async function loaded<T>(file: string, use: (generator: Generator) => Promise<T>): Promise<T> {
  const generator = await Generator.load(file);
  try {
    return await use(generator);
  } finally {
    await generator.release();
  }
}

/** @throws AtelierError (usage) for a form that a generator decides. */
function assertNoForm({ size, channels }: EvaluationRequest): void {
  const [where, given] = size === undefined ? (["--channels", channels] as const) : (["--size", size] as const);
  if (given === undefined) return;
  throw usage(where, "nothing: the generator decides the form of the images", String(given), `leave ${where} out`);
}

async function write({ card, copies }: Evaluation, run: RunFolder | undefined, out: string | undefined) {
  const folder = out ?? run?.path;
  if (folder === undefined) return [];
  await makeFolder(folder);
  const files = new RunFolder(folder);
  const written = [files.scores];
  await writeFileWhole(files.scores, `${JSON.stringify(card, null, 2)}\n`);
  if (copies !== undefined) {
    await writeFileWhole(files.copiesPicture, copies);
    written.push(files.copiesPicture);
  }
  if (run !== undefined && folder === run.path) {
    await writeRunReport(run);
    written.push(run.report);
  }
  return written;
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
