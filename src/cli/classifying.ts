import { dirname, extname, resolve } from "node:path";
import { csvText, type Dataset, type ImageSet, imagesOf, openSource } from "../data/index.ts";
import { classifyAll, imagesOfBoth } from "../evaluation/index.ts";
import { Classifier } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { shellWord } from "../foundation/shell.ts";
import { type Config, classifierOf, openAsOwn, openOwnImages, openRun } from "../training/index.ts";
import { targetOf } from "./chosen-generator.ts";
import { type Answer, classesOf, errorOf, foreignLabels, type Summary, summaryText } from "./classification-summary.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { grouped } from "./text.ts";

export interface ClassifyRequest {
  /** Images to classify: whatever can be trained on, or one image file. Default: the run's own held-out ones. */
  readonly images?: string;
  /** FILE.csv. Default: `classified.csv` in the run. */
  readonly out?: string;
  /** Probability below which an answer is marked as uncertain. Default: the run's `classifier.threshold`. */
  readonly threshold?: number;
  /** Take the classifier of the step that scored best, instead of the last one. Default: false. */
  readonly best?: boolean;
  /** Print one JSON object. Default: false. */
  readonly json?: boolean;
}

/**
 * Says what each image most probably is, writes it to a table and sums it up; where the images have labels themselves, with the
 * error. Nothing is overwritten. Ctrl-C ends it; nothing is then written.
 */
export async function classifyImages(path: string, request: ClassifyRequest): Promise<void> {
  const help = "start it again, with fewer images if it takes too long";
  await unlessInterrupted(`classify ${path}`, help, (signal) => classifyUntil(signal, path, request));
}

async function classifyUntil(signal: AbortSignal, path: string, request: ClassifyRequest): Promise<void> {
  const { best = false, json = false } = request;
  const { run, plan } = await openRun(path);
  const { config } = plan;
  const file = await classifierOf(run, config, { best });
  assertCsv(request.out);
  const target = await targetOf(path, request.out, "classified.csv");
  const threshold = request.threshold ?? config.classifier?.threshold ?? 0.95;
  const progress = json ? undefined : new Progress(process.stdout);
  const onProgress = (what: string) => (done: number, total: number) =>
    progress?.show(done, total, `${what}: ${grouped(done)} of ${grouped(total)} images`);
  const decoding = { onProgress: onProgress("preparing"), signal };
  const dataset =
    request.images === undefined
      ? await openOwnImages(run, config, decoding)
      : await openAsOwn(request.images, config, decoding);
  try {
    const images = imagesIn(dataset, path, request);
    const classifier = await Classifier.load(file);
    const { classNames } = classifier.metadata;
    const control = { onProgress: onProgress("classifying"), signal };
    const own = await ownLabels(images, dataset.classNames, request, config);
    const answers = answersOf(
      await classifyAll((pixels) => classifier.classify(pixels), images, classNames.length, control),
      threshold,
    ).map((answer, image): Answer => ({ ...answer, name: images.names?.[image] ?? "", own: own[image] ?? "" }));
    await classifier.release();
    await makeFolder(dirname(target));
    await writeFileWhole(target, csvText(csvRows(answers, classNames)));
    progress?.clear();
    const summary: Summary = {
      out: target,
      images: images.count,
      threshold,
      uncertain: answers.filter(({ isUncertain }) => isUncertain).length,
      unlabelled: answers.filter(({ own: label, isUncertain }) => isUncertain && label === "").length,
      classes: classesOf(answers, classNames),
      ...errorOf(answers, classNames),
      foreign: foreignLabels(answers, classNames),
      skipped: dataset.skipped.length,
      hasLearned: request.images !== undefined && isOwn(request.images, config),
    };
    const which = { run: path, ofHeldOut: request.images === undefined };
    process.stdout.write(json ? `${JSON.stringify(summary)}\n` : summaryText(summary, answers, classNames, which));
  } finally {
    progress?.clear();
    dataset.close();
  }
}

/** @throws AtelierError (usage) where there are none. */
function imagesIn(dataset: Dataset, run: string, { images }: ClassifyRequest): ImageSet {
  const { format, heldOut } = dataset;
  if (images !== undefined) return imagesOfBoth(dataset, format, Number.MAX_SAFE_INTEGER, 0);
  if (heldOut.count > 0) return imagesOf(heldOut, format);
  throw new AtelierError({
    kind: "usage",
    where: run,
    expected: "a run that has held images out from training, or images to classify",
    received: "one that was trained on all of its images",
    help: `name images: npx atelier classify ${shellWord(run)} IMAGES`,
  });
}

/** @throws AtelierError (usage) for a name that is not that of a table. */
function assertCsv(out: string | undefined): void {
  if (out === undefined || extname(out).toLowerCase() === ".csv") return;
  throw new AtelierError({
    kind: "usage",
    where: "--out",
    expected: "FILE.csv",
    received: out,
    help: "it gets a line for each image: file, label, guess, probability, uncertain",
  });
}

/**
 * The label that each image has of its own, "" where it has none. Of the run's own data the labels that the run was given with
 * `--labels` come first, as in training.
 */
async function ownLabels(
  { count, names = [], labels }: ImageSet,
  classNames: readonly string[],
  { images }: ClassifyRequest,
  config: Config,
): Promise<readonly string[]> {
  const found = Array.from({ length: count }, (_, image) => classNames[labels?.[image] ?? -1] ?? "");
  if (images === undefined || config.labels === undefined || !isOwn(images, config)) return found;
  const source = await openSource(images, { labels: config.labels }).catch((cause: unknown) => {
    // Of a run on several places, the labels may be of another.
    if (Array.isArray(config.data) && cause instanceof AtelierError && cause.details.kind === "data") return undefined;
    throw cause;
  });
  if (source === undefined) return found;
  const given = new Map(source.records.map(({ name, label }) => [name, label ?? ""]));
  return found.map((label, image) => given.get(names[image] ?? "") ?? label);
}

function answersOf(
  { count, dimension, values }: { readonly count: number; readonly dimension: number; readonly values: Float32Array },
  threshold: number,
): readonly Pick<Answer, "guess" | "probability" | "isUncertain">[] {
  return Array.from({ length: count }, (_, image) => {
    const ofImage = values.subarray(image * dimension, (image + 1) * dimension);
    const guess = ofImage.reduce((best, value, index) => (value > (ofImage[best] ?? 0) ? index : best), 0);
    const probability = ofImage[guess] ?? Number.NaN;
    return { guess, probability, isUncertain: !(probability >= threshold) };
  });
}

/** The columns `file` and `label` make it a table of labels for `--labels`: no label of the user's is lost, and no uncertain one added. */
function* csvRows(answers: readonly Answer[], classNames: readonly string[]) {
  yield ["file", "label", "guess", "probability", "uncertain"];
  for (const { name, own, guess: index, probability, isUncertain } of answers) {
    const guess = classNames[index] ?? "";
    const label = own === "" && !isUncertain ? guess : own;
    yield [name, label, guess, probability.toFixed(4), isUncertain ? "yes" : "no"];
  }
}

/** Whether the images are the data of the run, by where they lie. */
function isOwn(images: string, { data }: Config): boolean {
  return [data].flat().some((place) => place === images || resolve(place) === resolve(images));
}
