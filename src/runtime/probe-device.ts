import { messageOf } from "../foundation/errors.ts";
import { input, negate, portable, writeOnnx } from "../graph/index.ts";
import { computeOnce } from "./compute.ts";
import { deviceNames } from "./device-names.ts";
import type { Probe } from "./devices.ts";
import { loadEngine } from "./engine.ts";
import { timeTrainingStep } from "./trial.ts";

// A program of its own: `probe-device DEVICE works` runs a graph of one node on the device, `probe-device DEVICE speed` times
// a training step there; prints the outcome as JSON in the last line. A driver that crashes or prints warnings does so here and not in the
// process that asks.

const [, , name, question] = process.argv;

async function probe(): Promise<Probe> {
  const device = deviceNames.find((known) => known === name);
  if (device === undefined) return { works: false, reason: `unknown device ${name}` };
  try {
    const engine = await loadEngine(device);
    if (engine.device !== device) return { works: false, reason: "onnxruntime's native library does not load" };
    if (question === "speed") return { works: true, milliseconds: await timeTrainingStep(device) };
    const model = writeOnnx({ y: negate(input("x", [1])) }, { target: portable });
    await computeOnce(engine, model, () => Float32Array.of(1), { quiet: true });
    return { works: true };
  } catch (cause) {
    return { works: false, reason: messageOf(cause) };
  }
}

process.stdout.write(`\n${JSON.stringify(await probe())}`);
