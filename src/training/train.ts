import { totalmem } from "node:os";
import { openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { readFileIfPresent } from "../foundation/files.ts";
import { requireDevice } from "../runtime/index.ts";
import { listCheckpoints } from "./checkpoints.ts";
import { type Config, type PartialConfig, parseConfig, partialConfigSchema } from "./config.ts";
import { type Plan, planTraining } from "./defaults.ts";
import type { TrainingEvent } from "./events.ts";
import { parseEvents } from "./logged-events.ts";
import { assertPossible, estimateMemory, type MemoryEstimate, memoryWarning } from "./memory.ts";
import { assertFeaturesUsable } from "./monitor.ts";
import {
  assertFree,
  assertResumable,
  claimFolder,
  freeRunPath,
  latestRunPath,
  openRun,
  type RunFolder,
} from "./run-folder.ts";
import { lockRun } from "./run-lock.ts";
import { trainInWorker } from "./training-worker.ts";

/** What to train: any part of the configuration, and where to put it. */
export interface TrainOptions extends PartialConfig {
  /** A folder of images, an archive, an array file, or `sample:flowers`; or several of them. */
  readonly data: Config["data"];
  /** Folder of the run. Default: `runs/` and the name of the data, with a number when that is taken. */
  readonly out?: string | undefined;
  /** Go on with the run in `out` (default: the newest of this data) instead of starting one. Default: false. */
  readonly resume?: boolean;
}

/** A run that is decided and not begun; nothing has been written. */
export interface PreparedRun {
  /** Folder of the run. */
  readonly path: string;
  readonly plan: Plan;
  /** What the run is expected to take of this machine's memory, in bytes. */
  readonly memory: MemoryEstimate;
  readonly resume: boolean;
}

/**
 * Decides everything about a run without writing anything.
 * @throws AtelierError when the data, the configuration or the folder is not as it must be.
 */
export async function prepareRun({ out, resume = false, ...given }: TrainOptions): Promise<PreparedRun> {
  const layer = parseConfig(partialConfigSchema, given, (key) => (key === "" ? "train" : `train: ${key}`));
  const source = await openSource(given.data, { labels: given.labels });
  if (!resume) {
    const path = out ?? (await freeRunPath(source.name));
    await assertFree(path);
    const plan = await planTraining(layer, source);
    await requireDevice(plan.config.device);
    await assertFeaturesUsable(plan.config);
    return { path, plan, memory: await estimateMemory(plan.config), resume };
  }
  const path = out ?? (await latestRunPath(source.name)) ?? (await freeRunPath(source.name));
  const { run, plan } = await openRun(path);
  assertResumable(path, plan.config, layer);
  const { data, steps = plan.config.steps, threads = plan.config.threads, labels = plan.config.labels } = layer;
  const { features = plan.config.evaluation.features } = layer.evaluation ?? {};
  const config: Config = {
    ...plan.config,
    ...(data !== undefined && { data }),
    steps,
    ...(threads && { threads }),
    ...(labels !== undefined && { labels }),
    evaluation: { ...plan.config.evaluation, ...(features !== undefined && { features }) },
  };
  const made = (await listCheckpoints(run.checkpoints)).at(-1)?.step ?? 0;
  const isWhole = made > config.steps || (made === config.steps && !(await wasStopped(run)));
  if (isWhole) throw nothingLeft(path, made, config.steps);
  await requireDevice(config.device);
  await assertFeaturesUsable(config);
  return { path, plan: { ...plan, config }, memory: await estimateMemory(config), resume };
}

/** Whether its last session ended on request: after the last step, that was while the generator was scored. */
async function wasStopped(run: RunFolder): Promise<boolean> {
  const events = parseEvents((await readFileIfPresent(run.events))?.toString("utf8") ?? "");
  return events.findLast(({ type }) => type === "end")?.outcome === "stopped";
}

function nothingLeft(path: string, made: number, steps: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `--resume ${path}`,
    expected: `more steps than the ${made} that are made`,
    received: String(steps),
    help: `add --steps ${made * 2} to train twice as long`,
  });
}

/**
 * Carries out a prepared run in a worker thread, yielding its events. See {@link train}.
 * @throws AtelierError (usage), before anything is written, when it cannot fit into this machine's memory.
 */
export async function* startRun(
  { path, plan, memory, resume }: PreparedRun,
  signal?: AbortSignal,
): AsyncGenerator<TrainingEvent> {
  assertPossible(memory, totalmem(), plan.config);
  if (!resume) await claimFolder(path);
  const release = await lockRun(path);
  try {
    yield { type: "plan", run: path, ...plan, memory };
    const warning = memoryWarning(memory, process.availableMemory(), plan.config);
    if (warning !== undefined) yield { type: "notice", text: warning };
    yield* trainInWorker({ path, plan, resume }, signal);
  } finally {
    await release();
  }
}

/**
 * Trains a generator and yields what happens, from the plan to the end.
 * @param control when `signal` aborts, the run finishes its step, writes a checkpoint and ends; it can be resumed.
 * @throws AtelierError when the data, the configuration or the folder is not as it must be, or the training fails.
 * @example
 * for await (const event of train({ data: "photos/", steps: 4000 })) {
 *   if (event.type === "samples") console.log(event.grid);
 * }
 */
export async function* train(
  options: TrainOptions,
  control: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<TrainingEvent> {
  yield* startRun(await prepareRun(options), control.signal);
}
