import { type Confusion, type Copying, metricDescriptions, type Score, type ScoreCard } from "../evaluation/index.ts";
import { protocolRows, rangeNotes, scoreRange, scoreValue } from "../export/index.ts";
import { counted, grouped, plain, table } from "./text.ts";

type Rows = readonly (readonly string[])[];

/** Rows of a list; `--json` has all. */
const MOST_SHOWN = 20;
/** Confused classes and suspected copies that are named. */
const MOST_NAMED = 5;
/** Letters of a class's name in the table. */
const LONGEST_CLASS = 20;
/** Figures of a hash that tell two apart; scores.json has all. */
const HASH_FIGURES = 12;

/** A score card for a terminal, without a last line end: the score to quote, all scores, what is wrong with them, and how they were made. */
export function scoreCardText(card: ScoreCard): string {
  const whole = card.scores.filter(({ className }) => className === undefined);
  const headline = whole.find(({ metric }) => metric === card.headline);
  const ordered = headline === undefined ? whole : [headline, ...whole.filter((score) => score !== headline)];
  const ofClasses = card.scores.filter(({ className }) => className !== undefined);
  return [
    headline === undefined ? "No score can be quoted.\n" : headlineText(headline),
    section("Scores", scoreRows(ordered, headline, card), 1, Infinity),
    section("Within classes", scoreRows(ofClasses, undefined, card), 1),
    section("How to read them", legend(card.scores, headline)),
    section("Unsafe: do not quote or compare", unsafeRows(card.scores)),
    section(
      "Not computed",
      card.refused.map(({ metric, reason, help }) => [
        titleOf({ metric }),
        `${plain(reason)}; to get it: ${plain(help)}`,
      ]),
    ),
    card.copying === undefined ? "" : copyText(card.copying),
    card.confusion === undefined ? "" : confusionText(card.confusion),
    section("How it was scored: comparable only where all of this is equal", protocol(card), 0, Infinity),
  ]
    .join("")
    .trimEnd();
}

function headlineText(score: Score): string {
  const { title, better, meaning, unit } = metricDescriptions[score.metric];
  const range = scoreRange(score, unit);
  const value = `${title} ${scoreValue(score, unit)}${range === "" ? "" : ` (${range})`}`;
  const mark = score.unsafe.length === 0 ? "the score to quote" : "unsafe, see below";
  return `${value}: ${mark}${better === "none" ? "" : `; ${better} is better`}\n${table([[meaning]])}`;
}

function scoreRows(scores: readonly Score[], headline: Score | undefined, card: ScoreCard): Rows {
  if (scores.length === 0) return [];
  const several = card.extractors.length > 1;
  const rows = scores.map((score) => {
    const { better, unit } = metricDescriptions[score.metric];
    const mark = score.unsafe.length > 0 ? "!" : score === headline ? "*" : " ";
    const features = score.extractor === undefined ? "" : String(score.extractor + 1);
    return [
      `${mark} ${titleOf(score)}`,
      scoreValue(score, unit),
      scoreRange(score, unit),
      better === "none" ? "" : better,
      realText(score),
      grouped(score.generated),
      ...(several ? [features] : []),
    ];
  });
  const heads = ["  score", "value", "", "better", "real", "generated", ...(several ? ["features"] : [])];
  return [heads, ...rows];
}

const splitNames = { heldOut: " held-out", train: " training", all: "" } as const;

function realText({ real, reference }: Score): string {
  return real === 0 ? "" : `${grouped(real)}${reference === undefined ? "" : splitNames[reference]}`;
}

/** `FID`, `KID of tulip`. */
function titleOf({ metric, className }: Pick<Score, "metric" | "className">): string {
  const { title } = metricDescriptions[metric];
  if (className === undefined) return title;
  const name = plain(className);
  return `${title} of ${name.length > LONGEST_CLASS ? `${name.slice(0, LONGEST_CLASS - 1)}…` : name}`;
}

function legend(scores: readonly Score[], headline: Score | undefined): Rows {
  const marks = [
    ...(headline?.unsafe.length === 0 ? ['"*": the score to quote.'] : []),
    ...(scores.some(({ unsafe }) => unsafe.length > 0) ? ['"!": unsafe, see below.'] : []),
  ];
  return [...(marks.length > 0 ? [marks.join(" ")] : []), ...rangeNotes(scores)].map((note) => [plain(note)]);
}

/** Each reason once, with the scores that it speaks against. */
function unsafeRows(scores: readonly Score[]): Rows {
  const titles = new Map<string, Set<string>>();
  for (const score of scores) {
    const against = score.reference === "train" ? " (training)" : "";
    for (const reason of score.unsafe) {
      titles.set(reason, (titles.get(reason) ?? new Set()).add(`${titleOf(score)}${against}`));
    }
  }
  return [...titles].map(([reason, names]) => [listed([...names]), plain(reason)]);
}

/** Some titles in one cell. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return names.length > MOST_NAMED ? `${shown}, … ${grouped(names.length - MOST_NAMED)} more` : shown;
}

function copyText({ alarm, finding, suspects }: Copying): string {
  const near = suspects
    .slice(0, MOST_NAMED)
    .map(({ generated, training, mirrored, ratio, space }) => [
      `picture ${generated}`,
      `${ratio.toFixed(2)} by ${space}`,
      `${plain(training)}${mirrored ? " (mirrored)" : ""}`,
    ]);
  const heading = alarm ? "!!! COPY ALARM: the generator returns training images !!!" : "Copy check: no alarm";
  return `${section(heading, [[plain(finding)]])}${alarm && near.length > 0 ? `  The nearest, by their distance ratio:\n${table(near)}` : ""}`;
}

function confusionText({ classNames, counts, images }: Confusion): string {
  const pairs = counts.flatMap((row, actual) =>
    row.flatMap((count, predicted) => (actual === predicted || count === 0 ? [] : [{ actual, predicted, count }])),
  );
  const wrong = pairs.reduce((total, { count }) => total + count, 0);
  const rows = pairs
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_NAMED)
    .map(({ actual, predicted, count }) => {
      const all = (counts[actual] ?? []).reduce((total, one) => total + one, 0);
      const [is, taken] = [actual, predicted].map((index) => plain(classNames[index] ?? String(index)));
      return [`${is ?? ""} taken for ${taken ?? ""}`, `${grouped(count)} of ${grouped(all)}`];
    });
  const error = images === 0 ? "" : `: ${((100 * wrong) / images).toFixed(1)} % wrong`;
  const heading = `Judging classifier on ${counted(images, "held-out image")}${error}`;
  return rows.length === 0 ? `\n${heading}\n` : section(`${heading}, most often`, rows);
}

function protocol(card: ScoreCard): Rows {
  return protocolRows(card).map(([name, value]) => [name, shortened(plain(value))]);
}

function shortened(value: string): string {
  return value.replace(/\b[0-9a-f]{32,}\b/g, (hash) => `${hash.slice(0, HASH_FIGURES)}…`);
}

/** A blank line, a heading and its rows; nothing where there are none. @param heads rows that are heads of columns. */
function section(heading: string, rows: Rows, heads = 0, most = MOST_SHOWN): string {
  if (rows.length === 0) return "";
  const rest = rows.length - heads - most;
  const more = rest > 0 ? `  … and ${grouped(rest)} more (--json shows all)\n` : "";
  return `\n${heading}\n${table(rows.slice(0, heads + most))}${more}`;
}
