import type { ImageSet } from "../data/index.ts";
import type { FeatureExtractor } from "../features/index.ts";
import { type FeatureMatrix, inceptionScore, rowsAt } from "../metrics/index.ts";
import { labelsAmong } from "./classes.ts";
import { type ExtractedSet, extractFeatures } from "./extraction.ts";
import { type Comparison, comparedMetrics, measureFeatures } from "./measure.ts";
import { metricDescriptions } from "./metric-names.ts";
import { reasonsAgainst } from "./safety.ts";
import type { Workshop } from "./workshop.ts";

/** Adds all scores that compare the features of images with those of the reference, and with those of as many training images. */
export async function compareFeatures(workshop: Workshop, index: number, images: ImageSet): Promise<ExtractedSet> {
  const { options, split } = workshop;
  const extractor = workshop.extractor(index);
  const generated = await extractFeatures(extractor, images, workshop.control("features of the images to score"));
  const real = workshop.real(split);
  const comparison = comparisonOf(workshop, index, await workshop.realFeatures(extractor, real), generated.features);
  workshop.scores.push(...(await measureFeatures(workshop.wanted(comparedMetrics), comparison)));
  await compareWithinClasses(workshop, comparison, images, real);
  if (split === "heldOut" && options.reference.trained && extractor.identity.trainedOn === undefined) {
    const training = await workshop.realFeatures(extractor, workshop.real("train", real.count));
    const against = { ...comparison, real: training, reference: "train" as const, intervals: false };
    workshop.scores.push(...(await measureFeatures(workshop.wanted(["fid", "kid"]), against)));
  }
  return generated;
}

function comparisonOf(workshop: Workshop, index: number, real: FeatureMatrix, generated: FeatureMatrix): Comparison {
  const { options, products, split, seed } = workshop;
  const { subject, reference, intervals = true, signal } = options;
  const compressed = subject.compressed ? "generated" : "real";
  return {
    real,
    generated,
    products,
    extractor: index,
    identity: workshop.extractor(index).identity,
    reference: split,
    circumstances: {
      content: reference.dataset.content,
      // Pictures of a generator that learned from JPEG files show what JPEG does, too.
      compressed: subject.compressed === reference.compressed || reference.trained ? undefined : compressed,
      same: subject.sha256 === reference.dataset.content,
      trained: reference.trained,
    },
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
    const circumstances = { content: "", same: false, trained: false, reference: workshop.split, real: 0, generated };
    const unsafe = reasonsAgainst({ metric, extractor: extractor.identity, ...circumstances });
    const spread = { deviation, over: "10 splits" };
    workshop.scores.push({ metric, extractor: 0, value, spread, real: 0, generated, unsafe });
  } else if (workshop.isAsked) {
    workshop.refused.push({
      metric,
      reason: "it needs a classifier of ImageNet's classes",
      help: "give one with --features, such as an Inception-v3 with its logits",
    });
  }
}
