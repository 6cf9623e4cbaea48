import { imageBytesOf, inMemory } from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { version } from "../foundation/version.ts";
import { MatrixProducts } from "../runtime/index.ts";
import { scoreClasses } from "./class-scores.ts";
import { scoreCoding } from "./coding-scores.ts";
import { compareFeatures, scoreCertainty } from "./compare.ts";
import { scoreCopying } from "./copy-scores.ts";
import { openChosenExtractor } from "./extractor-choice.ts";
import {
  comparedMetrics,
  likelihoodMetrics,
  type MetricName,
  metricDescriptions,
  metricGroups,
  metricNames,
  reconstructionMetrics,
} from "./metric-names.ts";
import { sharedImages } from "./overlap.ts";
import type { ScoreCard } from "./score-card.ts";
import type { EvaluateOptions, Evaluation, EvaluationSubject } from "./subject.ts";
import { LEAST_IMAGES, Workshop } from "./workshop.ts";

/**
 * Scores images against real ones: everything that the images and the extractor allow, each with its protocol and with
 * what speaks against it. Nothing is written but the cache of features.
 * @throws AtelierError (data) when there are too few images; the signal's reason when it aborts.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const products = await MatrixProducts.open();
  const workshop = new Workshop(options, products);
  try {
    return await evaluateIn(workshop);
  } finally {
    await workshop.release();
    await products.release();
  }
}

async function evaluateIn(workshop: Workshop): Promise<Evaluation> {
  const begun = performance.now();
  const { subject, features, notify } = workshop.options;
  assertEnough(workshop);
  assertHeld(workshop);
  const comparesFeatures = workshop.wanted(featureMetrics).size > 0;
  const chosen =
    comparesFeatures || workshop.wanted(metricGroups.copy).size > 0
      ? await openChosenExtractor(features, subject.images.format)
      : undefined;
  const index = chosen === undefined ? undefined : workshop.add(chosen.extractor);
  assertPossible(workshop, chosen?.extractor);
  if (chosen !== undefined) notify?.(chosen.reason);
  // They are looked at several times, and may have to be made each time.
  const task = subject.kind === "images" ? "reading images" : "making images";
  const images = looksAtImages(workshop) ? await inMemory(subject.images, workshop.control(task)) : subject.images;
  if (comparesFeatures && chosen !== undefined && index !== undefined) {
    workshop.shared = await sharedImages(images, workshop.real(workshop.split), workshop.options);
    scoreCertainty(workshop, chosen.extractor, await compareFeatures(workshop, index, images));
  }
  const confusion = await scoreClasses(workshop, images);
  const copying = index === undefined ? undefined : await scoreCopying(workshop, index, images);
  await scoreCoding(workshop);
  const card: ScoreCard = {
    ...protocolOf(workshop),
    ...(copying && { copying: copying.copying }),
    ...(confusion && { confusion }),
    seconds: (performance.now() - begun) / 1000,
  };
  return { card, ...(copying && { copies: copying.picture }) };
}

/** Scores of the features of the scored images. */
const featureMetrics = [...comparedMetrics, ...metricGroups.is] as const;

/** Scores of a model with real images alone: what it makes is not looked at. */
const withoutImages: ReadonlySet<MetricName> = new Set([
  ...reconstructionMetrics,
  ...likelihoodMetrics,
  "classifier-error",
]);

/** Whether anything that is wanted is found from the images that are scored. */
function looksAtImages(workshop: Workshop): boolean {
  return workshop.wanted(metricNames.filter((metric) => !withoutImages.has(metric))).size > 0;
}

/** Images a side from which FID is the score to quote, if nothing speaks against it; else KID, which few images do not bias. */
const MANY_IMAGES = 5000;

