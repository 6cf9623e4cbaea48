import type { ImageSet } from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import { type FeatureMatrix, inceptionScore, rowsAt } from "../metrics/index.ts";
import { labelsAmong } from "./classes.ts";
import { type ExtractedSet, extractFeatures } from "./extraction.ts";
import { type Comparison, measureFeatures } from "./measure.ts";
import { comparedMetrics, type MetricName, metricDescriptions } from "./metric-names.ts";
import { doubtsAbout } from "./safety.ts";
import type { Score } from "./score-card.ts";
import { LEAST_IMAGES, type Workshop } from "./workshop.ts";

/**
 * Adds all scores that compare the features of images with those of the reference: beside what real training images get in
 * their place, and, where the images' generator learned from them, against as many training images.
 */
export async function compareFeatures(workshop: Workshop, index: number, images: ImageSet): Promise<ExtractedSet> {
  const { options, split } = workshop;
  const extractor = workshop.extractor(index);
  const generated = await extractFeatures(extractor, images, workshop.control(`features of ${workshop.scored}`));
  const real = workshop.real(split);
  const comparison = comparisonOf(workshop, index, await workshop.realFeatures(extractor, real), generated.features);
  const wanted = wantedOf(workshop, extractor);
  const scores = await measureFeatures(wanted, comparison);
  const mayRule = split === "heldOut" && extractor.identity.trainedOn === undefined;
  workshop.scores.push(...(mayRule ? await withRuler(workshop, scores, comparison) : scores));
  await compareWithinClasses(workshop, comparison, images, real);
  if (mayRule && options.reference.trained) {
    const training = await workshop.realFeatures(extractor, workshop.real("train", real.count));
    const against = { ...comparison, real: training, reference: "train" as const, intervals: false };
    workshop.scores.push(...(await measureFeatures(workshop.wanted(["fid", "kid"]), against)));
  }
  return generated;
}

/** The scores that are computed. A classifier's features tell classes apart and little else: blobs of the right colour have precision there. */
function wantedOf(workshop: Workshop, { identity }: FeatureExtractor): ReadonlySet<MetricName> {
  return workshop.wanted<MetricName>(identity.kind === "classifier" ? ["fid", "fid-infinity", "kid"] : comparedMetrics);
}

/** The scores, each with what as many training images get in place of the generated ones; FID only where there are as many. */
async function withRuler(
  workshop: Workshop,
  scores: readonly Score[],
  comparison: Comparison,
): Promise<readonly Score[]> {
  const extractor = workshop.extractor(comparison.extractor);
  const { count } = comparison.generated;
  const training = await workshop.realFeatures(extractor, workshop.real("train", count));
  if (training.count < LEAST_IMAGES) return scores;
  const ruled = scores.map(({ metric }) => metric).filter((metric) => metric !== "fid-infinity");
  const few = training.count < count;
  const wanted = new Set(few ? ruled.filter((metric) => metric !== "fid") : ruled);
  const rulers = await measureFeatures(wanted, { ...comparison, generated: training, intervals: false });
  return scores.map((score) => {
    const ruler = rulers.find(({ metric }) => metric === score.metric)?.value;
    return { ...score, ...(ruler !== undefined && { ruler }) };
  });
}

function comparisonOf(workshop: Workshop, index: number, real: FeatureMatrix, generated: FeatureMatrix): Comparison {
  const { options, products, split, seed, circumstances } = workshop;
  const { intervals = true, signal } = options;
  return {
    real,
    generated,
    products,
    extractor: index,
    identity: workshop.extractor(index).identity,
    reference: split,
    circumstances,
    seed,
    intervals,
    signal,
    onMetric: (metric) => workshop.progress(`computing ${metricDescriptions[metric].title}`, 0, 1),
  };
}

/** Adds FID within each class that has more images than features on both sides. */
async function compareWithinClasses(
  workshop: Workshop,
  comparison: Comparison,
  images: ImageSet,
  real: ImageSet,
): Promise<void> {
  const { subject, reference } = workshop.options;
  const { classNames } = reference.dataset;
  if (workshop.wanted(["fid"]).size === 0 || subject.classNames.length === 0 || classNames.length < 2) return;
  const labels = labelsAmong({ ...subject, images }, classNames);
  const { features } = comparison.identity;
  let few = 0;
  for (const [label, className] of classNames.entries()) {
    const rows = rowsWith(labels, label);
    const realRows = rowsWith(real.labels ?? new Int32Array(), label);
    if (Math.min(rows.length, realRows.length) <= features) {
      few++;
      continue;
    }
    const sides = { real: rowsAt(comparison.real, realRows), generated: rowsAt(comparison.generated, rows) };
    const within: Comparison = { ...comparison, ...sides, className, intervals: false, sizes: 5 };
    // FID-infinity tells how much of FID is bias; of few images it is nothing to show.
    const measured = await measureFeatures(new Set(["fid", "fid-infinity"]), within);
    workshop.scores.push(...measured.filter(({ metric }) => metric === "fid"));
  }
  if (few === 0) return;
  workshop.refused.push({
    metric: "fid",
    reason: `within ${few} of ${classNames.length} classes: no more than ${features} images on a side`,
    help: "more images of each class, on both sides",
  });
}

function rowsWith(labels: Int32Array, wanted: number): readonly number[] {
  return [...labels].flatMap((label, row) => (label === wanted ? [row] : []));
}

/** Adds the Inception score, where the extractor is a classifier of ImageNet's classes. */
export function scoreCertainty(
  workshop: Workshop,
  extractor: FeatureExtractor,
  { features, logits }: ExtractedSet,
): void {
  const metric = "inception-score";
  if (workshop.wanted([metric]).size === 0) return;
  const generated = features.count;
  if (extractor.classes === "imagenet" && logits !== undefined) {
    const { value, deviation } = inceptionScore(logits, logits.length / generated, { seed: workshop.seed });
    const { split: reference, circumstances } = workshop;
    const doubts = doubtsAbout({ metric, reference, real: 0, generated, ...circumstances });
    const spread = { deviation, over: "10 splits" };
    workshop.scores.push({ metric, extractor: 0, value, spread, real: 0, generated, ...doubts });
  } else if (workshop.isAsked) {
    workshop.refused.push({
      metric,
      reason: "it needs a classifier of ImageNet's classes",
      help: "give one with --features, such as an Inception-v3 with its logits",
    });
  }
}
