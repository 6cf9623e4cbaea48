// Estimated and measured peak memory of training steps, each configuration in a process of its own: resident memory after
// enough steps that JavaScript has collected its garbage more than once.
//
//   npm run build && node bench/memory-estimate.js [--steps 20]
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values: flags } = parseArgs({
  options: { steps: { type: "string", default: "20" }, once: { type: "string" } },
});

const configurations = [
  { architecture: "mlp", size: 32, width: 256, batch: 64 },
  { architecture: "mlp", size: 64, width: 512, batch: 32 },
  { architecture: "dcgan", size: 16, width: 32, batch: 32 },
  { architecture: "dcgan", size: 16, width: 64, batch: 64 },
  { architecture: "dcgan", size: 32, width: 32, batch: 64 },
  { architecture: "dcgan", size: 32, width: 64, batch: 16 },
  { architecture: "dcgan", size: 32, width: 64, batch: 64 },
  { architecture: "dcgan", size: 32, width: 128, batch: 32 },
  { architecture: "dcgan", size: 64, width: 32, batch: 16 },
  { architecture: "dcgan", size: 64, width: 64, batch: 16 },
  { architecture: "dcgan", size: 64, width: 64, batch: 64 },
  { architecture: "dcgan", size: 64, width: 64, batch: 64, microBatches: 4 },
  { architecture: "dcgan", size: 128, width: 16, batch: 16 },
  { architecture: "dcgan", size: 128, width: 64, batch: 4 },
  { architecture: "resnet", size: 32, width: 64, batch: 16 },
  { architecture: "resnet", size: 32, width: 32, batch: 32 },
  { architecture: "resnet", size: 64, width: 16, batch: 16 },
];

/** The step of a full configuration, as a run would build it. */
async function buildStep(config) {
  const { buildTrainingStep, formatOf, methodOf } = await import("../dist/methods/index.js");
  const { batch, microBatches } = config;
  return buildTrainingStep(methodOf(config), { format: formatOf(config), batch, parts: microBatches });
}

/** Makes steps in this process and prints the most memory it had, in bytes. */
async function measure(config, steps) {
  const { StepRunner } = await import("../dist/training/step-runner.js");
  const { size, batch } = config;
  const runner = await StepRunner.compile(await buildStep(config), 0, { device: "cpu" });
  const images = new Uint8Array(batch * 3 * size * size).map((_, index) => (index * 7919) % 256);
  for (let step = 0; step < steps; step++) await runner.run(step, images);
  console.log(process.resourceUsage().maxRSS * 1024);
}

async function compare() {
  const { estimateStepMemory } = await import("../dist/training/memory.js");
  const { prepareRun } = await import("../dist/training/index.js");
  const { targetOf } = await import("../dist/runtime/index.js");
  const target = await targetOf("cpu");
  for (const configuration of configurations) {
    const { plan } = await prepareRun({ data: "sample:flowers", classes: 0, channels: 3, ...configuration });
    const estimated = estimateStepMemory(await buildStep(plan.config), target).total;
    const self = [fileURLToPath(import.meta.url), "--once", JSON.stringify(plan.config), "--steps", flags.steps];
    const measured = Number(execFileSync(process.execPath, self, { encoding: "utf8" }).trim().split("\n").at(-1));
    const megabytes = (bytes) => Math.round(bytes / 1e6);
    const ratio = Math.round((estimated / measured) * 100) / 100;
    console.log(
      JSON.stringify({ ...configuration, measured: megabytes(measured), estimated: megabytes(estimated), ratio }),
    );
  }
}

if (flags.once === undefined) await compare();
else await measure(JSON.parse(flags.once), Number(flags.steps));
