import { expect, test } from "vitest";
import {
  type ReportEvaluation,
  type ReportInput,
  type ReportMetric,
  type ReportScoreCard,
  type ReportStep,
  renderReport,
} from "./report.ts";

const onePixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const picture = { mediaType: "image/png", bytes: onePixel, width: 1, height: 1 } as const;

function logged(count: number, valueAt: (index: number) => number | null = (index) => 1 / (1 + index)): ReportStep[] {
  return Array.from({ length: count }, (_, index) => ({
    step: 10 * (index + 1),
    report: { discriminatorLoss: valueAt(index), generatorLoss: 1, realScore: 0.7, generatedScore: 0.3 },
    stepsPerSecond: 20,
    residentMemory: 3e8,
  }));
}

const metric = (title: string, unit: ReportMetric["unit"] = "number"): ReportMetric => ({
  title,
  better: "lower",
  unit,
  meaning: `what ${title} says`,
});

const bareInput: ReportInput = {
  name: "orchids",
  path: "runs/orchids",
  data: "photos/",
  model: "gan",
  architecture: "dcgan",
  format: { height: 32, width: 32, channels: 3 },
  latent: 100,
  device: "cpu",
  progress: { made: 120, planned: 120, seconds: 75, parameters: 187316, outcome: "finished" },
  steps: [],
  running: { evaluations: [], decides: "kid" },
  incidents: [],
  metrics: { kid: metric("KID"), fid: metric("FID"), recall: metric("Recall", "share"), coverage: metric("Coverage") },
  filmstrip: [{ step: 0, ...picture }],
  finalGrid: { step: 0, ...picture },
  configuration: [
    { key: "steps", value: 120 },
    { key: "batch", value: 64, reason: "the usual 64" },
  ],
};

function reportOf(changes: Partial<ReportInput> = {}): string {
  return renderReport({
    ...bareInput,
    steps: logged(12),
    filmstrip: [0, 60, 120].map((step) => ({ step, ...picture })),
    finalGrid: { step: 120, ...picture },
    realGrid: picture,
    dataSummary: {
      name: "photos",
      splits: {
        train: { images: 90, labels: { rose: 40, tulip: 30 }, unlabelled: 20 },
        heldOut: { images: 10, labels: { rose: 5, tulip: 5 }, unlabelled: 0 },
      },
      skipped: [],
    },
    ...changes,
  });
}

function evaluated(count: number, best: number): ReportEvaluation[] {
  return Array.from({ length: count }, (_, index) => ({
    step: 10 * (index + 1),
    scores: { kid: 0.5 / (1 + index), recall: 0.5, coverage: index === 1 ? null : 0.7 },
    reference: "heldOut",
    generated: 500,
    real: 10,
    diversity: 0.9,
    trainGap: 0.01,
    best: index <= best,
  }));
}

const hash = "0123456789abcdef".repeat(4);
const extractor = {
  kind: "random",
  name: "random embedding 1",
  sha256: hash,
  layer: "pooled",
  features: 512,
  input: { height: 32, width: 32, channels: 3 },
  resize: "bicubic",
  pixels: "RGB, -1 to 1",
} as const;
const score = { extractor: 0, reference: "heldOut", real: 10, generated: 500, unsafe: [], rough: [] } as const;

