// Every loss of a GAN on Fashion-MNIST, for the same number of steps of the discriminator and the same seed: Fréchet
// distance, precision and recall in the features of the classifier, and a grid of 64 pictures of each to look at.
//
//   npm run build && node bench/quality/gan-losses.js FASHION-MNIST --out FOLDER [--steps 3000]
import { join } from "node:path";
import { commandLine } from "./command-line.js";
import { openJudge } from "./judge.js";
import { picturesOf, trainRun } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  steps: { type: "string", default: "3000" },
  seed: { type: "string", default: "0" },
  out: { type: "string", required: true },
});
const [data] = positionals;
const judge = await openJudge(data, { width: 28, height: 28, channels: 1 });
const variants = {
  nonSaturating: [],
  minimax: [],
  leastSquares: [],
  hinge: ["gan.discriminatorNorm=spectral"],
  // A critic needs a penalty on slopes by image, so no statistics over the batch.
  wasserstein: ["gan.discriminatorNorm=layer"],
};
for (const [loss, set] of Object.entries(variants)) {
  const common = ["--size", "28", "--steps", values.steps, "--seed", values.seed];
  const run = await trainRun([data, ...common], {
    out: join(values.out, loss),
    set: ["classes=0", `gan.loss=${loss}`, ...set],
  });
  const score = await judge.score(await picturesOf(run.path, 10_000));
  console.log(JSON.stringify({ loss, set, steps: run.steps, seconds: run.seconds, ...score }));
}
await judge.release();
