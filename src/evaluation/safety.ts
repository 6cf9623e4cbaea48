import type { ExtractorIdentity } from "../features/index.ts";
import type { MetricName } from "./metric-names.ts";
import type { Score } from "./score-card.ts";

/** What is known about a score when it is judged. */
export interface Circumstances {
  readonly metric: MetricName;
  readonly extractor?: ExtractorIdentity | undefined;
  readonly reference: NonNullable<Score["reference"]>;
  /** Images of both sides. */
  readonly real: number;
  readonly generated: number;
  /** Content hash of the real images' data set. */
  readonly content: string;
  /** Whether only one side has been through JPEG. */
  readonly compressed?: "real" | "generated" | undefined;
  /** Whether the scored images are those of the real images' data set. */
  readonly same: boolean;
  /** Whether the reference is what the subject was trained on. */
  readonly trained: boolean;
}

/** Below this the precision-recall family depends more on the number of images than on the images. */
const FEW_NEIGHBOURS = 500;
/** Below this KID's spread is as large as the differences that one wants to see. */
const FEW_FOR_KID = 100;
/** The Inception score's usual number of images is 50,000; below this it is mostly bias. */
const FEW_FOR_INCEPTION = 5000;

/** Scores that compare the features of the two sides. */
const comparing: ReadonlySet<MetricName> = new Set([
  "fid",
  "fid-infinity",
  "kid",
  "precision",
  "recall",
  "density",
  "coverage",
]);

/** Why a score must not be compared or quoted, in words; none where nothing is known against it. */
export function reasonsAgainst(circumstances: Circumstances): string[] {
  const { metric, extractor, reference, content, compressed, same, trained } = circumstances;
  const reasons = reasonsOfCounts(circumstances);
  const compares = comparing.has(metric);
  if (compares && same) reasons.push("the images are compared with themselves");
  if (compares && reference !== "heldOut" && trained) {
    reasons.push("measured against the images it was trained on: a generator that copies them wins");
  }
  if (extractor?.trainedOn === content && reference !== "heldOut") {
    reasons.push("the extractor was trained on the same images");
  }
  if (compares && compressed !== undefined) {
    reasons.push(`only the ${compressed} images have been through JPEG, which moves the score by itself`);
  }
  return reasons;
}

function reasonsOfCounts({ metric, extractor, real, generated }: Circumstances): string[] {
  const fewest = Math.min(real, generated);
  const features = extractor?.features ?? 0;
  switch (metric) {
    case "fid-infinity":
      // Below twice the dimension FID is no straight line in 1 / n.
      if (fewest >= 2 * features) return [];
      return [`${fewest} images are too few to extrapolate for ${features} features; more images, or KID instead`];
    case "fid":
      if (fewest > features) return [];
      return [
        `${fewest} images cannot fix the covariance of ${features} features: biased upward; more images, or KID instead`,
      ];
    case "kid":
      return fewest >= FEW_FOR_KID ? [] : [`only ${fewest} images`];
    case "precision":
    case "recall":
    case "density":
    case "coverage":
      if (fewest >= FEW_NEIGHBOURS) return [];
      return [`only ${fewest} images a side: neighbourhoods are coarse; compare at equal counts only`];
    case "inception-score":
      if (generated >= FEW_FOR_INCEPTION) return [];
      return [`only ${generated} images, where 50,000 are usual: biased downward`];
    case "label-accuracy":
    case "classification-accuracy":
    case "classifier-error":
    case "authentic":
    case "copying-z":
    case "copies":
    case "duplicates":
      return [];
  }
}

/** Share by which FID-infinity may lie below FID before FID is called biased. */
const BIASED = 0.1;

/** FID's own mark, once FID-infinity is known: too few images of a side bias it upward. */
export function markBias(scores: readonly Score[]): readonly Score[] {
  return scores.map((score) => {
    if (score.metric !== "fid" || score.unsafe.length > 0) return score;
    const endless = scores.find(
      ({ metric, extractor, reference, className }) =>
        metric === "fid-infinity" &&
        extractor === score.extractor &&
        reference === score.reference &&
        className === score.className,
    );
    if (endless === undefined || score.value === 0 || endless.value > score.value * (1 - BIASED)) return score;
    const share = Math.round(100 * (1 - Math.max(0, endless.value) / score.value));
    return {
      ...score,
      unsafe: [`biased upward by too few images: about ${share} % of it is bias; compare at equal counts only`],
    };
  });
}
