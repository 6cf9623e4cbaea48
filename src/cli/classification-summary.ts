import type { ImageSet } from "../data/index.ts";
import { shellWord } from "../foundation/shell.ts";
import { confusionOf } from "../metrics/index.ts";
import { errorText } from "./error-text.ts";
import { counted, grouped, plain, table } from "./text.ts";

/** What the classifier says of one image. */
export interface Answer {
  readonly label: number;
  readonly probability: number;
  readonly isUncertain: boolean;
}

interface ClassSummary {
  readonly label: string;
  readonly images: number;
  /** Mean probability; null where no image is taken for it. */
  readonly probability: number | null;
  readonly uncertain: number;
}

/** Images of one class that are taken for another. */
interface Mistake {
  readonly label: string;
  readonly takenFor: string;
  readonly images: number;
  /** Images of that class. */
  readonly of: number;
}

/** What `atelier classify` says of all images; with `--json` as it is. */
export interface Summary {
  readonly out: string;
  readonly images: number;
  readonly threshold: number;
  readonly uncertain: number;
  readonly classes: readonly ClassSummary[];
  /** There where some images have labels that the classifier knows. */
  readonly error?: { readonly images: number; readonly wrong: number };
  /** The most frequent first. */
  readonly mistakes?: readonly Mistake[];
  /** Labels of the images that the classifier does not know. */
  readonly foreign: readonly string[];
  /** Images that could not be read. */
  readonly skipped: number;
  /** Whether the run learned from these images. */
  readonly hasLearned: boolean;
}

export function classesOf(answers: readonly Answer[], classNames: readonly string[]): readonly ClassSummary[] {
  return classNames.map((label, index) => {
    const own = answers.filter((answer) => answer.label === index);
    const total = own.reduce((sum, { probability }) => sum + probability, 0);
    return {
      label,
      images: own.length,
      probability: own.length === 0 ? null : total / own.length,
      uncertain: own.filter(({ isUncertain }) => isUncertain).length,
    };
  });
}

/**
 * How often the answers are wrong, and how; nothing where no class is known.
 * @param labels of each image the class that it is, -1: not known.
 */
export function errorOf(
  answers: readonly Answer[],
  labels: Int32Array,
  classNames: readonly string[],
): Pick<Summary, "error" | "mistakes"> {
  const known = labels.filter((label) => label >= 0).length;
  if (known === 0) return {};
  const guesses = answers.map(({ label }) => label);
  const mistakes = confusionOf(guesses, labels, classNames.length).flatMap((row, label) => {
    const of = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((images, guess) =>
      images === 0 || guess === label
        ? []
        : { label: classNames[label] ?? "", takenFor: classNames[guess] ?? "", images, of },
    );
  });
  mistakes.sort((one, other) => other.images - one.images);
  const wrong = mistakes.reduce((sum, { images }) => sum + images, 0);
  return { error: { images: known, wrong }, mistakes };
}

export function foreignLabels(
  { labels = new Int32Array() }: ImageSet,
  own: readonly string[],
  known: Int32Array,
): readonly string[] {
  return own.filter((_, label) => labels.some((value, image) => value === label && (known[image] ?? -1) < 0));
}

/** Mistakes that are named. */
const MOST_MISTAKES = 5;

/** The summary in words. @param ofHeldOut whether the images are those that the run has held out. */
export function summaryText(
  { out, images, threshold, uncertain, classes, error, mistakes = [], foreign, skipped, hasLearned }: Summary,
  run: string,
  ofHeldOut: boolean,
): string {
  const held = ofHeldOut ? "held-out " : "";
  const marked = uncertain === 0 ? "none" : grouped(uncertain);
  const lines = [
    `${counted(images, `${held}image`)} classified, ${marked} uncertain (probability below ${threshold}); the table is ${out}`,
  ];
  const rows = classes.map(({ label, images: count, probability, uncertain: unsure }) => [
    plain(label),
    grouped(count),
    probability === null ? "-" : `${(100 * probability).toFixed(1)} %`,
    grouped(unsure),
  ]);
  lines.push(table([["class", "images", "mean probability", "uncertain"], ...rows]).trimEnd());
  if (error !== undefined) {
    lines.push(`Judged by the images' own labels: ${errorText(error, held)}`);
    const named = mistakes
      .slice(0, MOST_MISTAKES)
      .map(({ label, takenFor, images: count, of }) => [
        `${count} of ${of}`,
        `${plain(label)} taken for ${plain(takenFor)}`,
      ]);
    if (named.length > 0) lines.push(table(named).trimEnd());
  }
  if (error !== undefined && hasLearned) {
    lines.push(
      `The run learned from most of these images, so that says little of others: npx atelier classify ${shellWord(run)} takes those held out.`,
    );
  }
  if (foreign.length > 0) {
    const names = foreign.slice(0, MOST_MISTAKES).map(plain).join(", ");
    lines.push(
      `Images labelled ${names}${foreign.length > MOST_MISTAKES ? ", …" : ""} are not judged: the run has no such class.`,
    );
  }
  if (skipped > 0) lines.push(`${counted(skipped, "image")} could not be read: see atelier data`);
  return `${lines.join("\n")}\n`;
}
