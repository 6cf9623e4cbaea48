import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { AtelierError, messageOf, systemCodeOf } from "../foundation/errors.ts";
import { makeFolder, readNamedFile, unwritable, writeFileWhole } from "../foundation/files.ts";
import { shellWord } from "../foundation/shell.ts";
import { configSchema } from "./config.ts";
import type { Plan } from "./defaults.ts";
import { parseConfig } from "./parse-config.ts";
import { assertTogether } from "./rules.ts";

const CONFIG = "config.json";

/** In the folder of a sweep: what it was asked for. */
export const sweepFile = "sweep.json";

/** Holds the number of the process that trains. */
export const lockFile = "lock";

/** Paths inside the folder of a run. */
export class RunFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  get config(): string {
    return join(this.path, CONFIG);
  }
  get dataReport(): string {
    return join(this.path, "data-report.json");
  }
  /** The labels that training sees, where only some of each class are used. */
  get labels(): string {
    return join(this.path, "labels.csv");
  }
  get events(): string {
    return join(this.path, "events.jsonl");
  }
  get samples(): string {
    return join(this.path, "samples");
  }
  get realGrid(): string {
    return join(this.samples, "real.png");
  }
  get checkpoints(): string {
    return join(this.path, "checkpoints");
  }
  get generator(): string {
    return join(this.path, "generator.onnx");
  }
  /** Of methods that learn classes. */
  get classifier(): string {
    return join(this.path, "classifier.onnx");
  }
  /** Images to codes and back, of methods that can reconstruct images. */
  get encoder(): string {
    return join(this.path, "encoder.onnx");
  }
  get decoder(): string {
    return join(this.path, "decoder.onnx");
  }
  /** The checkpoint of the step that scored best. */
  get bestCheckpoint(): string {
    return join(this.checkpoints, "best.safetensors");
  }
  /** The generator of the step that scored best. */
  get bestGenerator(): string {
    return join(this.path, "generator-best.onnx");
  }
  get bestClassifier(): string {
    return join(this.path, "classifier-best.onnx");
  }
  get bestEncoder(): string {
    return join(this.path, "encoder-best.onnx");
  }
  get bestDecoder(): string {
    return join(this.path, "decoder-best.onnx");
  }
  /** The score card of the last `atelier evaluate`. */
  get scores(): string {
    return join(this.path, "scores.json");
  }
  /** Generated pictures beside their nearest training images. */
  get copiesPicture(): string {
    return join(this.path, "copies.png");
  }
  get report(): string {
    return join(this.path, "report.html");
  }

  /** The grid of samples after a number of steps. */
  sampleGrid(step: number): string {
    return join(this.samples, `${String(step).padStart(6, "0")}.png`);
  }
}

/**
 * Makes the folder of a new run, empty: a run that fails before it begins leaves nothing that blocks the next.
 * @throws AtelierError (usage) when something is there already; (file) when it cannot be made.
 */
export async function claimFolder(path: string): Promise<void> {
  await assertFree(path);
  await makeFolder(path);
}

/**
 * A lock alone is what a process leaves that was killed before its run began; whether its process lives, `lockRun` finds out.
 * @throws AtelierError (usage) when the folder is there and holds anything else, or has no name.
 */
export async function assertFree(path: string): Promise<void> {
  const present = (await contents(path)).filter((name) => name !== lockFile);
  if (path === "" || present.length > 0) {
    const isSweep = present.includes(sweepFile);
    const isRun = present.includes(CONFIG) || isSweep;
    const kind = isSweep ? "sweep" : "run";
    throw new AtelierError({
      kind: "usage",
      where: `--out ${path}`,
      expected: "a new or empty folder",
      received: path === "" ? "no name" : isRun ? `a folder that already holds a ${kind}` : "a folder with files in it",
      help: isRun ? `add --resume to go on with that ${kind}, or name another folder` : "name another folder",
    });
  }
}

