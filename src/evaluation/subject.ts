import type { Dataset, Fitting, ImageSet } from "../data/index.ts";
import type { ExtractorChoice } from "./extractor-choice.ts";
import type { MetricName } from "./metric-names.ts";
import type { Reconstruct } from "./reconstruction.ts";
import type { ScoreCard } from "./score-card.ts";

/** How probable a model finds images, in nats an image: means over them, the lower the more probable. */
export interface ImageLikelihood {
  /** Negative evidence lower bound. */
  readonly bound: number;
  /** Negative importance-weighted bound of `draws` codes an image. */
  readonly importanceWeighted: number;
  /** Standard deviation of `importanceWeighted` over other images like these. */
  readonly standardError: number;
  /** What the probability is of, such as `binary pixels`. */
  readonly of: string;
  readonly images: number;
  readonly draws: number;
}

export type MeasureLikelihood = (
  images: ImageSet,
  control: {
    readonly onProgress: (done: number, total: number) => void;
    readonly signal?: AbortSignal | undefined;
    readonly seed: number;
  },
) => Promise<ImageLikelihood>;

/** What is scored. */
export interface EvaluationSubject
  extends Pick<ScoreCard["subject"], "kind" | "place" | "sha256" | "step" | "weights"> {
  readonly images: ImageSet;
  /** What the labels of the images stand for; empty where they have none. */
  readonly classNames: readonly string[];
  /** Whether its images have been through JPEG. */
  readonly compressed: boolean;
  /** Whether it was chosen for its score on the held-out images. Default: false. */
  readonly chosen?: boolean;
  /** Encodes and decodes images, where the generator's model can. */
  readonly reconstruct?: Reconstruct;
  /** How probable the model finds images, where it can say. */
  readonly likelihood?: MeasureLikelihood;
}

/** Real images to compare with. */
export interface EvaluationReference {
  readonly dataset: Dataset;
  /** As the user named it. */
  readonly place: string;
  readonly fitting: Fitting;
  /** Whether the subject learned from its training images. */
  readonly trained: boolean;
  readonly compressed: boolean;
  /** Whether the held-out images were set apart by nothing but this evaluation. Default: false. */
  readonly drawnHere?: boolean;
  /** Labels of training images that the subject has not seen, though it learned from the images. Default: 0. */
  readonly hiddenLabels?: number;
}

/** The part of the reference that scores are measured against. */
export type ReferenceSplit = ScoreCard["reference"]["split"];

export interface EvaluateOptions {
  readonly subject: EvaluationSubject;
  readonly reference: EvaluationReference;
  /** The real images that scores are measured against. Default: those held out, or all where too few are. */
  readonly split?: ReferenceSplit | undefined;
  /** Default: all that the images and the extractor allow. */
  readonly metrics?: readonly MetricName[] | undefined;
  /** Default: the embedded random embedding. */
  readonly features?: ExtractorChoice | undefined;
  /** Real images that are compared at most; drawn by the seed. Default: 10,000. */
  readonly mostReal?: number | undefined;
  /** Decides what is drawn. Default: 0. */
  readonly seed?: number | undefined;
  /** Whether scores get intervals, which takes several times as long. Default: true. */
  readonly intervals?: boolean | undefined;
  /** Told, in words, what a user should know. */
  readonly notify?: ((text: string) => void) | undefined;
  /** Called as work goes on, with what is done. */
  readonly onProgress?: ((task: string, done: number, total: number) => void) | undefined;
  /** When it aborts, its reason is thrown, and nothing has been written. */
  readonly signal?: AbortSignal | undefined;
  /** Where features of real images and classifiers are kept. Default: the usual cache folder. */
  readonly cacheFolder?: string | undefined;
}

export interface Evaluation {
  readonly card: ScoreCard;
  /** A PNG: the most suspicious images beside their nearest training images; there where copying was looked for. */
  readonly copies?: Uint8Array;
}