/** The scores with how they were measured. */
function protocolOf(workshop: Workshop): Omit<ScoreCard, "seconds"> {
  const { options, split, seed, scores, refused, alarms, identities } = workshop;
  const { images: set, kind, place: subjectPlace, sha256, step, weights } = options.subject;
  const { dataset, place, fitting } = options.reference;
  const fewest = Math.min(set.count, workshop.real(split).count);
  const preferred = fewest >= MANY_IMAGES ? (["fid", "kid"] as const) : (["kid"] as const);
  // Of the first extractor.
  const firsts = preferred.flatMap((metric) => scores.find((score) => score.metric === metric) ?? []);
  const headline = (firsts.find(({ unsafe }) => unsafe.length === 0) ?? firsts[0])?.metric;
  return {
    card: 1,
    atelier: version(),
    time: new Date().toISOString(),
    subject: {
      kind,
      place: subjectPlace,
      sha256,
      ...(step !== undefined && { step }),
      ...(weights && { weights }),
      // Those that were looked at.
      images: looksAtImages(workshop) ? set.count : 0,
    },
    reference: {
      place,
      content: dataset.content,
      split,
      train: dataset.train.count,
      heldOut: dataset.heldOut.count,
    },
    format: set.format,
    fitting: Object.values(fitting).join(", "),
    seed,
    alarms: [...alarms],
    ...(headline !== undefined && { headline }),
    extractors: [...identities],
    scores,
    refused,
  };
}

/** @throws AtelierError (data) when a side has too few images. */
function assertEnough(workshop: Workshop): void {
  const { options, split } = workshop;
  const { subject, reference } = options;
  const scored = { where: subject.place, count: subject.images.count, help: "give or generate more images, with -n" };
  const sides = [
    ...(looksAtImages(workshop) ? [scored] : []),
    {
      where: `${reference.place} (${splitWords[split]})`,
      count: workshop.real(split).count,
      help: split === "heldOut" ? "compare with all images: --split all" : "compare with more images: --against DATA",
    },
  ];
  for (const { where, count, help } of sides) {
    if (count >= LEAST_IMAGES) continue;
    const expected = `at least ${LEAST_IMAGES} images to compare`;
    throw new AtelierError({ kind: "data", where, expected, received: String(count), help });
  }
}

/** @throws AtelierError (usage) when nothing of what was asked for can be had of this subject, or with this extractor. */
function assertPossible({ options }: Workshop, extractor: FeatureExtractor | undefined): void {
  const { metrics, subject } = options;
  if (metrics === undefined) return;
  const obstacles = metrics.flatMap((metric) => obstacleTo(metric, subject, extractor) ?? []);
  const [help] = obstacles;
  if (help === undefined || obstacles.length < metrics.length) return;
  throw new AtelierError({
    kind: "usage",
    where: "--metrics",
    expected: `scores that can be computed of ${subject.place}`,
    received: metrics.map((metric) => metricDescriptions[metric].title).join(", "),
    help,
  });
}

/** What a score would take that is not there. */
function obstacleTo(
  metric: MetricName,
  { reconstruct, likelihood }: EvaluationSubject,
  extractor: FeatureExtractor | undefined,
): string | undefined {
  const isOf = (group: readonly MetricName[]) => group.includes(metric);
  if (isOf(metricGroups.is) && extractor?.classes !== "imagenet") {
    return "a classifier of ImageNet's classes is needed: give one with --features, such as an Inception-v3 with its logits";
  }
  if (isOf(reconstructionMetrics) && reconstruct === undefined) {
    return "only models that encode images reconstruct them: score the run of an autoencoder, VAE or VQ-VAE";
  }
  if (isOf(likelihoodMetrics) && likelihood === undefined) {
    return "this model gives images no probability: score the run of a VAE";
  }
  return undefined;
}

/** Bytes of the images that are scored, at most: all lie in memory. */
const MOST_BYTES = 2 ** 31;

/** @throws AtelierError (usage) when the images to score do not fit into memory. */
function assertHeld({ options: { subject } }: Workshop): void {
  const most = Math.floor(MOST_BYTES / imageBytesOf(subject.images.format));
  if (subject.images.count <= most) return;
  throw new AtelierError({
    kind: "usage",
    where: "-n",
    expected: `at most ${most} images of this size`,
    received: String(subject.images.count),
    help: "10,000 are enough for every score but the usual FID, which takes 50,000",
  });
}

const splitWords = { heldOut: "held-out images", train: "training images", all: "all images" } as const;
