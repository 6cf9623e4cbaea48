import type { CardExtractor, CardScore, ReportScoreCard } from "./card.ts";
import type { ReportMetric } from "./input.ts";
import { countOf, formatCount, formatDuration, formatNumber } from "./quantities.ts";

type Unit = ReportMetric["unit"];

/** A score as it is read: `0.0213`, or `71.3 %` for a share. */
export function scoreValue({ value }: Pick<CardScore, "value">, unit: Unit): string {
  return unit === "share" ? `${perCent(value)} %` : formatNumber(value);
}

/** How certain a score is: `69.1 to 73.4 %`, or `± 0.0031` where only a deviation is known; empty where nothing is. */
export function scoreRange({ interval, spread }: Pick<CardScore, "interval" | "spread">, unit: Unit): string {
  const number = unit === "share" ? perCent : formatNumber;
  const sign = unit === "share" ? " %" : "";
  if (interval !== undefined) return `${number(interval.low)} to ${number(interval.high)}${sign}`;
  return spread === undefined ? "" : `± ${number(spread.deviation)}${sign}`;
}

function perCent(share: number): string {
  return (100 * share).toFixed(1);
}

/** The real images of a score: `240 held-out images`; empty where none are compared. */
export function realImages({ reference, real }: Pick<CardScore, "reference" | "real">): string {
  switch (reference) {
    case "heldOut":
      return countOf(real, "held-out image");
    case "train":
      return countOf(real, "training image");
    case "all":
      return countOf(real, "real image");
    case undefined:
      return real === 0 ? "" : countOf(real, "real image");
  }
}

/** Letters of an extractor's name beside a score; the protocol has all. */
const LONGEST_NAME = 32;

/** What the features come from: `random embedding 1`. */
export function extractorName(index: number, { extractors }: Pick<ReportScoreCard, "extractors">): string {
  const name = extractors[index]?.name ?? "unknown features";
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name;
}

/** What the images are called that were scored: a generator made them, or nobody knows who. */
export function scoredWord({ subject: { kind } }: ReportScoreCard): "generated" | "scored" {
  return kind === "images" ? "scored" : "generated";
}

/** What marks at scores mean. */
export const levels = {
  headline: "the score to quote",
  rough: "rough: good enough to compare runs on the same images by equal counts, and not more",
  unsafe: "unsafe: not to be quoted or compared",
} as const;

/** How C_T is read, which has no better side. */
export const copyingNote = "about 0 is usual; far below, as -3: nearer to training images than real ones";

/** What the ranges beside the scores mean, as sentences. */
export function rangeNotes(scores: readonly CardScore[]): readonly string[] {
  const methods = new Set(scores.flatMap(({ interval }) => interval?.method ?? []));
  const deviations = new Set(scores.flatMap(({ interval, spread }) => (interval ? [] : (spread?.over ?? []))));
  const [interval, deviation] = [[...methods].join("; "), [...deviations].join("; ")];
  return [
    ...(interval === "" ? [] : [`"a to b": where 95 of 100 repetitions with other images would lie (${interval}).`]),
    ...(deviation === "" ? [] : [`"±": standard deviation (${deviation}).`]),
  ];
}

/** How everything was measured, as names and values: scores are comparable only where these agree. */
export function protocolRows(card: ReportScoreCard): readonly (readonly [name: string, value: string])[] {
  const { subject, reference, format } = card;
  const trained = subject.step === undefined ? "" : ` after ${countOf(subject.step, "step")}`;
  const weights = subject.weights === undefined ? "" : ", averaged weights (EMA)";
  const kind = { run: "the run", generator: "the generator", images: "the images" }[subject.kind];
  return [
    [
      "scored",
      `${subject.images === 0 ? "" : `${countOf(subject.images, "image")} of `}${kind} ${subject.place}${trained}${weights}`,
    ],
    ["its SHA-256", subject.sha256],
    ["against", `${splitName[reference.split]} of ${reference.place}`],
    ["images there", imagesThere(reference)],
    ["their hash", reference.content],
    ["format", `${format.width} × ${format.height}, ${format.channels === 1 ? "grey" : "colour"}; ${card.fitting}`],
    ...card.extractors.flatMap((extractor, index) => extractorRows(extractor, index)),
    ["seed", String(card.seed)],
    ["made", `${card.time} by Atelier ${card.atelier} in ${formatDuration(card.seconds)}`],
  ];
}

function imagesThere({ split, train, heldOut }: ReportScoreCard["reference"]): string {
  return split === "all"
    ? formatCount(train + heldOut)
    : `${formatCount(train)} to train, ${formatCount(heldOut)} held out`;
}

const splitName = { heldOut: "held-out images", train: "training images", all: "all images" } as const;

function extractorRows(extractor: CardExtractor, index: number): readonly (readonly [string, string])[] {
  const { name, layer, features, sha256, input, resize, pixels } = extractor;
  const size = `${input.width} × ${input.height} ${input.channels === 1 ? "grey" : "colour"}`;
  return [
    [`features ${index + 1}`, `${name}, layer ${layer}, ${countOf(features, "number")} an image`],
    ["its SHA-256", sha256],
    ["its input", `${size}; resized: ${resize}; pixels: ${pixels}`],
  ];
}