const card: ReportScoreCard = {
  atelier: "9.9.9",
  time: "2030-01-02T03:04:05.000Z",
  subject: { kind: "run", place: "runs/orchids", sha256: hash, step: 120, weights: "average", images: 500 },
  reference: { place: "photos/", content: hash, split: "heldOut", train: 90, heldOut: 10 },
  format: { height: 32, width: 32, channels: 3 },
  fitting: "cover",
  seed: 11,
  alarms: [],
  headline: "kid",
  extractors: [extractor],
  scores: [
    {
      ...score,
      metric: "fid",
      value: 84.23,
      interval: { low: 80, high: 88.1, method: "jackknife" },
      unsafe: ["too few images"],
    },
    {
      ...score,
      metric: "kid",
      value: 0.02134,
      spread: { deviation: 0.0031, over: "100 subsets of 10" },
      ruler: -0.012,
    },
    { ...score, metric: "coverage", value: 0.5, rough: ["only 10 images a side"] },
    { ...score, metric: "fid", reference: "train", value: 80.5 },
    { ...score, metric: "copies", reference: "train", real: 90, value: 0.02 },
    { ...score, metric: "recall", value: 0.4567, className: "rose" },
  ],
  refused: [{ metric: "inception-score", reason: "it needs ImageNet", help: "give such a network" }],
  seconds: 12,
};
const copying = {
  alarm: false,
  finding: "No picture is a copy.",
  copies: 0.02,
  heldOutCopies: 0.01,
  threshold: 0.25,
  generated: 500,
  training: 90,
  heldOut: 10,
  suspects: [{ generated: 7, training: "rose/3.png", mirrored: true, space: "pixels", ratio: 0.1 }],
} as const;

