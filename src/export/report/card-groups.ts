import type { CardScore, ReportScoreCard } from "./card.ts";
import { extractorName } from "./card-text.ts";

/** Scores that compare the same things. */
export interface ScoreGroup<S extends CardScore> {
  readonly heading: string;
  readonly scores: readonly S[];
}

/** A reason against scores, and the scores that it speaks against. */
export interface ReasonAgainst<S extends CardScore> {
  readonly reason: string;
  readonly scores: readonly S[];
}

interface Scores<S extends CardScore> {
  readonly headline?: string | undefined;
  readonly scores: readonly S[];
}

/** The score to quote: that of all images by the first extractor that has it. */
export function headlineOf<S extends CardScore>({ headline, scores }: Scores<S>): S | undefined {
  return scores.find(({ metric, className }) => metric === headline && className === undefined);
}

/**
 * Scores of whole sets by what they compare: the features of each extractor against the card's real images, then against others; then
 * reconstructions and likelihood, labels, and copies. The score to quote begins its group; otherwise the given order is kept.
 */
export function scoreGroups<S extends CardScore>(card: Scores<S> & ReportScoreCard): readonly ScoreGroup<S>[] {
  const headline = headlineOf<S>(card);
  const whole = card.scores.filter(({ className }) => className === undefined);
  const groups = new Map<string, S[]>();
  for (const score of headline === undefined ? whole : [headline, ...whole.filter((one) => one !== headline)]) {
    const key = rankOf(score, card).join();
    groups.set(key, [...(groups.get(key) ?? []), score]);
  }
  return [...groups.values()]
    .flatMap((scores) => scores.slice(0, 1).map((first) => ({ first, scores, rank: rankOf(first, card) })))
    .sort((one, other) => compared(one.rank, other.rank))
    .map(({ first, scores }) => ({ heading: headingOf(first, card), scores }));
}

/** Each reason once, with the scores that it speaks against. */
export function reasonsAgainst<S extends CardScore>(
  scores: readonly S[],
  kind: "rough" | "unsafe",
): readonly ReasonAgainst<S>[] {
  const reasons = new Map<string, S[]>();
  for (const score of scores) {
    for (const reason of score[kind]) reasons.set(reason, [...(reasons.get(reason) ?? []), score]);
  }
  return [...reasons].map(([reason, against]) => ({ reason, scores: against }));
}

/** Whether a score compares features with training images where the card's others compare with images not learned from. */
export function againstTraining(score: CardScore, { reference: { split } }: ReportScoreCard): boolean {
  return kindOf(score) === "features" && score.reference === "train" && split !== "train";
}

const KINDS = ["features", "reconstruction", "likelihood", "labels", "copies"] as const;
const LABELS: readonly string[] = ["classifier-error", "label-accuracy", "classification-accuracy"];
const COPIES: readonly string[] = ["copies", "authentic", "copying-z", "duplicates"];
const RECONSTRUCTION: readonly string[] = ["mse", "psnr", "ssim"];
const LIKELIHOOD: readonly string[] = ["bound", "likelihood"];

function kindOf({ metric }: CardScore): (typeof KINDS)[number] {
  if (LABELS.includes(metric)) return "labels";
  if (COPIES.includes(metric)) return "copies";
  if (RECONSTRUCTION.includes(metric)) return "reconstruction";
  return LIKELIHOOD.includes(metric) ? "likelihood" : "features";
}

/** Where a score's group stands. Equal for scores of one group. */
function rankOf(score: CardScore, { reference: { split } }: ReportScoreCard): readonly number[] {
  const kind = kindOf(score);
  if (kind !== "features") return [KINDS.indexOf(kind)];
  const reference = score.reference === split ? 0 : 1 + REFERENCES.indexOf(score.reference ?? "none");
  return [0, score.extractor ?? 0, reference];
}

function compared(one: readonly number[], other: readonly number[]): number {
  const place = one.findIndex((number, index) => number !== other[index]);
  return place === -1 ? 0 : (one[place] ?? 0) - (other[place] ?? 0);
}

const REFERENCES = ["heldOut", "train", "all", "none"] as const;
const against = {
  heldOut: " against held-out images",
  train: " against training images",
  all: " against all real images",
  none: "",
} as const;

const of = {
  heldOut: " of held-out images",
  train: " of training images",
  all: " of all real images",
  none: "",
} as const;

function headingOf(score: CardScore, card: ReportScoreCard): string {
  const { extractor, reference = "none" } = score;
  const number = card.extractors.length > 1 && extractor !== undefined ? ` ${extractor + 1}` : "";
  const name = extractor === undefined ? "" : ` (${extractorName(extractor, card)})`;
  switch (kindOf(score)) {
    case "features":
      return `Features${number}${name}${against[reference]}`;
    case "reconstruction":
      return `Reconstruction${of[reference]}`;
    case "likelihood":
      return `Likelihood${of[reference]}`;
    case "labels":
      return `Labels${name}`;
    case "copies":
      return "Copies of training images";
  }
}
