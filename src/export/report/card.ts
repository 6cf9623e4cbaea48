/** Scores with their protocol, as `atelier evaluate` stores them in scores.json: what the page uses of it. */
export interface ReportScoreCard {
  /** Version of Atelier. */
  readonly atelier: string;
  /** ISO 8601. */
  readonly time: string;
  readonly subject: {
    readonly kind: "run" | "generator" | "images";
    readonly place: string;
    readonly sha256: string;
    /** Training steps behind it. */
    readonly step?: number | undefined;
    readonly weights?: "average" | undefined;
    readonly images: number;
  };
  readonly reference: {
    readonly place: string;
    /** Hash of the images. */
    readonly content: string;
    readonly split: CardReference;
    readonly train: number;
    readonly heldOut: number;
  };
  readonly format: CardFormat;
  /** How real images were brought to that format. */
  readonly fitting: string;
  readonly seed: number;
  /** What is wrong with the images whatever the scores say, worst first, a sentence each. */
  readonly alarms: readonly string[];
  /** Name of the score to quote. */
  readonly headline?: string | undefined;
  readonly extractors: readonly CardExtractor[];
  readonly scores: readonly CardScore[];
  readonly refused: readonly CardRefusal[];
  readonly copying?: CardCopying | undefined;
  readonly confusion?: CardConfusion | undefined;
  readonly seconds: number;
}

/** The real images of a comparison: those held out from training, those trained on, or all there are. */
type CardReference = "heldOut" | "train" | "all";

interface CardFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

export interface CardExtractor {
  readonly kind: "random" | "classifier" | "network";
  readonly name: string;
  readonly sha256: string;
  readonly layer: string;
  /** Numbers an image. */
  readonly features: number;
  readonly input: CardFormat;
  readonly resize: string;
  readonly pixels: string;
}

export interface CardScore {
  readonly metric: string;
  /** Number of the extractor in the card's list. */
  readonly extractor?: number | undefined;
  readonly reference?: CardReference | undefined;
  /** The class, where only its images are compared. */
  readonly className?: string | undefined;
  readonly value: number;
  readonly interval?: { readonly low: number; readonly high: number; readonly method: string } | undefined;
  readonly spread?: { readonly deviation: number; readonly over: string } | undefined;
  readonly real: number;
  readonly generated: number;
  /** The same score of as many real training images in place of generated ones. */
  readonly ruler?: number | undefined;
  /** Why it must not be compared or quoted; empty: nothing known against it. */
  readonly unsafe: readonly string[];
  /** Why it is coarse: good enough to compare runs on the same images, by equal counts, and not more. */
  readonly rough: readonly string[];
}

export interface CardRefusal {
  readonly metric: string;
  readonly reason: string;
  /** Without a full stop. */
  readonly help: string;
}

export interface CardCopying {
  readonly alarm: boolean;
  /** One or two sentences. */
  readonly finding: string;
  readonly copies: number;
  readonly heldOutCopies?: number | undefined;
  readonly threshold: number;
  readonly generated: number;
  readonly training: number;
  readonly heldOut: number;
  /** The nearest first. */
  readonly suspects: readonly {
    /** Number of the generated image. */
    readonly generated: number;
    /** What it is called, where it has a name. */
    readonly name?: string | undefined;
    readonly training: string;
    readonly mirrored: boolean;
    readonly space: "features" | "pixels";
    readonly ratio: number;
  }[];
}

export interface CardConfusion {
  readonly classNames: readonly string[];
  /** [true class][predicted class] */
  readonly counts: readonly (readonly number[])[];
  readonly images: number;
  /** Labels that the judging classifier has learned from. */
  readonly labels?: number | undefined;
  /** Those of them that were hidden from the run. */
  readonly hiddenLabels?: number | undefined;
}
