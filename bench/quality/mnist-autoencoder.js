// Autoencoders on MNIST: how near their new pictures are to real digits. A plain VAE whose codes are drawn from N(0, 1),
// and a deterministic autoencoder whose codes are drawn from a mixture fitted to those of the training images, with the
// same networks and steps: the Fréchet distance of 10,000 pictures to the 10,000 test images, in the features of the
// classifier that Atelier trains on the labels.
//
//   npm run build && node bench/quality/mnist-autoencoder.js MNIST [--steps 6000] [--seeds 0,1,2] [--architecture dcgan]
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commandLine } from "./command-line.js";
import { openJudge } from "./judge.js";
import { meanAndSpread, picturesOf, trainRun } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  steps: { type: "string", default: "6000" },
  seeds: { type: "string", default: "0,1,2" },
  architecture: { type: "string", default: "dcgan" },
  out: { type: "string" },
});
const [data] = positionals;
const out = values.out ?? mkdtempSync(join(tmpdir(), "mnist-autoencoder-"));
const judge = await openJudge(data, { width: 28, height: 28, channels: 1 });
const variants = {
  "vae, prior": ["--model", "vae", "--set", "vae.sampling=prior"],
  "vae, mixture": ["--model", "vae", "--set", "vae.sampling=mixture"],
  "autoencoder, mixture": ["--model", "autoencoder"],
};
const scores = new Map(Object.keys(variants).map((name) => [name, []]));

for (const seed of values.seeds.split(",")) {
  for (const [name, words] of Object.entries(variants)) {
    const common = ["--size", "28", "--architecture", values.architecture, "--steps", values.steps, "--seed", seed];
    const run = await trainRun([data, ...common, ...words], {
      out: join(out, `${name.replace(", ", "-")}-${seed}`),
      set: ["classes=0"],
    });
    const score = await judge.score(await picturesOf(run.path, 10_000));
    scores.get(name).push(score);
    console.log(JSON.stringify({ name, seed, steps: run.steps, seconds: run.seconds, ...score }));
  }
}
for (const [name, found] of scores) console.log(JSON.stringify({ name, mean: meanAndSpread(found) }));
await judge.release();
