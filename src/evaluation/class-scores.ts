import type { ImageSet } from "../data/index.ts";
import { type ImageClassifier, trainClassifier } from "../features/index.ts";
import {
  accuracyOf,
  confusionOf,
  type Interval,
  predictedClasses,
  rightGuesses,
  shareInterval,
} from "../metrics/index.ts";
import { labelsAmong } from "./classes.ts";
import { compareFeatures } from "./compare.ts";
import { extractFeatures } from "./extraction.ts";
import { type MetricName, metricGroups } from "./metric-names.ts";
import type { Confusion } from "./score-card.ts";
import type { Workshop } from "./workshop.ts";

/** Labelled images of a class, on average, below which nothing can be learned. */
const LEAST_LABELS = 2;

/**
 * Adds the scores by a classifier of the reference's labels, and, unless scores were asked for by name, the distances
 * between its features.
 * @returns how the classifier does on held-out images, where that is known.
 */
export async function scoreClasses(workshop: Workshop, images: ImageSet): Promise<Confusion | undefined> {
  const { subject, reference, notify } = workshop.options;
  const { classNames, train, content } = reference.dataset;
  const possible =
    subject.classNames.length > 0 || workshop.isAsked ? metricGroups.class : ["classifier-error" as const];
  const wanted = workshop.wanted<MetricName>(possible);
  if (wanted.size === 0) return undefined;
  const labelled = train.labels.filter((label) => label >= 0).length;
  if (classNames.length < 2 || labelled < LEAST_LABELS * classNames.length) {
    const reason = `${reference.place} has too few labels to learn a classifier from`;
    const help = "give labels: class folders, labels.csv or --labels FILE";
    if (workshop.isAsked) for (const metric of wanted) workshop.refused.push({ metric, reason, help });
    return undefined;
  }
  const judge = await trainClassifier(workshop.real("train", train.count), {
    classNames,
    seed: workshop.seed,
    content,
    cacheFolder: workshop.options.cacheFolder,
    ...workshop.control("learning a classifier of the labels"),
  });
  const index = workshop.add(judge);
  if (!workshop.isAsked) {
    notify?.("The data has labels: a classifier learns them, and its features are compared, too");
    await compareFeatures(workshop, index, images);
  }
  const heldOut = workshop.real("heldOut");
  const onReal = await judged(workshop, judge, heldOut);
  if (wanted.has("classifier-error")) scoreJudge(workshop, index, onReal);
  const asked = { ...images, labels: labelsAmong({ ...subject, images }, classNames) };
  if (wanted.has("label-accuracy")) await scoreLabels(workshop, { judge, index, onReal, asked });
  if (wanted.has("classification-accuracy")) await scoreStudent(workshop, { asked, heldOut, classNames });
  if (onReal === undefined) return undefined;
  const { counts, images: count } = onReal;
  const { hiddenLabels = 0 } = reference;
  const hidden = hiddenLabels > 0 && { hiddenLabels };
  return { classNames: [...classNames], counts, images: count, labels: labelled, ...hidden };
}

/** How a classifier does on images whose classes are known. */
interface Judgement {
  readonly images: number;
  readonly accuracy: number;
  readonly interval: Interval;
  /** [true class][predicted class] */
  readonly counts: number[][];
}

/** Undefined where no image has a label. */
async function judged(
  { options: { signal } }: Workshop,
  judge: ImageClassifier,
  images: ImageSet,
): Promise<Judgement | undefined> {
  const labels = images.labels ?? new Int32Array();
  if (!labels.some((label) => label >= 0)) return undefined;
  const { logits = new Float32Array() } = await extractFeatures(judge, images, { signal });
  const predicted = predictedClasses(logits, judge.classes.length);
  const { value: accuracy, images: count } = accuracyOf(predicted, labels);
  return {
    images: count,
    accuracy,
    interval: shareInterval(rightGuesses(predicted, labels)),
    counts: confusionOf(predicted, labels, judge.classes.length),
  };
}

function scoreJudge({ scores, refused }: Workshop, extractor: number, onReal: Judgement | undefined): void {
  const metric = "classifier-error";
  if (onReal === undefined) {
    const help = "keep labelled images out of training: a larger heldOut, or a test/ folder with classes";
    refused.push({ metric, reason: "no held-out image has a label", help });
    return;
  }
  const { accuracy, images: real } = onReal;
  const { low, high, method } = onReal.interval;
  const interval = { low: 1 - high, high: 1 - low, method };
  scores.push({
    metric,
    extractor,
    reference: "heldOut",
    value: 1 - accuracy,
    interval,
    real,
    generated: 0,
    unsafe: [],
    rough: [],
  });
}

/** A judge that errs more often than this on real images cannot tell generated ones apart either. */
const POOR_JUDGE = 0.3;

async function scoreLabels(
  workshop: Workshop,
  {
    judge,
    index: extractor,
    onReal,
    asked,
  }: { judge: ImageClassifier; index: number; onReal: Judgement | undefined; asked: ImageSet },
): Promise<void> {
  const metric = "label-accuracy";
  const judgement = await judged(workshop, judge, asked);
  if (judgement === undefined) {
    workshop.refused.push({ metric, ...unknownClasses });
    return;
  }
  const { accuracy: value, interval, images: generated } = judgement;
  workshop.scores.push({ metric, extractor, value, interval, real: 0, generated, unsafe: doubts(onReal), rough: [] });
}

/** What speaks against a judge. */
function doubts(onReal: Judgement | undefined): string[] {
  if (onReal === undefined) return ["the judge's own error is not known: no held-out image has a label"];
  const error = 1 - onReal.accuracy;
  return error > POOR_JUDGE ? [`the judge itself errs on ${(100 * error).toFixed(0)} % of held-out real images`] : [];
}

/** Ravuri and Vinyals 2019, "Classification Accuracy Score for Conditional Generative Models". */
async function scoreStudent(
  workshop: Workshop,
  { asked, heldOut, classNames }: { asked: ImageSet; heldOut: ImageSet; classNames: readonly string[] },
): Promise<void> {
  const metric = "classification-accuracy";
  const { scores, refused, seed, options } = workshop;
  const labels = asked.labels ?? new Int32Array();
  const missing = classNames.filter((_, index) => !labels.includes(index));
  if (missing.length === classNames.length) {
    refused.push({ metric, ...unknownClasses });
    return;
  }
  if (missing.length > 0) {
    const named = `${missing.slice(0, 5).join(", ")}${missing.length > 5 ? " …" : ""}`;
    refused.push({
      metric,
      reason: `there are no generated images of ${named}`,
      help: "generate images of every class",
    });
    return;
  }
  const student = await trainClassifier(asked, {
    classNames,
    seed,
    content: options.subject.sha256,
    cacheFolder: options.cacheFolder,
    ...workshop.control("learning a classifier of the generated images"),
  });
  const judgement = await judged(workshop, student, heldOut);
  await student.release();
  if (judgement === undefined) {
    refused.push({
      metric,
      reason: "no held-out image has a label",
      help: "keep labelled images out of training, to test on",
    });
    return;
  }
  const { accuracy: value, interval, images: real } = judgement;
  const generated = labels.filter((label) => label >= 0).length;
  scores.push({ metric, reference: "heldOut", value, interval, real, generated, unsafe: [], rough: [] });
}

const unknownClasses = {
  reason: "it is not known which class each image should be of",
  help: "give generated images in folders that are called as the classes",
} as const;
