import { stat } from "node:fs/promises";
import { extname } from "node:path";
import {
  type Dataset,
  type ImageSource,
  locationText,
  openSource,
  packDataset,
  type Split,
  usualFitting,
} from "../../data/index.ts";
import { type EvaluationReference, imagesOfBoth, type ReferenceSplit } from "../../evaluation/index.ts";
import { Generator } from "../../export/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { formatOf } from "../../methods/index.ts";
import { identityOf, loadLatestCheckpoint } from "../checkpoints.ts";
import { generatorOf } from "../generator-of-run.ts";
import { fittingOf } from "../preparation.ts";
import { openRun, RunFolder } from "../run-folder.ts";
import { openCoding } from "./coding.ts";
import { commonFormat } from "./common-format.ts";
import { openGenerator } from "./generated-images.ts";
import { badRequest, type EvaluationControl, type EvaluationRequest, type Sides, usualCount } from "./request.ts";

/**
 * Opens what is scored and what it is compared with: a run with its own data or others, a generator's file, or images.
 * @throws AtelierError (usage, data, file) when one is not there or they do not go together.
 */
export async function openSides(request: EvaluationRequest, control: EvaluationControl): Promise<Sides> {
  const { subject, against, best = false } = request;
  const found = await stat(subject).catch(() => undefined);
  const isRun = found?.isDirectory() === true && (await isThere(new RunFolder(subject).config));
  if (best && !isRun) throw badRequest("--best", "the folder of a run", subject, "leave --best out");
  if (isRun) return await openRunSides(request, control);
  if (against === undefined) {
    if (found === undefined && !subject.startsWith("sample:")) {
      throw badRequest(subject, "a run, a generator.onnx or images", "nothing there", "check the path");
    }
    const help = "add --against DATA, such as a folder of images; or name the folder of a run, which knows its data";
    throw badRequest("--against", "real images to compare with", "nothing", help);
  }
  return extname(subject) === ".onnx"
    ? await openGeneratorSides(request, against, control)
    : await openImageSides(request, against, control);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** A run against its own data, or others that are prepared as its own. */
async function openRunSides(request: EvaluationRequest, control: EvaluationControl): Promise<Sides> {
  assertNoForm(request);
  const { subject: path, against, best = false } = request;
  const { run, plan } = await openRun(path);
  const { config } = plan;
  const file = await generatorOf(run, { best });
  const isOwn = against === undefined;
  const source = isOwn
    ? await ownSource(path, config.data, request.labels ?? config.labels)
    : await openSource(against, { labels: request.labels });
  const fitting = fittingOf(config);
  const { seed, heldOut: heldOutFraction } = config;
  const labelsPerClass = isOwn ? config.labelsPerClass : undefined;
  const packing = { format: formatOf(config), fitting, seed, heldOutFraction, labelsPerClass };
  return await withData(source, packing, control, async (dataset) => {
    const trained = (await loadLatestCheckpoint(run.checkpoints)).data === identityOf(dataset);
    if (isOwn && !trained) {
      throw new AtelierError({
        kind: "data",
        where: locationText(source),
        expected: "the images that the run was trained on",
        received: "others: images were changed, added, removed, renamed or given other labels",
        help: "restore them, or name the images to compare with: --against DATA",
      });
    }
    const open = async (reference: Dataset, hiddenLabels = 0): Promise<Sides> => {
      const opened = await openGenerator(file, request, dataset.heldOut.count);
      const coding = await openCoding(run, config, { best });
      const split = trained ? undefined : usualSplit(source);
      return {
        subject: { ...opened.subject, ...coding.measures, kind: "run", place: path, weights: "average", chosen: best },
        close: async () => {
          await opened.close();
          await coding.close();
        },
        reference: {
          ...referenceOf(reference, source, fitting),
          trained,
          drawnHere: !trained && split === "all",
          hiddenLabels,
        },
        split,
        ...(isOwn && { run }),
      };
    };
    if (labelsPerClass === undefined) return await open(dataset);
    // Labels that were hidden from the run may still judge it: it has learned nothing from them.
    const { labelsPerClass: _, ...withAllLabels } = packing;
    return await withData(source, withAllLabels, control, (all) =>
      open(all, labelsIn(all.train) - labelsIn(dataset.train)),
    );
  });
}

function labelsIn({ labels }: Split): number {
  return labels.filter((label) => label >= 0).length;
}

/** A run's own data. @throws AtelierError that says so when they are gone. */
async function ownSource(
  run: string,
  data: string | readonly string[],
  labels: string | undefined,
): Promise<ImageSource> {
  return await openSource(data, { labels }).catch((cause: unknown) => {
    if (!(cause instanceof AtelierError)) throw cause;
    const { where, expected, received } = cause.details;
    const help = `${run} was trained on them: put them back, or name real images with --against DATA`;
    throw new AtelierError({ kind: "data", where, expected, received, help }, { cause });
  });
}

async function openGeneratorSides(
  request: EvaluationRequest,
  against: string | readonly string[],
  control: EvaluationControl,
): Promise<Sides> {
  assertNoForm(request);
  const { subject: file, seed = 0, labels } = request;
  const generator = await Generator.load(file);
  const { format } = generator.metadata;
  await generator.release();
  const source = await openSource(against, { labels });
  return await withData(source, { format, fitting: usualFitting, seed }, control, async (dataset) => {
    const split = usualSplit(source);
    const real = dataset.heldOut.count + (split === "all" ? dataset.train.count : 0);
    const reference = { ...referenceOf(dataset, source, usualFitting), drawnHere: split === "all" };
    return { ...(await openGenerator(file, request, real)), split, reference };
  });
}

/** Images against images: generated ones from elsewhere, or another data set. */
async function openImageSides(
  request: EvaluationRequest,
  against: string | readonly string[],
  control: EvaluationControl,
): Promise<Sides> {
  const { subject: place, seed = 0, images, labels } = request;
  const source = await openSource(place);
  const referenceSource = await openSource(against, { labels });
  const format = await commonFormat(source, referenceSource, request);
  const packing = { format, fitting: usualFitting, seed };
  return await withData(referenceSource, packing, control, async (reference) =>
    withData(source, { ...packing, heldOutFraction: 0 }, control, (dataset) => {
      const split = usualSplit(referenceSource);
      return Promise.resolve({
        subject: {
          kind: "images",
          place,
          sha256: dataset.content,
          images: imagesOfBoth(dataset, format, images ?? usualCount.most, seed),
          classNames: dataset.classNames,
          compressed: isJpeg(source),
        },
        split,
        reference: { ...referenceOf(reference, referenceSource, usualFitting), drawnHere: split === "all" },
        close: () => Promise.resolve(),
      });
    }),
  );
}

/** Sides that need a data set, which is closed with them, or at once where they cannot be opened. */
async function withData(
  source: ImageSource,
  options: Omit<Parameters<typeof packDataset>[1], "signal">,
  { onProgress, signal }: EvaluationControl,
  open: (dataset: Dataset) => Promise<Sides>,
): Promise<Sides> {
  const task = `preparing images of ${locationText(source)}`;
  const report = (done: number, total: number) => onProgress?.(task, done, total);
  const dataset = await packDataset(source, { ...options, ...(signal && { signal }) }, report);
  try {
    const sides = await open(dataset);
    return {
      ...sides,
      close: async () => {
        await sides.close();
        dataset.close();
      },
    };
  } catch (cause) {
    dataset.close();
    throw cause;
  }
}

function referenceOf(
  dataset: Dataset,
  source: ImageSource,
  fitting: EvaluationReference["fitting"],
): EvaluationReference {
  return { dataset, place: locationText(source), fitting, trained: false, compressed: isJpeg(source) };
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

/** @throws AtelierError (usage) for a form that a generator decides. */
function assertNoForm({ size, channels }: EvaluationRequest): void {
  const [where, given] = size === undefined ? (["--channels", channels] as const) : (["--size", size] as const);
  if (given === undefined) return;
  const expected = "nothing: the generator decides the form of the images";
  throw badRequest(where, expected, String(given), `leave ${where} out`);
}