/** Coordinates of each line in the chart with the title, as the page draws them. */
function linesOf(page: string, title: string): number[][][] {
  const chart = page.split('<figure class="chart">').find((part) => part.includes(`<h3>${title}`)) ?? "";
  return [...chart.matchAll(/<polyline class="[^"]*" points="([^"]*)"/g)].map(([, points = ""]) =>
    points.split(" ").map((point) => point.split(",").map(Number)),
  );
}

/** The page as a reader sees it, without markup. */
function textOf(page: string): string {
  return page
    .replace(/<style>[^]*?<\/style>/, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ");
}

test("the page needs nothing from elsewhere", () => {
  const page = reportOf({ steps: logged(100) });
  const addresses = [...page.matchAll(/\b(?:src|href|srcset|action|data|poster)="([^"]*)"/g)].map(
    ([, address]) => address,
  );
  expect(addresses.length).toBeGreaterThan(4);
  for (const address of addresses) expect(address).toMatch(/^data:/);
  expect(page).not.toMatch(/https?:|@import|url\(|<script/);
});

test("the summary tells what was trained, how long and how fast", () => {
  const text = textOf(reportOf());
  for (const fact of [
    "photos/",
    "120 steps",
    "90 images",
    "1 min 15 s",
    "20 steps/s",
    "187,316 parameters",
    "device cpu",
  ]) {
    expect(text).toContain(fact);
  }
});

test("no name can put markup into the page", () => {
  const hostile = `<script>alert("1")</script>'&`;
  const page = reportOf({
    name: hostile,
    path: `runs/${hostile}`,
    data: hostile,
    dataSummary: {
      name: hostile,
      splits: { train: { images: 1, labels: { [hostile]: 1 }, unlabelled: 0 } },
      skipped: [{ file: hostile, reason: hostile }],
    },
    configuration: [{ key: hostile, value: hostile, reason: hostile }],
    steps: logged(3).map((step) => ({ ...step, report: { [`${hostile}Loss`]: 1 } })),
    running: { evaluations: evaluated(2, 1).map((one) => ({ ...one, scores: { [hostile]: 1 } })), decides: hostile },
    incidents: [{ step: 1, text: hostile, help: hostile }],
    scoreCardProblem: hostile,
    scoreCard: {
      ...card,
      subject: { ...card.subject, place: hostile },
      fitting: hostile,
      extractors: [{ ...extractor, name: hostile, layer: hostile }],
      scores: [{ ...score, metric: hostile, className: hostile, value: 1, unsafe: [hostile], rough: [hostile] }],
      alarms: [hostile],
      refused: [{ metric: hostile, reason: hostile, help: hostile }],
      copying: {
        ...copying,
        finding: hostile,
        suspects: [{ generated: 1, training: hostile, mirrored: false, space: "pixels", ratio: 1 }],
      },
      confusion: { classNames: [hostile], counts: [[1]], images: 1 },
    },
  });
  expect(page).not.toContain("<script");
  expect(page).toContain("<h1>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;</h1>");
});

test("curves have a point for every logged step", () => {
  const page = reportOf();
  expect(linesOf(page, "Losses").map((line) => line.length)).toEqual([12, 12]);
  expect(linesOf(page, "Mean scores").map((line) => line.length)).toEqual([12, 12]);
  expect(linesOf(page, "Speed").map((line) => line.length)).toEqual([12]);
});

test.each([
  ["autoencoder", { reconstructionLoss: 0.1, codeDensity: 2 }, { Losses: 1, "Density of codes": 1 }],
  ["vae", { loss: 90, reconstruction: 70, divergence: 20 }, { Loss: 2, Divergence: 1 }],
  [
    "vq-vae",
    { reconstructionLoss: 0.1, commitmentLoss: 0.2, codePerplexity: 40, priorNats: 3 },
    { Losses: 2, "Codes in use": 1, Prior: 1 },
  ],
] as const)("all that the model %s reports has a curve", (model, report, charts) => {
  const page = reportOf({ model, steps: logged(12).map((step) => ({ ...step, report })) });
  for (const [title, lines] of Object.entries(charts)) {
    expect(linesOf(page, title).map((line) => line.length)).toEqual(Array.from({ length: lines }, () => 12));
  }
  expect(textOf(page)).not.toContain("pull against each other");
  expect(textOf(page)).toContain("npx atelier reconstruct runs/orchids");
});

test.each(["gan", "feature-matching"] as const)("a model %s, which encodes no images, is not said to", (model) => {
  expect(textOf(reportOf({ model }))).not.toContain("atelier reconstruct");
});

test("a run that ended early says why, and how it can go on", () => {
  const early = "KID has not become better in 5 scores.";
  const page = reportOf({ progress: { made: 60, planned: 120, seconds: 9, outcome: "finished", early } });
  expect(textOf(page)).toContain(`This run ended early, after 60 of 120 steps. ${early}`);
  expect(textOf(page)).toContain("--resume --set evaluation.patience=0");
});

test("curves of many points have a smoothed line over the raw one", () => {
  const noisy = logged(400, (index) => 1 + (index % 2));
  const [raw = [], smoothed = []] = linesOf(reportOf({ steps: noisy }), "Losses");
  const spread = (line: number[][]) =>
    Math.max(...line.map(([, y = 0]) => y)) - Math.min(...line.map(([, y = 0]) => y));
  expect(raw).toHaveLength(400);
  expect(smoothed).toHaveLength(400);
  expect(spread(smoothed)).toBeLessThan(spread(raw) / 2);
});

test("a long curve is thinned to 600 points and keeps a spike of one step", () => {
  const page = reportOf({ steps: logged(30_000, (index) => (index === 12_345 ? 2 : 1)) });
  const [raw = []] = linesOf(page, "Losses");
  expect(raw.length).toBeLessThanOrEqual(600);
  const heights = raw.map(([, y = 0]) => y);
  expect(heights.filter((y) => y === Math.min(...heights))).toHaveLength(1);
});

test("values that were not numbers are left out and counted", () => {
  const page = reportOf({ steps: logged(12, (index) => (index === 5 ? null : 1)) });
  expect(linesOf(page, "Losses").map((line) => line.length)).toEqual([11, 12]);
  expect(page).not.toContain("NaN");
  expect(textOf(page)).toContain("1 value that was not a number is left out.");
});

test("scores from while it learned have a curve each, with the best step marked", () => {
  const page = reportOf({ running: { evaluations: evaluated(12, 8), decides: "kid" } });
  expect(linesOf(page, "KID").map((line) => line.length)).toEqual([12, 12]);
  expect(linesOf(page, "Recall, Coverage").map((line) => line.length)).toEqual([12, 11]);
  expect(linesOf(page, "Diversity").map((line) => line.length)).toEqual([12]);
  // Of two curves from 0 on, the one against training images, which are nearer, is the lower one.
  const [heldOut = [], train = []] = linesOf(page, "KID").map((line) => line.map(([, y = 0]) => y));
  train.forEach((y, index) => expect(y).toBeGreaterThan(heldOut[index] ?? Number.NaN));
  expect(textOf(page)).toContain("500 generated pictures against 10 held-out images");
  expect(textOf(page)).toMatch(/By KID, step 90 was the best: +npx atelier generate runs\/orchids --best uses it/);
  const marked = [...page.matchAll(/<line class="mark" x1="([\d.]+)"/g)].map(([, x]) => Number(x));
  // Steps 0 to 120 are drawn from 44 to 462.
  for (const x of marked) expect(x).toBeCloseTo(44 + (90 / 120) * 418, 0);
  expect(marked).toHaveLength(3);
});

test("one evaluation is a point; none leaves no chart", () => {
  const one = reportOf({ running: { evaluations: evaluated(1, 0), decides: "kid" } });
  expect(one).toContain("<circle");
  expect(one).not.toMatch(/NaN|Infinity/);
  expect(textOf(reportOf())).not.toContain("Scores while it learned");
});

test("warnings and recoveries are listed with what to do", () => {
  const incidents = [
    { step: 410, text: "It is certain.", help: "lower the rate" },
    { step: 1520, text: "The step failed: a loss was NaN." },
  ];
  const text = textOf(reportOf({ incidents }));
  expect(text).toContain("Step 410 It is certain. What to do: lower the rate.");
  expect(text).toContain("Step 1,520 The step failed: a loss was NaN.");
  expect(textOf(reportOf())).not.toContain("What went wrong");
  const [, page = ""] = reportOf({ incidents: [{ step: 1, text: "It is late.", help: "use `--best`" }] }).split(
    "What to do",
  );
  expect(page).toContain("use <code>--best</code>.");
});

test("a run that was not evaluated says how to, and a score card that cannot be read says why", () => {
  expect(textOf(reportOf())).toMatch(/no score card yet.*npx atelier evaluate runs\/orchids/);
  const text = textOf(reportOf({ scoreCardProblem: "scores.json is damaged." }));
  expect(text).toMatch(/scores.json is damaged\. npx atelier evaluate runs\/orchids/);
});

test("the score card shows the score to quote first, and each with its range, images and direction", () => {
  const text = textOf(reportOf({ scoreCard: card }));
  expect(text).toMatch(/KID 0\.0213 \(random embedding 1\), ± 0\.0031 Real training images get -0\.012 in its place\./);
  expect(text).toMatch(
    /KID the score to quote .*0\.0213 ± 0\.0031 real images get -0\.012; lower is better .*FID .*84\.2/,
  );
  expect(text).toContain("84.2 unsafe 80 to 88.1 lower is better 500 generated images 10 held-out images");
  expect(text).toContain("Recall of rose");
  expect(text).toContain("45.7 %");
  expect(text).toContain("inception-score It needs ImageNet. To get it: give such a network.");
  expect(text).not.toContain("These are scores of the generator after");
  expect(text).not.toContain("Alarm.");
});

test("scores are grouped by what they compare; only the group of the score to quote is open", () => {
  const [head = "", ...closed] = reportOf({ scoreCard: card }).split('<details class="group">');
  const open = textOf(head.slice(head.indexOf("<h2>Scores</h2>")));
  expect(open).toContain("Features (random embedding 1) against held-out images");
  expect(open).not.toContain("(training)");
  expect(
    closed.map((part) =>
      textOf(part.split("</summary>")[0] ?? "")
        .replace("<summary>", "")
        .trim(),
    ),
  ).toEqual([
    "Features (random embedding 1) against training images 1 score",
    "Copies of training images 1 score",
    "Within classes 1 score",
  ]);
  expect(textOf(closed[0] ?? "")).toContain("FID (training)");
});

test("what speaks against scores is told once under them, calmly where they are only rough", () => {
  const page = reportOf({ scoreCard: card });
  expect(textOf(page)).toContain("Unsafe : not to be quoted or compared FID: too few images");
  expect(textOf(page)).toMatch(/Rough : good enough to compare runs .* Coverage: only 10 images a side/);
  expect(page.match(/only 10 images a side/g)).toHaveLength(1);
  expect(page.match(/class="tag unsafe"/g)).toHaveLength(1);
  expect(page.match(/class="tag rough"/g)).toHaveLength(1);
});

test("an unsafe score is not called the one to quote", () => {
  const scores = card.scores.map((one) => ({ ...one, unsafe: ["only 10 images"] }));
  const text = textOf(reportOf({ scoreCard: { ...card, scores } }));
  expect(text).toContain("unsafe Only 10 images.");
  expect(text).not.toContain("the score to quote");
});

test("alarms stand above all scores", () => {
  const text = textOf(reportOf({ scoreCard: { ...card, alarms: ["It copies.", "It repeats itself."] } }));
  expect(text).toMatch(/ Scores Alarm\. It copies\. Alarm\. It repeats itself\. KID /);
});

test("images from anywhere are called scored, not generated, and all real images are counted together", () => {
  const text = textOf(
    reportOf({
      scoreCard: {
        ...card,
        subject: { kind: "images", place: "theirs/", sha256: hash, images: 500 },
        reference: { ...card.reference, split: "all" },
        scores: [
          { ...score, metric: "kid", reference: "all", real: 100, value: 0.1 },
          { ...score, metric: "classifier-error", generated: 0, value: 0.1 },
        ],
        copying: { ...copying, suspects: [{ ...copying.suspects[0], name: "theirs/9.png" }] },
      },
    }),
  );
  expect(text).toContain("500 scored images 100 real images");
  expect(text).toContain("Of 500 scored images");
  expect(text).not.toContain("0 generated images");
  expect(text).toContain("images there 100 ");
  expect(text).toContain("theirs/9.png rose/3.png (mirrored)");
});

test("the protocol of the scores is complete", () => {
  const text = textOf(reportOf({ scoreCard: card }));
  for (const fact of [
    "500 images of the run runs/orchids after 120 steps, averaged weights (EMA)",
    "held-out images of photos/",
    "90 to train, 10 held out",
    "random embedding 1, layer pooled, 512 numbers an image",
    "resized: bicubic",
    hash,
    "seed 11",
    "by Atelier 9.9.9 in 12 s",
  ]) {
    expect(text).toContain(fact);
  }
});

test("scores of another step than the run's last say so", () => {
  const subject = { ...card.subject, step: 60 };
  expect(textOf(reportOf({ scoreCard: { ...card, subject } }))).toContain(
    "These are scores of the generator after 60 steps ; the run has made 120.",
  );
});

test("copies are alarmed about where there is an alarm, with picture and suspects", () => {
  const calm = reportOf({ scoreCard: { ...card, copying }, copiesPicture: picture });
  expect(textOf(calm)).toContain("No picture is a copy.");
  expect(textOf(calm)).not.toContain("Copy alarm");
  expect(textOf(calm)).toContain("Of 500 generated images, 2.0 % lie so near to one of 90 training images");
  expect(textOf(calm)).toContain("of 10 held-out images, 1.0 %");
  expect(textOf(calm)).toContain("picture 7 rose/3.png (mirrored) 0.1 pixels");
  expect(calm).toContain('alt="Generated pictures beside their nearest training images"');
  const loud = reportOf({ scoreCard: { ...card, copying: { ...copying, alarm: true } } });
  expect(textOf(loud)).toContain("Copy alarm. No picture is a copy.");
  expect(loud).toContain('class="notice alarm"');
});

test("a confusion matrix has a row for each class, of many those with the most mistakes", () => {
  const confusion = (classes: number) => ({
    classNames: Array.from({ length: classes }, (_, index) => `class ${index}`),
    // Class i is mistaken i times for the next one.
    counts: Array.from({ length: classes }, (_, row) =>
      Array.from({ length: classes }, (_, column) => (column === row ? 100 : column === (row + 1) % classes ? row : 0)),
    ),
    images: 100 * classes + (classes * (classes - 1)) / 2,
  });
  const taught = { ...confusion(3), labels: 2000, hiddenLabels: 1990 };
  expect(textOf(reportOf({ scoreCard: { ...card, confusion: taught } }))).toContain(
    "It has learned from 2,000 labels, 1,990 of them hidden from the run.",
  );
  const few = textOf(reportOf({ scoreCard: { ...card, confusion: confusion(3) } }));
  expect(few).toContain("Class class 0 class 1 class 2 class 0 100 class 1 100 1 class 2 2 100");
  expect(few).toContain("303 held-out images, of which it gets 1.0 % wrong");
  const [one, other] = ["a photograph of a cat", "a photograph of a dog"];
  const long = {
    classNames: [one, other],
    counts: [
      [1, 2],
      [3, 4],
    ],
    images: 10,
  };
  const numbered = textOf(reportOf({ scoreCard: { ...card, confusion: long } }));
  expect(numbered).toContain(`Class 1 2 1 ${one} 1 2 2 ${other} 3 4`);
  const many = reportOf({ scoreCard: { ...card, confusion: confusion(100) } });
  expect(textOf(many)).toContain("The 20 of 100 classes with the most mistakes");
  expect(textOf(many)).toContain("class 99");
  expect(textOf(many)).not.toContain("class 79");
  expect(many.length).toBeLessThan(100_000);
});

test("an empty score card has a page", () => {
  const text = textOf(
    reportOf({ scoreCard: { ...card, headline: undefined, extractors: [], scores: [], refused: [] } }),
  );
  expect(text).toContain("No score could be computed.");
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test("skipped files are shown with their reasons", () => {
  const splits = { train: { images: 5, labels: {}, unlabelled: 5 } };
  const skipped = [
    { file: "broken.jpg", reason: "cut short" },
    { file: "notes/empty.png", reason: "0 bytes" },
  ];
  const text = textOf(reportOf({ dataSummary: { name: "photos", splits, skipped } }));
  expect(text).toContain("2 skipped files");
  expect(text).toContain("broken.jpg cut short");
  expect(text).toContain("notes/empty.png 0 bytes");
  expect(text).toContain("No image has a label.");
});

test("classes and images without a label are counted", () => {
  const text = textOf(reportOf());
  expect(text).toContain("2 classes");
  expect(text).toContain("rose 45 40 5");
  expect(text).toContain("no label 20 20 0");
});

test("the configuration tells what Atelier chose and why", () => {
  const text = textOf(reportOf());
  expect(text).toContain("steps 120 set by you");
  expect(text).toContain("batch 64 the usual 64");
});

test("commands name the run so that a shell takes it as one word", () => {
  const page = reportOf({ path: "runs/my orchids" });
  expect(textOf(page)).toContain("atelier generate &#39;runs/my orchids&#39; -n 16");
  expect(textOf(page)).toContain("atelier train photos/ --out &#39;runs/my orchids&#39; --resume --steps 240");
});

test("a model that can be asked for a class says how, also to other programs", () => {
  const askedClasses = ["red rose", ...Array.from({ length: 24 }, (_, index) => `kind ${index}`)];
  const text = textOf(reportOf({ askedClasses }));
  expect(text).toContain("atelier generate runs/orchids --class &#39;red rose&#39;");
  expect(text).toContain("sample({ count: 16, seed: 7, class: &quot;red rose&quot; })");
  expect(text).toContain(
    "and class [batch, 25] float32, in each row 1 in the column of the wanted class and 0 elsewhere; column 0: red rose, column 1: kind 0,",
  );
  expect(text).toContain("column 19: kind 18, …");
  expect(textOf(reportOf())).not.toContain("--class");
});

test("a stopped run says so and how to go on", () => {
  const progress = { made: 50, planned: 120, seconds: 3, outcome: "stopped" } as const;
  const text = textOf(reportOf({ progress }));
  expect(text).toContain("This run was stopped after 50 of 120 steps.");
  expect(text).toContain("atelier train photos/ --out runs/orchids --resume ");
});

test("a run without a logged step, with one grid and without the rest, has a page", () => {
  const bare = renderReport(bareInput);
  expect(textOf(bare)).toContain("No step was logged");
  expect(bare.match(/<img /g)).toHaveLength(1);
  expect(bare).not.toMatch(/NaN|undefined|Infinity/);
});
