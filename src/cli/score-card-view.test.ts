import { expect, test } from "vitest";
import type { Score, ScoreCard } from "../evaluation/index.ts";
import { scoreCardText } from "./score-card-view.ts";

const hash = "0123456789abcdef".repeat(4);
const format = { height: 32, width: 32, channels: 3 } as const;
const score = { extractor: 0, reference: "heldOut", real: 240, generated: 1000, unsafe: [] as string[] } as const;
const coarse = "only 240 images a side";

function cardOf(changes: Partial<ScoreCard> = {}): ScoreCard {
  const scores: readonly Score[] = [
    { ...score, metric: "fid", value: 84.23, interval: { low: 80, high: 88.1, method: "jackknife" } },
    { ...score, metric: "kid", value: 0.02134, spread: { deviation: 0.0031, over: "100 subsets of 240" } },
    { ...score, metric: "precision", value: 0.7123, unsafe: [coarse] },
    { ...score, metric: "density", value: 1.02, unsafe: [coarse] },
    { ...score, metric: "kid", className: "tulip", value: -0.00012, real: 110 },
  ];
  return {
    card: 1,
    atelier: "9.9.9",
    time: "2030-01-02T03:04:05.000Z",
    subject: { kind: "run", place: "runs/orchids", sha256: hash, step: 120, weights: "average", images: 1000 },
    reference: { place: "photos/", content: hash, split: "heldOut", train: 2160, heldOut: 240 },
    format,
    fitting: "cover",
    seed: 11,
    headline: "kid",
    extractors: [
      {
        kind: "random",
        name: "random embedding 1",
        sha256: hash,
        layer: "pooled",
        features: 512,
        input: format,
        resize: "antialiased bicubic",
        pixels: "RGB, -1 to 1",
      },
    ],
    scores: [...scores],
    refused: [{ metric: "inception-score", reason: "it needs ImageNet", help: "give such a network" }],
    seconds: 12,
    ...changes,
  };
}

/** The text's lines with single blanks. */
function linesOf(card: ScoreCard): readonly string[] {
  return scoreCardText(card)
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trim());
}

test("the score to quote comes first, marked, with its meaning; then all with range, direction and images", () => {
  const lines = linesOf(cardOf());
  expect(lines[0]).toBe("KID 0.0213 (± 0.0031): the score to quote; lower is better");
  expect(lines[1]).toContain("about 0 where they are alike");
  expect(lines.slice(3, 9)).toEqual([
    "Scores",
    "score value better real generated",
    "* KID 0.0213 ± 0.0031 lower 240 held-out 1,000",
    "FID 84.2 80 to 88.1 lower 240 held-out 1,000",
    "! Precision 71.2 % higher 240 held-out 1,000",
    "! Density 1.02 higher 240 held-out 1,000",
  ]);
  expect(lines).toContain("KID of tulip -0.00012 lower 110 held-out 1,000");
  expect(lines).toContain('"±": standard deviation (100 subsets of 240).');
});

test("the table fits 100 columns", () => {
  for (const line of scoreCardText(cardOf()).split("\n").slice(3, 9)) expect(line.length).toBeLessThanOrEqual(100);
});

test("a reason against scores is told once, a refusal with what to do", () => {
  const lines = linesOf(cardOf());
  expect(lines).toContain("Unsafe: do not quote or compare");
  expect(lines).toContain(`Precision, Density ${coarse}`);
  expect(lines).toContain("Inception score it needs ImageNet; to get it: give such a network");
});

test("an unsafe score to quote is not called one to quote", () => {
  const scores: Score[] = [{ ...score, metric: "kid", value: 0.1, unsafe: ["only 12 images"] }];
  const lines = linesOf(cardOf({ scores }));
  expect(lines[0]).toBe("KID 0.1: unsafe, see below; lower is better");
  expect(lines).toContain("! KID 0.1 lower 240 held-out 1,000");
});

test("an alarm stands out and names the suspects; without one there is a line", () => {
  const copying = {
    alarm: true,
    finding: "12 % are copies.",
    copies: 0.12,
    threshold: 0.25,
    generated: 1000,
    training: 2160,
    heldOut: 240,
    suspects: [{ generated: 7, training: "rose/3.png", mirrored: true, space: "pixels" as const, ratio: 0.1 }],
  };
  const loud = linesOf(cardOf({ copying }));
  expect(loud).toContain("!!! COPY ALARM: the generator returns training images !!!");
  expect(loud).toContain("picture 7 0.10 by pixels rose/3.png (mirrored)");
  const calm = linesOf(cardOf({ copying: { ...copying, alarm: false, finding: "None is a copy." } }));
  expect(calm).toContain("Copy check: no alarm");
  expect(calm).toContain("None is a copy.");
  expect(calm.join("\n")).not.toContain("rose/3.png");
});

test("the classifier's error and its most frequent mistakes are told", () => {
  const confusion = {
    classNames: ["shirt", "coat", "bag"],
    counts: [
      [90, 10, 0],
      [2, 98, 0],
      [0, 0, 100],
    ],
    images: 300,
  };
  const lines = linesOf(cardOf({ confusion }));
  const first = lines.indexOf("Judging classifier on 300 held-out images: 4.0 % wrong, most often");
  expect(lines.slice(first + 1, first + 4)).toEqual([
    "shirt taken for coat 10 of 100",
    "coat taken for shirt 2 of 100",
    "",
  ]);
});

test("the protocol is told, hashes in short", () => {
  const text = scoreCardText(cardOf());
  for (const fact of ["held-out images of photos/", "averaged weights (EMA)", "antialiased bicubic", "0123456789ab…"]) {
    expect(text).toContain(fact);
  }
  expect(text).toMatch(/seed +11\n/);
  expect(text).not.toContain(hash);
});

test("features are numbered where there are several", () => {
  const card = cardOf();
  const [extractor] = card.extractors;
  if (extractor === undefined) throw new Error("the card has an extractor");
  const lines = linesOf({ ...card, extractors: [extractor, { ...extractor, name: "inception.onnx" }] });
  expect(lines).toContain("score value better real generated features");
  expect(lines).toContain("FID 84.2 80 to 88.1 lower 240 held-out 1,000 1");
  expect(lines).toContain("features 2 inception.onnx, layer pooled, 512 numbers an image");
});

test("of many classes the first twenty are shown", () => {
  const scores: Score[] = Array.from({ length: 25 }, (_, index) => ({
    ...score,
    metric: "kid",
    className: `class ${index}`,
    value: 0.1,
  }));
  const text = scoreCardText(cardOf({ scores }));
  expect(text).toContain("KID of class 19 ");
  expect(text).not.toContain("KID of class 20 ");
  expect(text).toContain("… and 5 more (--json shows all)");
});

test("an empty card is told as such, and names cannot move the cursor", () => {
  const empty = cardOf({ scores: [], refused: [], extractors: [], headline: undefined });
  expect(linesOf(empty)[0]).toBe("No score can be quoted.");
  expect(scoreCardText(empty)).not.toMatch(/NaN|undefined|Infinity/);
  const place = "\u001b[2J\nrun";
  const hostile = scoreCardText(cardOf({ subject: { kind: "images", place, sha256: hash, images: 3 } }));
  expect(hostile).not.toContain("\u001b");
  expect(hostile).toContain(String.raw`\u001b[2J\nrun`);
});
