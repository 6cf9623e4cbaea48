// What the quality scripts share: runs of the command line, their pictures, and means over seeds.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Generator } from "../../dist/index.js";

const command = fileURLToPath(new URL("../../bin/atelier.js", import.meta.url));

/**
 * Trains as a user would; a run that is there already is taken as it is.
 * @param words what stands after `atelier train`.
 * @returns the run's folder, its steps, the seconds from start to end, and its events.
 */
export async function trainRun(words, { out, set = [] }) {
  const whole = existsSync(join(out, "generator.onnx"));
  if (!whole) {
    const settings = set.flatMap((pair) => ["--set", pair]);
    const child = spawnSync(process.execPath, [command, "train", ...words, ...settings, "--out", out], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    if (child.status !== 0) throw new Error(`atelier train ${words.join(" ")} ended with ${child.status}`);
  }
  const events = readFileSync(join(out, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const end = events.findLast(({ type }) => type === "end");
  return { path: out, steps: end.step, seconds: Math.round(end.seconds), events };
}

/** The pictures of a run's last generator (or `best`), as an ImageSet. @param truncation as of `atelier generate`. */
export async function picturesOf(path, count, { best = false, ...options } = {}) {
  const generator = await Generator.load(join(path, best ? "generator-best.onnx" : "generator.onnx"));
  return {
    format: generator.metadata.format,
    count,
    read: async (first, size) => (await generator.sample({ first, count: size, seed: 1, ...options })).bytes,
  };
}

/** Mean and standard deviation of each number. */
export function meanAndSpread(rows) {
  const [first] = rows;
  return Object.fromEntries(
    Object.keys(first).map((key) => {
      const numbers = rows.map((row) => row[key]);
      const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
      const squares = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      return [key, { mean, deviation: numbers.length < 2 ? undefined : Math.sqrt(squares / (numbers.length - 1)) }];
    }),
  );
}
