// What a classifier learns from a few labels and many images: the error of a run's classifier.onnx on the held-out images
// (for MNIST and Fashion-MNIST the test images), for each method and number of labels, over several draws of the labels;
// with --supervised beside it that of the same network with the same labels alone, for as many steps.
//
//   npm run build && node bench/quality/few-labels.js DATA --out FOLDER [--labels 100,50] [--methods feature-matching,m2] [--minutes M | --steps N] [--draws 5] [--supervised] [--set key=value]…
//
//   --labels N,…       labels in all, a multiple of the classes. Default: 100
//   --methods NAME,…   feature-matching, gan, m2, m1+m2, autoencoder. Default: feature-matching
//   --minutes M        of each run; the supervised one makes as many steps as the run beside it. Default: the usual steps
//   --seeds N,…        instead of --draws: the seeds themselves
//   --size PIXELS      Default: what suits the data
//   --set KEY=VALUE    of every run; a family's own settings go to that family alone
//
// A draw is a seed of `atelier train --seed`: it decides which images keep their label, and also the first weights and the
// order of the images, so that the deviation holds both. Runs lie in FOLDER; those that are finished are not made again.
import { join } from "node:path";
import { imagesOf, openSource } from "../../dist/data/index.js";
import { classifyAll } from "../../dist/evaluation/index.js";
import { Classifier } from "../../dist/export/index.js";
import { formatOf } from "../../dist/methods/index.js";
import { predictedClasses, rightGuesses } from "../../dist/metrics/index.js";
import { openOwnImages, openRun } from "../../dist/training/index.js";
import { commandLine, numbersIn } from "./command-line.js";
import { shareOf } from "./judge.js";
import { labelledFolder } from "./labelled-folder.js";
import { attempt, meanAndSpread, print, settingsOf, trainRun } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  labels: { type: "string", default: "100" },
  methods: { type: "string", default: "feature-matching" },
  minutes: { type: "string" },
  steps: { type: "string" },
  draws: { type: "string", default: "5" },
  seeds: { type: "string" },
  size: { type: "string" },
  supervised: { type: "boolean", default: false },
  out: { type: "string", required: true },
  set: { type: "string", multiple: true, default: [] },
});
const [data] = positionals;
const seeds = values.seeds === undefined ? [...Array(Number(values.draws)).keys()] : numbersIn(values.seeds);

/**
 * What each method is asked for by, and what leaves its classifier to the labels alone. Where no setting does, because all
 * images teach the network that reads them, it sees the labelled images and no others.
 */
const methods = {
  "feature-matching": { model: "feature-matching", alone: ["featureMatching.unlabelledWeight=0"] },
  gan: { model: "gan", alone: ["classifier.pseudoLabels=0"] },
  m2: { model: "vae", set: ["vae.classModel=m2"] },
  "m1+m2": { model: "vae", set: ["vae.classModel=m1+m2"] },
  autoencoder: { model: "autoencoder" },
};

const classes = new Set((await openSource(data)).records.flatMap(({ label }) => label ?? [])).size;
for (const method of values.methods.split(",")) {
  for (const labels of numbersIn(values.labels)) {
    const found = { semiSupervised: [], supervised: [] };
    for (const seed of seeds) await attempt({ method, labels, seed }, () => draw(method, labels, seed, found));
    if (found.semiSupervised.length > 0) print({ method, labels, ...summary(found) });
  }
}

/** Both runs of a draw; their errors are added to what was found. */
async function draw(method, labels, seed, found) {
  if (methods[method] === undefined)
    throw new Error(`expected one of ${Object.keys(methods).join(", ")}, received ${method}`);
  if (labels % classes !== 0) throw new Error(`expected a multiple of the ${classes} classes`);
  const { model, set: own = [], alone } = methods[method];
  const labelsPerClass = labels / classes;
  const few = [data, "--labels-per-class", String(labelsPerClass)];
  const common = ["--model", model, "--seed", String(seed)];
  const form = values.size === undefined ? [] : ["--size", values.size];
  const set = [...own, ...settingsOf(model, values.set)];
  const out = join(values.out, `${method}-${labels}-${seed}`);
  const run = await trainRun([...few, ...common, ...form, ...budget()], { out, set });
  const error = await testError(run, run);
  found.semiSupervised.push(error.value);
  print({ method, labels, seed, steps: run.steps, seconds: run.seconds, error });
  if (!values.supervised) return;

  // The same network for as many steps: minutes may have narrowed it.
  const { config } = run;
  const format = formatOf(config);
  const same = settings({ width: config.width, "classifier.batch": config.classifier.batch }, set);
  const sides = ["--size", `${format.width}x${format.height}`, "--channels", String(format.channels)];
  const words = [...common, ...sides, "--steps", String(config.steps)];
  const options = { out: `${out}-supervised`, set: same };
  const supervised =
    alone === undefined
      ? await trainRun([await labelledFolder(data, values.out, { format, seed, labelsPerClass }), ...words], {
          ...options,
          set: settings({ batch: Math.min(config.batch, labels), "classifier.pseudoLabels": 0, heldOut: 0 }, same),
        })
      : await trainRun([...few, ...words], { ...options, set: [...same, ...alone] });
  const without = await testError(supervised, run);
  found.supervised.push(without.value);
  print({
    method,
    labels,
    seed,
    supervised: true,
    steps: supervised.steps,
    seconds: supervised.seconds,
    error: without,
  });
}

/** How long a run may take, in the words of `atelier train`. */
function budget() {
  const { steps, minutes } = values;
  if (steps !== undefined) return ["--steps", steps];
  return minutes === undefined ? [] : ["--minutes", minutes];
}

/** Settings, `key=value`, with those of some keys replaced. */
function settings(replaced, set) {
  const kept = set.filter((pair) => !Object.hasOwn(replaced, pair.split("=")[0]));
  return [...kept, ...Object.entries(replaced).map(([key, value]) => `${key}=${value}`)];
}

/** Mean and deviation of the errors, and the share of the supervised one that the images without label take away. */
function summary(found) {
  const given = Object.entries(found).filter(([, errors]) => errors.length > 0);
  const errors = Object.fromEntries(
    given.map(([name, list]) => [
      name,
      { ...meanAndSpread(list.map((error) => ({ error }))).error, draws: list.length },
    ]),
  );
  // Only where every draw has both, for draws differ more than methods do.
  const isPaired = found.supervised.length === found.semiSupervised.length;
  const reduction = isPaired ? 1 - errors.semiSupervised.mean / errors.supervised.mean : undefined;
  return { ...errors, reduction };
}

/** The error of a run's classifier on the images that another run, or the same, was not trained on. */
async function testError({ path }, { path: ofImages }) {
  const { run, plan } = await openRun(ofImages);
  const dataset = await openOwnImages(run, plan.config);
  const { format, heldOut } = dataset;
  const images = imagesOf(heldOut, format);
  const classifier = await Classifier.load(join(path, "classifier.onnx"));
  const known = classifier.metadata.classNames;
  if (known.join() !== dataset.classNames.join())
    throw new Error(`${classifier.path} knows ${known.join(", ")}, not the data's classes`);
  const probabilities = await classifyAll((pixels) => classifier.classify(pixels), images, known.length);
  await classifier.release();
  dataset.close();
  const predicted = predictedClasses(probabilities.values, known.length);
  return shareOf(rightGuesses(predicted, images.labels).map((right) => 1 - right));
}
