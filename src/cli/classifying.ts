import { dirname, extname, resolve } from "node:path";
import { csvText, type Dataset, type ImageSet, imagesOf } from "../data/index.ts";
import { classifyAll, imagesOfBoth, labelsAmong } from "../evaluation/index.ts";
import { Classifier } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { confusionOf } from "../metrics/index.ts";
import { type Config, classifierOf, openAsOwn, openOwnImages, openRun } from "../training/index.ts";
import { targetOf } from "./chosen-generator.ts";
import { errorText } from "./error-text.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { counted, grouped, plain, table } from "./text.ts";

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
    const answers = answersOf(
      await classifyAll((pixels) => classifier.classify(pixels), images, classNames.length, control),
      threshold,
    );
    await classifier.release();
    await makeFolder(dirname(target));
    await writeFileWhole(target, csvText(csvRows(images, answers, classNames)));
    progress?.clear();
    const labels = labelsAmong({ images, classNames: dataset.classNames }, classNames);
    const summary: Summary = {
      out: target,
      images: images.count,
      threshold,
      uncertain: answers.filter(({ isUncertain }) => isUncertain).length,
      classes: summaryOf(answers, classNames),
      ...errorOf(answers, labels, classNames),
      foreign: foreignLabels(images, dataset.classNames, labels),
      skipped: dataset.skipped.length,
      hasLearned: request.images !== undefined && isOwn(request.images, config),
    };
    process.stdout.write(json ? `${JSON.stringify(summary)}\n` : summaryText(summary, path, request));
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
    help: `name images: atelier classify ${run} IMAGES`,
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
    help: "it gets a line for each image: file, label, probability, uncertain",
  });
}

/** What the classifier says of one image. */
interface Answer {
  readonly label: number;
  readonly probability: number;
  readonly isUncertain: boolean;
}

function answersOf(
  { count, dimension, values }: { readonly count: number; readonly dimension: number; readonly values: Float32Array },
  threshold: number,
): readonly Answer[] {
  return Array.from({ length: count }, (_, image) => {
    const ofImage = values.subarray(image * dimension, (image + 1) * dimension);
    const label = ofImage.reduce((best, value, index) => (value > (ofImage[best] ?? 0) ? index : best), 0);
    const probability = ofImage[label] ?? Number.NaN;
    return { label, probability, isUncertain: !(probability >= threshold) };
  });
}

/** The columns `file` and `label` make it a table of labels for `--labels`. */
function* csvRows({ names }: ImageSet, answers: readonly Answer[], classNames: readonly string[]) {
  yield ["file", "label", "probability", "uncertain"];
  for (const [image, { label, probability, isUncertain }] of answers.entries()) {
    yield [names?.[image] ?? "", classNames[label] ?? "", probability.toFixed(4), isUncertain ? "yes" : "no"];
  }
}

interface ClassSummary {
  readonly label: string;
  readonly images: number;
  /** Mean probability; null where no image is taken for it. */
  readonly probability: number | null;
  readonly uncertain: number;
}

/** Images of one class that are taken for another. */
interface Mistake {
  readonly label: string;
  readonly takenFor: string;
  readonly images: number;
  /** Images of that class. */
  readonly of: number;
}

interface Summary {
  readonly out: string;
  readonly images: number;
  readonly threshold: number;
  readonly uncertain: number;
  readonly classes: readonly ClassSummary[];
  /** There where some images have labels that the classifier knows. */
  readonly error?: { readonly images: number; readonly wrong: number };
  /** The most frequent first. */
  readonly mistakes?: readonly Mistake[];
  /** Labels of the images that the classifier does not know. */
  readonly foreign: readonly string[];
  /** Images that could not be read. */
  readonly skipped: number;
  /** Whether the run learned from these images. */
  readonly hasLearned: boolean;
}

function summaryOf(answers: readonly Answer[], classNames: readonly string[]): readonly ClassSummary[] {
  return classNames.map((label, index) => {
    const own = answers.filter((answer) => answer.label === index);
    const total = own.reduce((sum, { probability }) => sum + probability, 0);
    return {
      label,
      images: own.length,
      probability: own.length === 0 ? null : total / own.length,
      uncertain: own.filter(({ isUncertain }) => isUncertain).length,
    };
  });
}

/** @param labels of each image the class that it is, -1: not known. */
function errorOf(
  answers: readonly Answer[],
  labels: Int32Array,
  classNames: readonly string[],
): Pick<Summary, "error" | "mistakes"> {
  const known = labels.filter((label) => label >= 0).length;
  if (known === 0) return {};
  const guesses = answers.map(({ label }) => label);
  const mistakes = confusionOf(guesses, labels, classNames.length).flatMap((row, label) => {
    const of = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((images, guess) =>
      images === 0 || guess === label
        ? []
        : { label: classNames[label] ?? "", takenFor: classNames[guess] ?? "", images, of },
    );
  });
  mistakes.sort((one, other) => other.images - one.images);
  const wrong = mistakes.reduce((sum, { images }) => sum + images, 0);
  return { error: { images: known, wrong }, mistakes };
}

function foreignLabels(
  { labels = new Int32Array() }: ImageSet,
  own: readonly string[],
  known: Int32Array,
): readonly string[] {
  return own.filter((_, label) => labels.some((value, image) => value === label && (known[image] ?? -1) < 0));
}

/** Whether the images are the data of the run, by where they lie. */
function isOwn(images: string, { data }: Config): boolean {
  return [data].flat().some((place) => place === images || resolve(place) === resolve(images));
}

/** Mistakes that are named. */
const MOST_MISTAKES = 5;

function summaryText(
  { out, images, threshold, uncertain, classes, error, mistakes = [], foreign, skipped, hasLearned }: Summary,
  run: string,
  request: ClassifyRequest,
): string {
  const held = request.images === undefined ? "held-out " : "";
  const marked = uncertain === 0 ? "none" : grouped(uncertain);
  const lines = [
    `${counted(images, `${held}image`)} classified, ${marked} uncertain (probability below ${threshold}); the table is ${out}`,
  ];
  const rows = classes.map(({ label, images: count, probability, uncertain: unsure }) => [
    plain(label),
    grouped(count),
    probability === null ? "-" : `${(100 * probability).toFixed(1)} %`,
    grouped(unsure),
  ]);
  lines.push(table([["class", "images", "mean probability", "uncertain"], ...rows]).trimEnd());
  if (error !== undefined) {
    lines.push(`Judged by the images' own labels: ${errorText(error, held)}`);
    const named = mistakes
      .slice(0, MOST_MISTAKES)
      .map(({ label, takenFor, images: count, of }) => [
        `${count} of ${of}`,
        `${plain(label)} taken for ${plain(takenFor)}`,
      ]);
    if (named.length > 0) lines.push(table(named).trimEnd());
  }
  if (error !== undefined && hasLearned) {
    lines.push(
      `The run learned from most of these images, so that says little of others: atelier classify ${run} takes those held out.`,
    );
  }
  if (foreign.length > 0) {
    const names = foreign.slice(0, MOST_MISTAKES).map(plain).join(", ");
    lines.push(
      `Images labelled ${names}${foreign.length > MOST_MISTAKES ? ", …" : ""} are left out of the error: the run has no such class.`,
    );
  }
  if (skipped > 0) lines.push(`${counted(skipped, "image")} could not be read: see atelier data`);
  return `${lines.join("\n")}\n`;
}
