// What the quality scripts share: runs of the command line, their pictures, and means over seeds.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeLabelledGrid } from "../../dist/export/index.js";
import { Generator } from "../../dist/index.js";
import { summariseRun } from "../../dist/training/index.js";

const command = fileURLToPath(new URL("../../bin/atelier.js", import.meta.url));

/**
 * Trains as a user would; a run that is finished is taken as it is, and one that was interrupted goes on.
 * @param words what stands after `atelier train`.
 * @param options.out the run's folder; beside it, in OUT.asked.json, is kept what it was asked for, and how long it took.
 * @returns the run's folder, its configuration, its steps, the seconds of its training, those of the whole command
 *   (undefined where it was interrupted, or not made by a script), and its events.
 * @throws Error when it does not end well, or the folder holds a run that was asked for in other words.
 */
export async function trainRun(words, { out, set = [] }) {
  const asked = [...words, ...set.flatMap((pair) => ["--set", pair])];
  const isBegun = existsSync(join(out, "config.json"));
  const note = `${out}.asked.json`;
  const kept = existsSync(note) ? JSON.parse(readFileSync(note, "utf8")) : undefined;
  if (isBegun && kept !== undefined && JSON.stringify(kept.asked) !== JSON.stringify(asked)) {
    throw new Error(
      `${out} was asked for with ${kept.asked.join(" ")}, and now with ${asked.join(" ")}: name another --out`,
    );
  }
  let wallSeconds = kept?.wallSeconds;
  if (!isBegun || (await summariseRun(out)).outcome !== "finished") {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(note, JSON.stringify({ asked }));
    const begin = performance.now();
    const child = spawnSync(
      process.execPath,
      [command, "train", ...(isBegun ? [out, "--resume"] : [...asked, "--out", out])],
      { stdio: ["ignore", "ignore", "inherit"] },
    );
    if (child.status !== 0) {
      throw new Error(`atelier train ${asked.join(" ")} ended with ${child.status ?? child.signal ?? child.error}`);
    }
    // Of a run that was interrupted nobody knows them.
    wallSeconds = isBegun ? undefined : Math.round((performance.now() - begin) / 1000);
    writeFileSync(note, JSON.stringify({ asked, wallSeconds }));
  }
  const { config, outcome, steps, seconds } = await summariseRun(out);
  if (outcome !== "finished") throw new Error(`${out}: its training is ${outcome}`);
  const events = readFileSync(join(out, "events.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { path: out, config, steps, seconds: Math.round(seconds), wallSeconds, events };
}

/** Those of the settings, `key=value`, that a model has: the settings of other families are left out. */
export function settingsOf(model, set) {
  const families = {
    gan: "gan",
    autoencoder: "autoencoder",
    vae: "vae",
    vqVae: "vq-vae",
    featureMatching: "feature-matching",
  };
  return set.filter((pair) => (families[pair.split(".")[0]] ?? model) === model);
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

/**
 * Pictures that a run's last generator makes where it is asked for each class in turn, equally many of each, as an ImageSet
 * with labels. To be released.
 * @param classNames what the labels stand for.
 */
export async function picturesByClass(path, perClass, classNames) {
  const generator = await Generator.load(join(path, "generator.onnx"));
  const count = perClass * classNames.length;
  return {
    format: generator.metadata.format,
    count,
    classNames,
    labels: Int32Array.from({ length: count }, (_, index) => index % classNames.length),
    read: async (first, size) => (await generator.sample({ first, count: size, seed: 1, class: classNames })).bytes,
    release: () => generator.release(),
  };
}

/** Writes a grid of the first pictures of {@link picturesByClass}: a row for each class, its name beside it. */
export async function writeClassGrid(file, { format, classNames, count, read }, most = 12) {
  const { length: classes } = classNames;
  const columns = Math.min(most, Math.floor(count / classes));
  const bytes = await read(0, columns * classes);
  const imageBytes = bytes.length / (columns * classes);
  const rows = new Uint8Array(bytes.length);
  for (let index = 0; index < columns * classes; index++) {
    const place = (index % classes) * columns + Math.floor(index / classes);
    rows.set(bytes.subarray(index * imageBytes, (index + 1) * imageBytes), place * imageBytes);
  }
  writeFileSync(file, await encodeLabelledGrid(rows, format, { columns, labels: { rows: classNames } }));
}

/** Prints a result: one line of JSON. */
export function print(result) {
  console.log(JSON.stringify(result));
}

/**
 * What a step of a long measurement gives. One that fails prints its error beside what it was about, and leaves the others
 * their turn; the script then ends with 1.
 * @returns undefined where it failed.
 */
export async function attempt(about, measure) {
  try {
    return await measure();
  } catch (cause) {
    print({ ...about, error: cause instanceof Error ? cause.message : String(cause) });
    process.exitCode = 1;
    return undefined;
  }
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
