// MNIST, dynamically binarised: a VAE is trained for so many minutes or steps, and the importance-weighted test likelihood of its
// averaged weights is printed, in nats an image (lower is better).
//
//   npm run build && node bench/quality/mnist-vae.js [FOLDER] --minutes 20
//   npm run build && node bench/quality/mnist-vae.js [FOLDER] --minutes 60 --importance-samples 5
//
//   FOLDER                 MNIST's four IDX files. Default: ../shared/data/mnist
//   --steps N              instead of --minutes
//   --images N             test images that are looked at. Default: all 10,000
//   --draws N              codes drawn for each. Default: 200
//   --seed N               Default: 0
//   --set KEY=VALUE,…      other settings, such as width=256,vae.warmup=1000
import { join } from "node:path";
import { imagesOf, openSource, packDataset } from "../../dist/data/index.js";
import { buildTrainingStep, formatOf, methodOf } from "../../dist/methods/index.js";
import { BatchFeed } from "../../dist/training/batch-feed.js";
import { planTraining } from "../../dist/training/defaults.js";
import { likelihoodOf } from "../../dist/training/likelihood.js";
import { mergeConfigs } from "../../dist/training/parse-config.js";
import { fittingOf } from "../../dist/training/preparation.js";
import { StepRunner } from "../../dist/training/step-runner.js";
import { commandLine } from "./command-line.js";

const { values: flags, positionals } = commandLine(
  import.meta.url,
  {
    minutes: { type: "string", default: "20" },
    steps: { type: "string" },
    "importance-samples": { type: "string", default: "1" },
    images: { type: "string", default: "10000" },
    draws: { type: "string", default: "200" },
    seed: { type: "string", default: "0" },
    set: { type: "string", default: "" },
  },
  [],
);
/** Steps whose time says how many fit into the minutes. */
const MEASURED = 300;

const source = await openSource(positionals[0] ?? join("..", "shared", "data", "mnist"));
const trial = await configOf(MEASURED);
const { seed } = trial;
const dataset = await packDataset(source, {
  format: formatOf(trial),
  fitting: fittingOf(trial),
  seed,
  heldOutFraction: 0,
});
const steps = flags.steps === undefined ? await stepsIn(Number(flags.minutes) * 60) : Number(flags.steps);
const config = await configOf(steps);
const { averages, seconds } = await trained(config, true);
console.log(`${steps} steps of ${config.batch} images in ${(seconds / 60).toFixed(1)} minutes`);

const images = imagesOf(dataset.heldOut, dataset.format, Number(flags.images), seed);
const begun = performance.now();
const found = await likelihoodOf(config, {}, averages, images, { draws: Number(flags.draws), seed });
console.log({ ...found, measuredInSeconds: Math.round((performance.now() - begun) / 1000) });
dataset.close();

/** As Burda et al. 2016, but for wider layers, and a higher rate that falls smoothly to 0. */
async function configOf(steps) {
  const fixed = {
    model: "vae",
    classes: 0,
    architecture: "mlp",
    size: 28,
    channels: 1,
    latent: 50,
    batch: 100,
    steps,
    seed: Number(flags.seed),
    learningRate: { encoder: 2e-3, decoder: 2e-3 },
    schedule: { shape: "cosine" },
    vae: { likelihood: "bernoulli", binarise: true, importanceSamples: Number(flags["importance-samples"]) },
  };
  const given = flags.set.split(",").flatMap((part) => (part === "" ? [] : [nested(...part.split("="))]));
  return (await planTraining(mergeConfigs([fixed, ...given]), source)).config;
}

/** `a.b` and a value as { a: { b: value } }. */
function nested(key, text) {
  const value =
    text === "true" || text === "false" ? text === "true" : Number.isNaN(Number(text)) ? text : Number(text);
  return key.split(".").reduceRight((inner, name) => ({ [name]: inner }), value);
}

async function stepsIn(seconds) {
  return Math.floor((MEASURED * seconds) / (await trained(trial, false)).seconds);
}

/** The averaged values of the networks' variables after all steps, and how long these took. */
async function trained(config, aloud) {
  const method = methodOf(config);
  const { device, threads, tuning, batch, seed } = config;
  const step = buildTrainingStep(method, { format: formatOf(config), batch });
  const runner = await StepRunner.compile(step, seed, { device, threads, tuning });
  const feed = new BatchFeed(config, dataset);
  const begun = performance.now();
  let losses = [];
  for (let number = 0; number < config.steps; number++) {
    losses.push((await runner.run(number, feed.images(number))).loss);
    const made = number + 1;
    if (!aloud || (made % Math.ceil(config.steps / 20) !== 0 && made !== config.steps)) continue;
    const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
    const rate = (made * 1000) / (performance.now() - begun);
    console.log(`step ${made}: ${loss.toFixed(2)} nats, ${rate.toFixed(1)} steps a second`);
    losses = [];
  }
  const seconds = (performance.now() - begun) / 1000;
  const state = await runner.values();
  await runner.release();
  const variables = Object.values(method.networks).flatMap((network) => network.variables);
  return { averages: new Map(variables.map((own) => [own.input.name, state.get(step.averageOf(own))])), seconds };
}
