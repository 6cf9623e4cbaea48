// Time of one DCGAN training step (discriminator, generator, both Adam updates, weight average), alone or beside a PyTorch
// script of the same work. The two run in turn, each round in fresh processes, so that a noisy machine is noisy to both.
//
//   npm run build && node bench/dcgan-step.js [--size 32] [--batch 64] [--steps 20] [--rounds 3] [--torch "python3 SCRIPT"]
//
// The script takes --size, --batch, --steps and --threads, and prints one line of JSON with step_ms_median and step_ms_min.
import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: {
    size: { type: "string", default: "32" },
    batch: { type: "string", default: "64" },
    steps: { type: "string", default: "20" },
    rounds: { type: "string", default: "3" },
    torch: { type: "string" },
    once: { type: "boolean", default: false },
  },
});
const [size, batch, steps, rounds] = [flags.size, flags.batch, flags.steps, flags.rounds].map(Number);
const median = (values) => values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)];

/** Our own step, timed in this process. */
async function timeOurStep() {
  const { buildTrainingStep, gan } = await import("../dist/methods/index.js");
  const { architectures } = await import("../dist/models/index.js");
  const { Program } = await import("../dist/runtime/index.js");
  const { randomStream } = await import("../dist/foundation/random.js");
  const format = { height: size, width: size, channels: 3 };
  const method = gan({
    architecture: architectures.dcgan,
    format,
    latent: 100,
    width: 64,
    batch,
    learningRate: { generator: 2e-4, discriminator: 2e-4 },
    averageHalfLife: 20_000,
  });
  const step = buildTrainingStep(method, format, batch);
  const program = await Program.compile({ outputs: step.report, state: step.state }, step.initialState(0), {
    device: "cpu",
  });
  const random = randomStream(0, "images");
  const images = Uint8Array.from({ length: batch * 3 * size * size }, () => random.integer(256));
  const times = [];
  for (let number = 0; number < steps + 3; number++) {
    const feeds = { images };
    const begun = performance.now();
    for (const { name, shape } of step.noises) {
      feeds[name] = randomStream(0, name, number).normals(shape.reduce((product, length) => product * length, 1));
    }
    for (const { input, value } of step.scalars) feeds[input.name] = Float32Array.of(value(number));
    await program.run(feeds);
    if (number >= 3) times.push(performance.now() - begun);
  }
  return { nodes: program.nodes, step_ms_median: median(times), step_ms_min: Math.min(...times) };
}

const run = (command, args) => JSON.parse(execFileSync(command, args, { encoding: "utf8" }).trim().split("\n").at(-1));

if (flags.once) {
  console.log(JSON.stringify(await timeOurStep()));
} else {
  const self = fileURLToPath(import.meta.url);
  const sizes = ["--size", flags.size, "--batch", flags.batch, "--steps", flags.steps];
  const results = { ours: [], torch: [] };
  for (let round = 0; round < rounds; round++) {
    results.ours.push(run(process.execPath, [self, "--once", ...sizes]));
    if (flags.torch === undefined) continue;
    const [command, ...script] = flags.torch.split(" ");
    results.torch.push(run(command, [...script, ...sizes, "--threads", String(availableParallelism())]));
  }
  const summary = (name) => ({
    step_ms_median: Math.round(median(results[name].map((result) => result.step_ms_median)) * 10) / 10,
    step_ms_min: Math.round(Math.min(...results[name].map((result) => result.step_ms_min)) * 10) / 10,
  });
  const report = { size, batch, steps, rounds, ours: summary("ours") };
  if (flags.torch !== undefined) {
    report.torch = summary("torch");
    report.torchOverOurs = {
      median: Math.round((report.torch.step_ms_median / report.ours.step_ms_median) * 100) / 100,
      min: Math.round((report.torch.step_ms_min / report.ours.step_ms_min) * 100) / 100,
    };
  }
  console.log(JSON.stringify(report));
}
