// Resident memory of a training run over its steps: trains a DCGAN on sample:flowers, with its samples and checkpoints, and
// prints the mean of what the run itself reported around step 200 and around the last step.
//
//   npm run build && node bench/memory.js [--steps 10000] [--size 16] [--width 32]
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "10000" },
    size: { type: "string", default: "16" },
    width: { type: "string", default: "32" },
  },
});
const steps = Number(values.steps);
const folder = mkdtempSync(join(tmpdir(), "atelier-memory-"));
try {
  const run = join(folder, "run");
  const program = fileURLToPath(new URL("../bin/atelier.js", import.meta.url));
  const { steps: count, size, width } = values;
  const flags = ["--out", run, "--steps", count, "--size", size, "--set", `width=${width}`];
  execFileSync(process.execPath, [program, "train", "sample:flowers", ...flags], { stdio: "ignore" });
  const events = readFileSync(join(run, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const around = (center) => {
    const near = events.filter(({ type, step }) => type === "step" && Math.abs(step - center) <= 50);
    return near.reduce((total, { residentMemory }) => total + residentMemory, 0) / near.length / 1e6;
  };
  const [early, late] = [around(200), around(steps - 50)];
  console.log(
    JSON.stringify({
      steps,
      megabytesAt200: Math.round(early),
      megabytesAtEnd: Math.round(late),
      ratio: Math.round((late / early) * 1000) / 1000,
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}
