import { expect, test } from "vitest";
import type { Score, ScoreCard } from "../evaluation/index.ts";
import { scoreCardText } from "./score-card-view.ts";

const hash = "0123456789abcdef".repeat(4);
const format = { height: 32, width: 32, channels: 3 } as const;
const score = {
  extractor: 0,
  reference: "heldOut",
  real: 240,
  generated: 1000,
  unsafe: [] as string[],
  rough: [] as string[],
} as const;
const coarse = "only 240 images a side";
const biased = "biased upward";

function cardOf(changes: Partial<ScoreCard> = {}): ScoreCard {
  const scores: readonly Score[] = [
    {
      ...score,
      metric: "fid",
      value: 84.23,
      interval: { low: 80, high: 88.1, method: "jackknife" },
      unsafe: [biased],
    },
    {
      ...score,
      metric: "kid",
      value: 0.02134,
      spread: { deviation: 0.0031, over: "100 subsets of 240" },
      ruler: -0.0123,
    },
    { ...score, metric: "precision", value: 0.7123, rough: [coarse] },
    { ...score, metric: "density", value: 1.02, rough: [coarse] },
    { ...score, metric: "fid", reference: "train", value: 80.1, unsafe: [biased, "measured against training images"] },
    { ...score, metric: "copies", reference: "train", real: 2160, value: 0 },
    { ...score, metric: "classifier-error", generated: 0, value: 0.04 },
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
    alarms: [],
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

test("the score to quote comes first, with its extractor, what real images get, and its meaning", () => {
  const lines = linesOf(cardOf());
  expect(lines[0]).toBe("KID 0.0213 (random embedding 1), ± 0.0031. Real training images get -0.0123 in its place.");
  expect(lines[1]).toMatch(/^lower is better; .*real/);
});

test("scores are grouped by what they compare, each with range, direction and images", () => {
  const lines = linesOf(cardOf());
  const first = lines.indexOf("score value real get better real generated");
  expect(lines.slice(first, lines.indexOf("How to read them") - 1)).toEqual([
    "score value real get better real generated",
    "Features (random embedding 1) against held-out images",
    "* KID 0.0213 ± 0.0031 -0.0123 lower 240 1,000",
    "! FID 84.2 80 to 88.1 lower 240 1,000",
    "~ Precision 71.2 % higher 240 1,000",
    "~ Density 1.02 higher 240 1,000",
    "Features (random embedding 1) against training images",
    "! FID (training) 80.1 lower 240 1,000",
    "Labels (random embedding 1)",
    "Classifier error 4.0 % lower 240 -",
    "Copies of training images",
    "Copies 0.0 % lower 2,160 1,000",
    "Within classes",
    "KID of tulip -0.00012 lower 110 1,000",
  ]);
});

test("the card fits 100 columns and 60 lines", () => {
  const long = "this was said at some length, ".repeat(8);
  const scores = cardOf().scores.map((one) => ({ ...one, unsafe: [long] }));
  for (const card of [cardOf(), cardOf({ scores, alarms: [long] })]) {
    const lines = scoreCardText(card).split("\n");
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    expect(lines.length).toBeLessThan(60);
  }
});

test("marks are explained, and each reason for them is told once", () => {
  const lines = linesOf(cardOf());
  const first = lines.indexOf("How to read them") + 1;
  expect(lines.slice(first, first + 6)).toEqual([
    "* the score to quote",
    "~ rough: good enough to compare runs on the same images by equal counts, and not more",
    `Precision, Density: ${coarse}`,
    "! unsafe: not to be quoted or compared",
    `FID, FID (training): ${biased}`,
    "FID (training): measured against training images",
  ]);
  expect(lines).toContain("Inception score it needs ImageNet; to get it: give such a network");
});

test("a score to quote that something speaks against says so", () => {
  const kid: Score = { ...score, metric: "kid", value: 0.1 };
  const unsafe = linesOf(cardOf({ scores: [{ ...kid, unsafe: ["only 12 images"] }] }));
  expect(unsafe[0]).toBe("KID 0.1 (random embedding 1): unsafe, see below.");
  expect(unsafe).toContain("! KID 0.1 lower 240 1,000");
  expect(unsafe).not.toContain("* the score to quote");
  const rough = linesOf(cardOf({ scores: [{ ...kid, rough: ["only 90 images"] }] }));
  expect(rough[0]).toBe("KID 0.1 (random embedding 1): rough, see below.");
});

test("without a score to quote the others are shown, and nothing is said of quoting", () => {
  const copies: Score = { ...score, metric: "copying-z", reference: "train", value: -7 };
  const text = scoreCardText(cardOf({ scores: [copies], headline: undefined }));
  expect(text).toContain("Copying C_T");
  expect(text).toMatch(/far below, as -3: nearer to training images/);
  expect(text).not.toContain("quote");
});

test("alarms come before all else, and suspects are named", () => {
  const suspect = { generated: 7, training: "rose/3.png", mirrored: true, space: "pixels" as const, ratio: 0.1 };
  const copying = {
    alarm: true,
    finding: "12 % are copies.",
    copies: 0.12,
    threshold: 0.25,
    generated: 1000,
    training: 2160,
    heldOut: 240,
    suspects: [suspect, { ...suspect, name: "mine/9.png" }],
  };
  const loud = linesOf(cardOf({ copying, alarms: ["12 % are copies.", "Half of them are the same."] }));
  expect(loud.slice(0, 3)).toEqual(["!!! 12 % are copies.", "!!! Half of them are the same.", ""]);
  expect(loud[3]).toMatch(/^KID /);
  expect(loud).toContain("Copy check: ALARM, see above");
  expect(loud).toContain("picture 7 0.10 by pixels rose/3.png (mirrored)");
  expect(loud).toContain("mine/9.png 0.10 by pixels rose/3.png (mirrored)");
  const calm = linesOf(cardOf({ copying: { ...copying, alarm: false, finding: "None is a copy." } }));
  expect(calm).toContain("Copy check: no alarm. None is a copy.");
  expect(calm.join("\n")).not.toMatch(/rose|!!!/);
});

test("images from anywhere are called scored, and all real images are counted together", () => {
  const { reference } = cardOf();
  const subject = { kind: "images", place: "theirs/", sha256: hash, images: 1000 } as const;
  const text = scoreCardText(cardOf({ subject, reference: { ...reference, split: "all" } }));
  expect(text).toMatch(/real +scored\n/);
  expect(text).toContain("all 2,400 images of photos/");
  expect(text).not.toMatch(/ to train|held out$/m);
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
  const taught = cardOf({ confusion: { ...confusion, labels: 2000, hiddenLabels: 1990 } });
  expect(linesOf(taught)).toContain(
    "Judging classifier, taught by 2,000 labels (1,990 of them hidden from the run), on 300 held-out images: 4.0 % wrong, most often",
  );
  const lines = linesOf(cardOf({ confusion }));
  const first = lines.indexOf("Judging classifier on 300 held-out images: 4.0 % wrong, most often");
  expect(lines.slice(first + 1, first + 4)).toEqual([
    "shirt taken for coat 10 of 100",
    "coat taken for shirt 2 of 100",
    "",
  ]);
});

test("the protocol is told in a few lines, hashes in short", () => {
  const text = scoreCardText(cardOf());
  const protocol = text.slice(text.indexOf("How it was scored"));
  for (const fact of [
    "1,000 images of the run runs/orchids after 120 steps, averaged weights (EMA) (0123456789ab…)",
    "240 held-out images of photos/, beside 2,160 to train (0123456789ab…)",
    "random embedding 1 (0123456789ab…)",
    "32 × 32 colour; cover",
    "seed 11; 2030-01-02T03:04Z by Atelier 9.9.9 in 12 s",
  ]) {
    expect(protocol.replace(/\s+/g, " ")).toContain(fact);
  }
  expect(protocol.trimEnd().split("\n").length).toBeLessThanOrEqual(7);
  expect(text).not.toContain(hash);
});

test("scores of several extractors are told apart, in groups and in reasons", () => {
  const card = cardOf();
  const [extractor] = card.extractors;
  if (extractor === undefined) throw new Error("the card has an extractor");
  const scores: Score[] = [
    { ...score, metric: "fid", value: 1, unsafe: [biased] },
    { ...score, metric: "recall", value: 1, rough: [coarse] },
    { ...score, metric: "fid", value: 2, extractor: 1 },
    { ...score, metric: "recall", value: 1, extractor: 1, rough: [coarse] },
  ];
  const lines = linesOf({ ...card, scores, extractors: [extractor, { ...extractor, name: "inception.onnx" }] });
  expect(lines).toContain("Features 1 (random embedding 1) against held-out images");
  expect(lines).toContain("Features 2 (inception.onnx) against held-out images");
  expect(lines).toContain(`FID (features 1): ${biased}`);
  expect(lines).toContain(`Recall: ${coarse}`);
  expect(lines.join(" ")).toContain("2: inception.onnx (0123456789ab…)");
});

test("of many classes the first ten are shown", () => {
  const scores: Score[] = Array.from({ length: 25 }, (_, index) => ({
    ...score,
    metric: "kid",
    className: `class ${index}`,
    value: 0.1,
  }));
  const text = scoreCardText(cardOf({ scores }));
  expect(text).toContain("KID of class 9 ");
  expect(text).not.toContain("KID of class 10 ");
  expect(text).toContain("… and 15 more (--json shows all)");
});

test("an empty card is told as such, and names cannot move the cursor", () => {
  const empty = cardOf({ scores: [], refused: [], extractors: [], headline: undefined });
  expect(linesOf(empty)[0]).toBe("No score could be computed.");
  expect(scoreCardText(empty)).not.toMatch(/NaN|undefined|Infinity/);
  const place = "\u001b[2J\nrun";
  const hostile = scoreCardText(cardOf({ subject: { kind: "images", place, sha256: hash, images: 3 } }));
  expect(hostile).not.toContain("\u001b");
  expect(hostile).toContain(String.raw`\u001b[2J\nrun`);
});
