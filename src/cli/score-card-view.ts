import { type Confusion, type Copying, metricDescriptions, type Score, type ScoreCard } from "../evaluation/index.ts";
import {
  againstTraining,
  copyingNote,
  extractorName,
  headlineOf,
  levels,
  mergedRefusals,
  reasonsAgainst,
  scoredWord,
  scoreGroups,
  scoreRange,
  scoreValue,
} from "../export/index.ts";
import { counted, duration, grouped, plain, table } from "./text.ts";

type Rows = readonly (readonly string[])[];

/** Columns that a card takes at most. */
const WIDEST = 100;
/** Rows of a list; `--json` has all. */
const MOST_SHOWN = 10;
/** Scores that a reason names, confused classes and suspected copies. */
const MOST_NAMED = 5;
/** Letters of a class's name in the table. */
const LONGEST_CLASS = 20;
/** Figures of a hash that tell two apart; scores.json has all. */
const HASH_FIGURES = 12;

/**
 * A score card for a terminal, without a last line end: what is wrong whatever the scores say, the score to quote, all scores with
 * what speaks against them, and how they were made. At most 100 columns, as long as no single word or name is longer.
 */
export function scoreCardText(card: ScoreCard): string {
  const headline = headlineOf<Score>(card);
  return [
    card.alarms.length === 0 ? "" : `${card.alarms.map(alarmText).join("")}\n`,
    headline === undefined ? "" : headlineText(headline, card),
    scoresText(card),
    section("How to read them", legend(card, headline)),
    section(
      "Not computed",
      mergedRefusals(card.refused).map(({ metric, reason, help }) => [
        metricDescriptions[metric].title,
        `${plain(reason)}; to get it: ${plain(help)}`,
      ]),
    ),
    card.copying === undefined ? "" : copyText(card.copying, card.alarms),
    card.confusion === undefined ? "" : confusionText(card.confusion),
    section("How it was scored: comparable only where all of this is equal (--json has more)", protocol(card)),
  ]
    .join("")
    .trim();
}

/** Columns to fill: those of the terminal where they are fewer. */
function windowWidth(): number {
  return Math.min(process.stdout.columns ?? WIDEST, WIDEST);
}

/** A text in lines that begin with a mark. */
function paragraph(text: string, mark = ""): string {
  // A table's rows begin with two blanks, which the mark replaces.
  return table([[plain(text)]], windowWidth() + 2 - mark.length).replace(/^ {2}/gm, mark);
}

function alarmText(alarm: string): string {
  return paragraph(alarm, "!!! ");
}

function headlineText(score: Score, card: ScoreCard): string {
  const { title, better, meaning, unit } = metricDescriptions[score.metric];
  const { extractor, ruler, unsafe, rough } = score;
  const range = scoreRange(score, unit);
  const by = extractor === undefined ? "" : ` (${extractorName(extractor, card)})`;
  const level = unsafe.length > 0 ? ": unsafe, see below" : rough.length > 0 ? ": rough, see below" : "";
  const real =
    ruler === undefined ? "" : ` Real training images get ${scoreValue({ value: ruler }, unit)} in its place.`;
  const side = better === "none" ? "" : `${better} is better; `;
  return `${paragraph(`${title} ${scoreValue(score, unit)}${by}${range === "" ? "" : `, ${range}`}${level}.${real}`)}${table([[`${side}${meaning}`]], windowWidth())}`;
}

