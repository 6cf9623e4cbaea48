import { shellWord } from "../foundation/shell.ts";
import { confusionOf } from "../metrics/index.ts";
import { errorText } from "./error-text.ts";
import { counted, grouped, plain, table } from "./text.ts";

/** What the classifier says of one image. */
export interface Answer {
  /** Of the image. */
  readonly name: string;
  /** The label that the image has of its own; "": none. */
  readonly own: string;
  /** Index of the likeliest class. */
  readonly guess: number;
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
  /** Images that have no label of their own and get none in the table either: their answer is uncertain. */
  readonly unlabelled: number;
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
    const own = answers.filter((answer) => answer.guess === index);
    const total = own.reduce((sum, { probability }) => sum + probability, 0);
    return {
      label,
      images: own.length,
      probability: own.length === 0 ? null : total / own.length,
      uncertain: own.filter(({ isUncertain }) => isUncertain).length,
    };
  });
}

/** How often the answers are wrong, and how; nothing where no image has a label that the classifier knows. */
export function errorOf(
  answers: readonly Answer[],
  classNames: readonly string[],
): Pick<Summary, "error" | "mistakes"> {
  const labels = Int32Array.from(answers, ({ own }) => classNames.indexOf(own));
  const known = labels.filter((label) => label >= 0).length;
  if (known === 0) return {};
  const guesses = answers.map(({ guess }) => guess);
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

/** Labels of the images that the classifier does not know. */
export function foreignLabels(answers: readonly Answer[], classNames: readonly string[]): readonly string[] {
  const labels = new Set(answers.map(({ own }) => own));
  return [...labels].filter((label) => label !== "" && !classNames.includes(label)).sort();
}

/** Mistakes that are named. */
const MOST_MISTAKES = 5;

/** Images up to which each is named with its answer: of more, classes are counted. */
const MOST_NAMED = 10;

/** The summary in words. @param which the run, and whether the images are those that it has held out. */
export function summaryText(
  {
    out,
    images,
    threshold,
    uncertain,
    unlabelled,
    classes,
    error,
    mistakes = [],
    foreign,
    skipped,
    hasLearned,
  }: Summary,
  answers: readonly Answer[],
  classNames: readonly string[],
  { run, ofHeldOut }: { readonly run: string; readonly ofHeldOut: boolean },
): string {
  const held = ofHeldOut ? "held-out " : "";
  const marked = uncertain === 0 ? "none" : grouped(uncertain);
  const lines = [
    `${counted(images, `${held}image`)} classified, ${marked} uncertain (probability below ${threshold}); the table is ${out}`,
    (images <= MOST_NAMED ? answerTable(answers, classNames) : classTable(classes)).trimEnd(),
  ];
  if (unlabelled > 0) {
    lines.push(
      `In the table ${counted(unlabelled, "uncertain answer")} ${unlabelled === 1 ? "is" : "are"} in the column guess, not label.`,
    );
  }
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

function answerTable(answers: readonly Answer[], classNames: readonly string[]): string {
  const rows = answers.map(({ name, guess, probability, isUncertain }) => [
    plain(name),
    plain(classNames[guess] ?? ""),
    perCent(probability),
    isUncertain ? "uncertain" : "",
  ]);
  return table([["image", "class", "probability", ""], ...rows]);
}

function classTable(classes: readonly ClassSummary[]): string {
  const rows = classes.map(({ label, images, probability, uncertain }) => [
    plain(label),
    grouped(images),
    probability === null ? "-" : perCent(probability),
    grouped(uncertain),
  ]);
  return table([["class", "images", "mean probability", "uncertain"], ...rows]);
}

function perCent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
