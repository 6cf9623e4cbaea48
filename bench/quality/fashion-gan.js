// A GAN on Fashion-MNIST against a PyTorch program trained for the same time on the same machine, in turn: the Fréchet
// distance of 10,000 pictures to the 10,000 test images, precision and recall (k = 3, 5,000 images each), all in the
// features of the classifier that Atelier trains on the labels of the training images.
//
//   npm run build && node bench/quality/fashion-gan.js FASHION-MNIST [--minutes 10] [--seeds 0,1,2] [--torch SCRIPT.py] [--set key=value]… [--truncation 2]
//
// SCRIPT.py is called as `python3 SCRIPT.py DATA OUT --minutes M --at M --seed S` and writes OUT/torch-raw-M.npz and
// OUT/torch-ema-M.npz with `images`, uint8 [n, 28, 28]; without --torch only Atelier's runs are made.
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { imagesOf, openDataset } from "../../dist/data/index.js";
import { commandLine } from "./command-line.js";
import { openJudge } from "./judge.js";
import { meanAndSpread, picturesOf, trainRun } from "./runs.js";

const { values, positionals } = commandLine(import.meta.url, {
  minutes: { type: "string", default: "10" },
  seeds: { type: "string", default: "0,1,2" },
  torch: { type: "string" },
  python: { type: "string", default: "python3" },
  out: { type: "string" },
  set: { type: "string", multiple: true, default: [] },
  truncation: { type: "string" },
});
const [data] = positionals;
const out = values.out ?? mkdtempSync(join(tmpdir(), "fashion-gan-"));
const format = { width: 28, height: 28, channels: 1 };
const judge = await openJudge(data, format);
const scores = { atelier: [], truncated: [], torch: [] };

for (const seed of values.seeds.split(",").map(Number)) {
  const run = await trainRun([data, "--size", "28", "--minutes", values.minutes, "--seed", String(seed)], {
    out: join(out, `seed-${seed}`),
    set: ["classes=0", ...values.set],
  });
  const score = await judge.score(await picturesOf(run.path, 10_000));
  scores.atelier.push(score);
  console.log(JSON.stringify({ engine: "atelier", seed, steps: run.steps, seconds: run.seconds, ...score }));
  if (values.truncation !== undefined) {
    const truncation = Number(values.truncation);
    const truncated = await judge.score(await picturesOf(run.path, 10_000, { truncation }));
    scores.truncated.push(truncated);
    console.log(JSON.stringify({ engine: "atelier", seed, truncation, ...truncated }));
  }
  if (values.torch === undefined) continue;

  const minutes = Number((run.seconds / 60).toPrecision(3));
  const folder = join(out, `torch-${seed}`);
  const options = ["--minutes", String(minutes), "--at", String(minutes), "--seed", String(seed)];
  const { stdout, status } = spawnSync(values.python, [values.torch, data, folder, ...options], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${values.torch} ended with ${status}`);
  const { steps, seconds } = JSON.parse(stdout.trim().split("\n").at(-1));
  for (const kind of ["raw", "ema"]) {
    const made = await openDataset(join(folder, `torch-${kind}-${minutes}.npz`), { format, heldOutFraction: 0 });
    const found = await judge.score(imagesOf(made.train, format));
    made.close();
    console.log(JSON.stringify({ engine: `torch ${kind}`, seed, steps, seconds, ...found }));
    if (kind === "ema") scores.torch.push(found);
  }
}
for (const [engine, found] of Object.entries(scores)) {
  if (found.length > 0) console.log(JSON.stringify({ engine, mean: meanAndSpread(found) }));
}
await judge.release();
