// The engine's speed and memory: the training step of a DCGAN at 32 and 64 pixels, batch 64, alone or beside a PyTorch
// script of the same work. The contestants run in turn, each round in fresh processes, so that a noisy machine is noisy to
// all; times are the medians and the minima over all rounds, memory is the largest peak.
//
//   npm run bench -- [--torch "python3 SCRIPT"] [--device webgpu] [--rounds 3] [--steps 20] [--threads 2] [--sizes 32,64]
//
// The script takes --size, --batch, --steps and --threads, and prints one line of JSON with step_ms_median and step_ms_min.
// --device adds a row for another device, to compare it with the CPU on a machine that has one.
import { availableParallelism } from "node:os";
import { execPath, stderr } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measure, median } from "./child.js";

const { values: flags } = parseArgs({
  options: {
    torch: { type: "string" },
    device: { type: "string", default: "cpu" },
    rounds: { type: "string", default: "3" },
    steps: { type: "string", default: "20" },
    threads: { type: "string", default: String(Math.min(2, availableParallelism())) },
    sizes: { type: "string", default: "32,64" },
  },
});
const rounds = Number(flags.rounds);
const ours = fileURLToPath(new URL("./step.js", import.meta.url));
const [torch, ...script] = flags.torch?.split(" ") ?? [];
const oneStage = ["--updates", "one-stage", "--norm"];
const contestants = {
  ...(torch === undefined ? {} : { "PyTorch, two stages": [torch, ...script] }),
  "Atelier, two stages": [execPath, ours],
  "Atelier, one stage, spectral norm": [execPath, ours, ...oneStage, "spectral"],
  "Atelier, one stage, no norm": [execPath, ours, ...oneStage, "none"],
  ...(flags.device === "cpu"
    ? {}
    : { [`Atelier on ${flags.device}, two stages`]: [execPath, ours, "--device", flags.device] }),
};

const rows = [];
for (const size of flags.sizes.split(",")) {
  const runs = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, [command, ...args]] of Object.entries(contestants)) {
      stderr.write(`${size} px, round ${round + 1} of ${rounds}: ${name}\n`);
      const sizes = ["--size", size, "--batch", "64", "--steps", flags.steps, "--threads", flags.threads];
      runs[name].push(await measure(command, [...args, ...sizes]));
    }
  }
  rows.push(...Object.entries(runs).map(([name, done]) => row(size, name, done, runs[Object.keys(contestants)[0]])));
}
console.table(rows);

function row(size, name, runs, reference) {
  const best = (key, done) => Math.min(...done.map(({ result }) => result[key]));
  const middle = (done) => median(done.map(({ result }) => result.step_ms_median));
  const { gigaflop } = runs[0].result;
  const rate = Math.max(...runs.map(({ result }) => result.matmul_gigaflops));
  return {
    "size, px": Number(size),
    step: name,
    "median, ms": rounded(middle(runs)),
    "best, ms": rounded(best("step_ms_min", runs)),
    "times faster, median": rounded(middle(reference) / middle(runs)),
    "times faster, best": rounded(best("step_ms_min", reference) / best("step_ms_min", runs)),
    "share of MatMul rate": gigaflop === undefined ? "" : rounded((gigaflop / best("step_ms_min", runs) / rate) * 1000),
    "peak, MB": Math.max(...runs.map(({ peakMegabytes }) => peakMegabytes ?? Number.NaN)),
    "compile, ms": gigaflop === undefined ? "" : Math.round(best("compile_ms", runs)),
  };
}

function rounded(value) {
  return Math.round(value * 100) / 100;
}