/** All scores in aligned columns, with a heading above those that compare the same. */
function scoresText(card: ScoreCard): string {
  const ofClasses = card.scores.filter(({ className }) => className !== undefined);
  const groups = [...scoreGroups<Score>(card), { heading: "Within classes", scores: ofClasses }]
    .filter(({ scores }) => scores.length > 0)
    .map(({ heading, scores }) => ({
      heading,
      scores: heading === "Within classes" ? scores.slice(0, MOST_SHOWN) : scores,
      rest: heading === "Within classes" ? Math.max(0, scores.length - MOST_SHOWN) : 0,
    }));
  if (groups.length === 0) return "No score could be computed.\n";
  const rulers = card.scores.some(({ ruler }) => ruler !== undefined);
  const heads = ["  score", "value", "", ...(rulers ? ["real get"] : []), "better", "real", scoredWord(card)];
  const rows = groups.flatMap(({ scores }) => scores.map((score) => scoreRow(score, card, rulers)));
  const [head = "", ...lines] = table([heads, ...rows], Number.POSITIVE_INFINITY).split("\n");
  let first = 0;
  const parts = groups.map(({ heading, scores, rest }) => {
    const own = lines.slice(first, first + scores.length);
    first += scores.length;
    const more = rest > 0 ? [`    … and ${grouped(rest)} more (--json shows all)`] : [];
    return [plain(heading), ...own, ...more].join("\n");
  });
  return `\n${head}\n${parts.join("\n")}\n`;
}

function scoreRow(score: Score, card: ScoreCard, rulers: boolean): readonly string[] {
  const { better, unit } = metricDescriptions[score.metric];
  const { real, generated, ruler, unsafe, rough } = score;
  const mark = unsafe.length > 0 ? "!" : score === headlineOf(card) ? "*" : rough.length > 0 ? "~" : " ";
  return [
    `${mark} ${titleOf(score, card)}`,
    scoreValue(score, unit),
    scoreRange(score, unit),
    ...(rulers ? [ruler === undefined ? "" : scoreValue({ value: ruler }, unit)] : []),
    better === "none" ? "" : better,
    real === 0 ? "-" : grouped(real),
    generated === 0 ? "-" : grouped(generated),
  ];
}

/** `FID`, `FID (training)`, `KID of tulip`. */
function titleOf(score: Score, card: ScoreCard): string {
  const title = `${metricDescriptions[score.metric].title}${againstTraining(score, card) ? " (training)" : ""}`;
  if (score.className === undefined) return title;
  const name = plain(score.className);
  return `${title} of ${name.length > LONGEST_CLASS ? `${name.slice(0, LONGEST_CLASS - 1)}…` : name}`;
}

/** What marks, columns and ranges mean; the marks with the reasons for them, each once. */
function legend(card: ScoreCard, headline: Score | undefined): Rows {
  const { scores } = card;
  const reasons = (kind: "rough" | "unsafe") => {
    const all = reasonsAgainst(scores, kind);
    const rows = all.map(({ reason, scores: against }) => ["", `${named(against, card)}: ${plain(reason)}`]);
    return all.length === 0 ? [] : [[kind === "rough" ? "~" : "!", levels[kind]], ...rows];
  };
  const ranges = [
    ...(scores.some(({ interval }) => interval) ? ['"a to b": 95 of 100 repetitions with other images lie there'] : []),
    ...(scores.some(({ interval, spread }) => spread && !interval) ? ['"±": standard deviation'] : []),
  ];
  const notes = [
    ...(scores.some(({ ruler }) => ruler !== undefined)
      ? ['"real get": as many real training images in their place, so what a perfect generator would get.']
      : []),
    ...(scores.some(({ metric }) => metric === "copying-z")
      ? [`${metricDescriptions["copying-z"].title}: ${copyingNote}.`]
      : []),
    ...(ranges.length === 0 ? [] : [`${ranges.join("; ")}.`]),
  ];
  return [
    ...(headline?.unsafe.length === 0 ? [["*", levels.headline]] : []),
    ...reasons("rough"),
    ...reasons("unsafe"),
    ...notes.map((note) => ["", plain(note)]),
  ];
}

/** Scores by name; with the number of the extractor where the same is not said of its namesakes: `FID, KID (features 2)`. */
function named(scores: readonly Score[], card: ScoreCard): string {
  const titles = new Map<string, readonly string[]>();
  for (const score of scores) {
    const title = titleOf(score, card);
    const namesakes = card.scores.filter((other) => titleOf(other, card) === title);
    const all = namesakes.every((other) => scores.includes(other));
    const features = all || score.extractor === undefined ? "" : ` (features ${score.extractor + 1})`;
    titles.set(features, [...new Set([...(titles.get(features) ?? []), title])]);
  }
  return [...titles].map(([features, alike]) => `${listed(alike)}${features}`).join("; ");
}

