// One process of the benchmark: compiles the training step of a DCGAN (width 64, latent 100), makes some steps, and prints
// one line of JSON: times in milliseconds, arithmetic of a step, and this machine's rate at one large matrix product.
//
//   node bench/step.js --size 32 [--batch 64] [--steps 20] [--updates one-stage --norm none] [--device cpu] [--threads 2]
import { parseArgs } from "node:util";
import { randomStream } from "../dist/foundation/random.js";
import { countMultiplyAdds, input, matmul, simplify } from "../dist/graph/index.js";
import { buildTrainingStep, gan, plainGan } from "../dist/methods/index.js";
import { architectures } from "../dist/models/index.js";
import { adam } from "../dist/nn/index.js";
import { Session } from "../dist/runtime/index.js";
import { StepRunner } from "../dist/training/step-runner.js";
import { median } from "./child.js";

const { values: flags } = parseArgs({
  options: {
    size: { type: "string", default: "32" },
    batch: { type: "string", default: "64" },
    steps: { type: "string", default: "20" },
    updates: { type: "string", default: "alternating" },
    norm: { type: "string", default: "batch" },
    device: { type: "string", default: "cpu" },
    threads: { type: "string", default: "2" },
    tuning: { type: "string", default: "rules" },
  },
});
const [size, batch, steps, threads] = [flags.size, flags.batch, flags.steps, flags.threads].map(Number);
const options = { device: flags.device, threads, tuning: flags.tuning };
const WARM_UP = 3;

const format = { height: size, width: size, channels: 3 };
const update = { optimizer: adam({ learningRate: 2e-4, beta1: 0.5, beta2: 0.999 }) };
const method = gan({
  ...plainGan,
  architecture: architectures.dcgan,
  format,
  latent: 100,
  width: 64,
  batch,
  discriminatorNorm: flags.norm,
  updates: flags.updates,
  generator: update,
  discriminator: update,
  averageHalfLife: 20_000,
});
const compiling = performance.now();
const step = buildTrainingStep(method, { format, batch });
const runner = await StepRunner.compile(step, 0, options);
const compileMilliseconds = performance.now() - compiling;

const random = randomStream(0, "images");
const images = Uint8Array.from({ length: batch * 3 * size * size }, () => random.integer(256));
const times = await timed(steps, (number) => runner.run(number, images));
const graph = simplify(step.stages.flatMap(({ state }) => state.map(({ next }) => next)));
console.log(
  JSON.stringify({
    step_ms_median: median(times),
    step_ms_min: Math.min(...times),
    compile_ms: compileMilliseconds,
    nodes: runner.nodes,
    gigaflop: (2 * countMultiplyAdds(graph)) / 1e9,
    matmul_gigaflops: await matmulRate(),
  }),
);

/** Best rate of a product of two square matrices, in GFLOP/s. */
async function matmulRate() {
  const side = 1024;
  const session = await Session.compile({ y: matmul(input("a", [side, side]), input("b", [side, side])) }, options);
  const [a, b] = ["a", "b"].map((name) => randomStream(0, name).normals(side * side));
  return (2 * side ** 3) / 1e6 / Math.min(...(await timed(20, () => session.run({ a, b }))));
}

async function timed(count, work) {
  const milliseconds = [];
  for (let number = 0; number < count + WARM_UP; number++) {
    const begun = performance.now();
    await work(number);
    if (number >= WARM_UP) milliseconds.push(performance.now() - begun);
  }
  return milliseconds;
}
