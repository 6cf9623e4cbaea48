// Pictures of a chosen class from a few labels and many images, beside a run that sees every label and one that sees the
// labelled images alone, for the same time or steps: how often a classifier of all labels finds the class that was asked
// for, and the Fréchet distance of the pictures, equally many of each class, to the held-out images in its features.
//
//   npm run build && node bench/quality/conditional.js DATA --out FOLDER [--labels 100] [--minutes M | --steps N] [--seeds 0,1,2] [--variants few,all,alone] [--model gan] [--set key=value]…
//
//   --labels N         labels in all, a multiple of the classes. Default: 100
//   --variants NAME,…  few: N labels and all other images without; all: every label; alone: the N labelled images and no
//                      others. Default: all three; the ratios need them
//   --model NAME       gan, vae, autoencoder. Default: gan
//   --pictures N       that are judged. Default: 10,000
//   --size PIXELS      Default: what suits the data
//   --set KEY=VALUE    of every run, but not which images are held out or how they are fitted
//
// Each variant has the usual settings of its data, so that the batch of the third may be smaller. A seed decides the draw
// of the labels, too. Runs lie in FOLDER with a grid of each, NAME.png; those that are finished are not made again.
import { join } from "node:path";
import { openSource, suggestFormat } from "../../dist/data/index.js";
import { preparationOf } from "../../dist/training/index.js";
import { commandLine, numbersIn } from "./command-line.js";
import { openJudge } from "./judge.js";
import { labelledFolder } from "./labelled-folder.js";
import { attempt, meanAndSpread, picturesByClass, print, trainRun, writeClassGrid } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  labels: { type: "string", default: "100" },
  minutes: { type: "string" },
  steps: { type: "string" },
  seeds: { type: "string", default: "0,1,2" },
  variants: { type: "string", default: "few,all,alone" },
  model: { type: "string", default: "gan" },
  pictures: { type: "string", default: "10000" },
  size: { type: "string" },
  out: { type: "string", required: true },
  set: { type: "string", multiple: true, default: [] },
});
const [data] = positionals;
const [labels] = numbersIn(values.labels);
const suggested = await suggestFormat(await openSource(data));
const { format } = preparationOf(values.size === undefined ? {} : { size: values.size }, suggested);
const found = new Map(values.variants.split(",").map((variant) => [variant, []]));

for (const seed of numbersIn(values.seeds)) {
  const judge = await openJudge(data, format, { seed });
  print({ seed, judge: { accuracyOnRealImages: await judge.ownAccuracy() } });
  for (const [variant, scores] of found) {
    await attempt({ variant, seed }, async () => scores.push(await measured(variant, seed, judge)));
  }
  await judge.release();
}
const means = new Map();
for (const [variant, scores] of found) {
  if (scores.length === 0) continue;
  means.set(variant, meanAndSpread(scores));
  print({ variant, labels, runs: scores.length, mean: means.get(variant) });
}
const ratio = (variant) => means.get("few").frechet.mean / means.get(variant).frechet.mean;
const isWhole = new Set([...found.values()].map(({ length }) => length)).size === 1;
if (isWhole && ["few", "all", "alone"].every((variant) => means.has(variant))) {
  print({ frechetRatio: { fewToAll: ratio("all"), fewToAlone: ratio("alone") } });
}

/** Trains a variant, prints what the judge says of it, and returns what means are made of. */
async function measured(variant, seed, judge) {
  const { classNames } = judge.dataset;
  if (labels % classNames.length !== 0) throw new Error(`expected a multiple of the ${classNames.length} classes`);
  const perClass = labels / classNames.length;
  const name = `${values.model}-${variant}-${variant === "all" ? "" : `${labels}-`}${seed}`;
  const out = join(values.out, name);
  const run = await trainRun([...(await imagesFor(variant, perClass, seed)), ...common(seed)], {
    out,
    set: [...values.set, ...(variant === "alone" ? ["heldOut=0"] : [])],
  });
  const pictures = await picturesByClass(run.path, Math.ceil(Number(values.pictures) / classNames.length), classNames);
  try {
    const { worst, ofClass, ...labelAccuracy } = await judge.labelAccuracy(pictures);
    const scores = await judge.score(pictures);
    await writeClassGrid(`${out}.png`, pictures);
    const { batch, width, classes } = run.config;
    const { steps, seconds } = run;
    print({ variant, seed, steps, seconds, batch, width, classes, labelAccuracy, worst, ofClass, ...scores });
    const { images: _, ...distances } = scores;
    return { labelAccuracy: labelAccuracy.value, ...distances };
  } finally {
    await pictures.release();
  }
}

function common(seed) {
  const { width, height, channels } = format;
  const budget =
    values.steps !== undefined
      ? ["--steps", values.steps]
      : values.minutes !== undefined
        ? ["--minutes", values.minutes]
        : [];
  const form = ["--size", width === height ? String(width) : `${width}x${height}`, "--channels", String(channels)];
  return ["--model", values.model, ...form, "--seed", String(seed), ...budget];
}

/** What a variant is trained on. */
async function imagesFor(variant, perClass, seed) {
  switch (variant) {
    case "few":
      return [data, "--labels-per-class", String(perClass)];
    case "all":
      return [data];
    case "alone":
      return [await labelledFolder(data, values.out, { format, seed, labelsPerClass: perClass })];
    default:
      throw new Error(`expected few, all or alone, received ${variant}`);
  }
}
