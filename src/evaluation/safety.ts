import type { ExtractorIdentity } from "../features/index.ts";
import { comparedMetrics, type MetricName } from "./metric-names.ts";
import type { Score } from "./score-card.ts";

/** What is known about both sides, whatever the score. */
export interface KnownCircumstances {
  /** Content hash of the real images' data set. */
  readonly content: string;
  /** Whether only one side has been through JPEG. */
  readonly compressed?: "real" | "generated" | undefined;
  /** Scored images that are also among the real ones, pixel by pixel. */
  readonly shared: number;
  /** Whether the reference is what the subject was trained on. */
  readonly trained: boolean;
  /** Whether the held-out images were set apart by this command alone, so that the subject may have learned from them. */
  readonly drawnHere: boolean;
  /** Whether this checkpoint was chosen for its score on the held-out images. */
  readonly chosen: boolean;
}

/** What is known about a score when it is judged. */
export interface Circumstances extends KnownCircumstances {
  readonly metric: MetricName;
  readonly extractor?: ExtractorIdentity | undefined;
  readonly reference: NonNullable<Score["reference"]>;
  /** Images of both sides. */
  readonly real: number;
  readonly generated: number;
}

/** What speaks against a score: see the score card. */
export type Doubts = Pick<Score, "unsafe" | "rough">;

/** Below this the precision-recall family depends more on the number of images than on the images; below the other it is noise. */
const NEIGHBOURS = { rough: 500, unsafe: 50 } as const;
/** Below this KID's spread is as large as most differences that one wants to see; below the other it is noise. */
const KID = { rough: 100, unsafe: 30 } as const;
/** The Inception score's usual number of images is 50,000; below this it is mostly bias. */
const FEW_FOR_INCEPTION = 5000;
/** Share of the scored images that may be among the real ones by chance, as a plain white picture. */
const SHARED = 0.01;

const comparing: ReadonlySet<MetricName> = new Set(comparedMetrics);

/** What speaks against a score; nothing where nothing is known against it. */
export function doubtsAbout(circumstances: Circumstances): Doubts {
  const { unsafe, rough } = doubtsOfCounts(circumstances);
  const { metric, extractor, reference, content, generated, compressed, shared, trained } = circumstances;
  const compares = comparing.has(metric);
  if (compares && shared > SHARED * generated) {
    unsafe.push(`${shared} of the ${generated} images are also among those that they are compared with`);
  }
  if (compares && reference !== "heldOut" && trained) {
    unsafe.push("measured against the images it was trained on: a generator that copies them wins");
  }
  if (compares && reference === "heldOut" && circumstances.drawnHere) {
    unsafe.push("these images were set apart only now: the generator may have learned from them");
  }
  if (extractor?.trainedOn === content && reference !== "heldOut") {
    unsafe.push("the extractor was trained on the same images");
  }
  if (compares && reference === "heldOut" && circumstances.chosen) {
    rough.push("this checkpoint was chosen for its score on these images: a little too good");
  }
  if (compares && compressed !== undefined) {
    rough.push(`only the ${compressed} images have been through JPEG, which moves the score by itself`);
  }
  return { unsafe, rough };
}

function doubtsOfCounts({ metric, extractor, real, generated }: Circumstances): Doubts {
  const fewest = Math.min(real, generated);
  const features = extractor?.features ?? 0;
  switch (metric) {
    case "fid-infinity":
      // Below twice the dimension FID is no straight line in 1 / n.
      if (fewest >= 2 * features) return { unsafe: [], rough: [] };
      return { unsafe: [`${fewest} images are too few to extrapolate for ${features} features`], rough: [] };
    case "fid":
      if (fewest > features) return { unsafe: [], rough: [] };
      return {
        unsafe: [`${fewest} images cannot fix the covariance of ${features} features: biased upward; KID is not`],
        rough: [],
      };
    case "kid":
      return fewImages(fewest, KID);
    case "precision":
    case "recall":
    case "density":
    case "coverage":
      return fewImages(fewest, NEIGHBOURS);
    case "inception-score":
      if (generated >= FEW_FOR_INCEPTION) return { unsafe: [], rough: [] };
      return { unsafe: [`only ${generated} images, where 50,000 are usual: biased downward`], rough: [] };
    case "label-accuracy":
    case "classification-accuracy":
    case "classifier-error":
    case "authentic":
    case "copying-z":
    case "copies":
    case "duplicates":
    case "mse":
    case "psnr":
    case "ssim":
    case "bound":
    case "likelihood":
      return { unsafe: [], rough: [] };
  }
}

function fewImages(fewest: number, least: { readonly rough: number; readonly unsafe: number }): Doubts {
  if (fewest < least.unsafe) return { unsafe: [`only ${fewest} images a side: mostly chance`], rough: [] };
  if (fewest >= least.rough) return { unsafe: [], rough: [] };
  return { unsafe: [], rough: [`only ${fewest} images a side: compare at equal counts only`] };
}

/** Share by which FID-infinity may lie below FID before FID is called biased; above the other it says little else. */
const BIAS = { rough: 0.1, unsafe: 0.5 } as const;

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
    if (endless === undefined || score.value === 0 || endless.value > score.value * (1 - BIAS.rough)) return score;
    const share = 1 - Math.max(0, endless.value) / score.value;
    const reason = `biased upward by too few images, by about ${Math.round(100 * share)} %: compare at equal counts only`;
    const level = share > BIAS.unsafe ? "unsafe" : "rough";
    return { ...score, [level]: [...score[level], reason] };
  });
}