/** Some titles in one cell. */
function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(", ");
  return names.length > MOST_NAMED ? `${shown}, … ${grouped(names.length - MOST_NAMED)} more` : shown;
}

function copyText({ alarm, finding, suspects }: Copying, alarms: readonly string[]): string {
  const near = suspects
    .slice(0, MOST_NAMED)
    .map(({ generated, name, training, mirrored, ratio, space }) => [
      name === undefined ? `picture ${generated}` : plain(name),
      `${ratio.toFixed(2)} by ${space}`,
      `${plain(training)}${mirrored ? " (mirrored)" : ""}`,
    ]);
  const told = alarms.includes(finding) ? "see above" : plain(finding);
  const nearest =
    alarm && near.length > 0 ? `  The nearest, by their distance ratio:\n${table(near, windowWidth())}` : "";
  return `\n${paragraph(`Copy check: ${alarm ? "ALARM, " : "no alarm. "}${told}`)}${nearest}`;
}

function confusionText({ classNames, counts, images, labels, hiddenLabels }: Confusion): string {
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
  const hidden = hiddenLabels === undefined ? "" : ` (${grouped(hiddenLabels)} of them hidden from the run)`;
  const taught = labels === undefined ? "" : `, taught by ${counted(labels, "label")}${hidden},`;
  const heading = `Judging classifier${taught} on ${counted(images, "held-out image")}${error}`;
  return rows.length === 0 ? `\n${heading}\n` : section(`${heading}, most often`, rows);
}

/** What must be equal to compare, in a few lines. */
function protocol(card: ScoreCard): Rows {
  const { subject, reference, extractors, format, fitting, seed, time, atelier, seconds } = card;
  const kind = { run: "the run", generator: "the generator", images: "the images" }[subject.kind];
  const step = subject.step === undefined ? "" : ` after ${counted(subject.step, "step")}`;
  const weights = subject.weights === undefined ? "" : ", averaged weights (EMA)";
  const features = extractors.map(
    ({ name, sha256 }, index) => `${extractors.length > 1 ? `${index + 1}: ` : ""}${name} (${shortened(sha256)})`,
  );
  return [
    [
      "scored",
      `${subject.images === 0 ? "" : `${counted(subject.images, "image")} of `}${kind} ${subject.place}${step}${weights} (${shortened(subject.sha256)})`,
    ],
    ["against", `${realImagesThere(reference)} (${shortened(reference.content)})`],
    ...(features.length === 0 ? [] : [["features", features.join("; ")]]),
    ["format", `${format.width} × ${format.height} ${format.channels === 1 ? "grey" : "colour"}; ${fitting}`],
    ["made", `seed ${seed}; ${time.slice(0, 16)}Z by Atelier ${atelier} in ${duration(seconds)}`],
  ].map(([name = "", value = ""]) => [name, plain(value)]);
}

function realImagesThere({ split, place, train, heldOut }: ScoreCard["reference"]): string {
  switch (split) {
    case "heldOut":
      return `${counted(heldOut, "held-out image")} of ${place}, beside ${grouped(train)} to train`;
    case "train":
      return `${counted(train, "training image")} of ${place}, beside ${grouped(heldOut)} held out`;
    case "all":
      return `all ${counted(train + heldOut, "image")} of ${place}`;
  }
}

function shortened(hash: string): string {
  return hash.length > HASH_FIGURES ? `${hash.slice(0, HASH_FIGURES)}…` : hash;
}

/** A blank line, a heading and its rows; nothing where there are none. */
function section(heading: string, rows: Rows): string {
  return rows.length === 0 ? "" : `\n${heading}\n${table(rows, windowWidth())}`;
}