/** Stores the plan in the run's config.json. */
export async function writePlan(run: RunFolder, { config, reasons }: Plan): Promise<void> {
  await writeFileWhole(run.config, `${JSON.stringify({ config, reasons }, null, 2)}\n`);
}

const OTHER_VERSION = "the file was edited, or another version of Atelier made the run; start a new run";

/** The shape of a run's config.json. */
export const planSchema = z.strictObject({ config: configSchema, reasons: z.record(z.string(), z.string()) });

/** @throws AtelierError (usage) that names the variants, where a folder is that of a sweep and one run is wanted. */
export async function assertNoSweep(path: string): Promise<void> {
  if ((await stat(join(path, sweepFile)).catch(() => undefined)) === undefined) return;
  const variants: string[] = [];
  for (const name of await readdir(path)) if (await hasRun(join(path, name))) variants.push(join(path, name));
  const named = variants.slice(0, MOST_NAMED).map(shellWord).join(", ");
  throw new AtelierError({
    kind: "usage",
    where: path,
    expected: "the folder of one run",
    received: `that of a sweep, of which ${variants.length} ${variants.length === 1 ? "variant has" : "variants have"} begun`,
    help:
      variants.length === 0
        ? `begin with them: atelier train --resume ${shellWord(path)}`
        : `name one of its variants: ${named}${variants.length > MOST_NAMED ? " …" : ""}`,
  });
}

/** Variants of a sweep that an error names. */
const MOST_NAMED = 12;

/**
 * @throws AtelierError (usage) when there is no run in the folder, but a sweep or nothing, or its config.json is damaged or contradicts
 * itself.
 */
export async function openRun(path: string): Promise<{ readonly run: RunFolder; readonly plan: Plan }> {
  await assertNoSweep(path);
  const run = new RunFolder(path);
  const bytes = await readNamedFile(run.config, {
    where: path,
    expected: "the folder of a run",
    absent: "no config.json there",
    help: "check the path; `atelier train DATA --out FOLDER` makes a run",
  });
  const whereOf = (key: string) => (key === "" ? run.config : `${run.config}: ${key}`);
  const plan = parseConfig(planSchema, parseJson(run.config, bytes.toString()), whereOf, OTHER_VERSION);
  try {
    assertTogether(plan.config);
  } catch (cause) {
    if (!(cause instanceof AtelierError)) throw cause;
    const { details } = cause;
    throw new AtelierError({ ...details, where: whereOf(details.where), help: OTHER_VERSION }, { cause });
  }
  return { run, plan };
}

/** Parses a JSON file. @throws AtelierError (usage) that names the file and what is wrong with it. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AtelierError(
      { kind: "usage", where: path, expected: "JSON", received: messageOf(cause), help: "correct the file" },
      { cause },
    );
  }
}

/** `runs/NAME`, or the first of `runs/NAME-2`, `runs/NAME-3` … that is free. */
export async function freeRunPath(name: string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = runPath(name, number);
    if ((await contents(path)).length === 0) return path;
  }
}

/** Whether a folder holds a run. */
export async function hasRun(path: string): Promise<boolean> {
  return (await stat(new RunFolder(path).config).catch(() => undefined)) !== undefined;
}

/**
 * The last of `runs/NAME`, `runs/NAME-2` … that holds a run; undefined when there is none.
 * @param file what is in the folders that are looked for. Default: a run's config.json.
 */
export async function latestRunPath(name: string, file = CONFIG): Promise<string | undefined> {
  let latest: string | undefined;
  for (let number = 1; ; number++) {
    const present = await contents(runPath(name, number));
    if (present.length === 0) return latest;
    if (present.includes(file)) latest = runPath(name, number);
  }
}

function runPath(name: string, number: number): string {
  return join("runs", number === 1 ? name : `${name}-${number}`);
}

/** Names in a folder; none where there is no folder. */
async function contents(path: string): Promise<readonly string[]> {
  try {
    return path === "" ? [] : await readdir(path);
  } catch (cause) {
    if (systemCodeOf(cause) === "ENOENT") return [];
    throw unwritable(path, cause);
  }
}
