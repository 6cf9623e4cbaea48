import { openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { readFileIfPresent } from "../foundation/files.ts";
import { type DeviceName, requireDevice } from "../runtime/index.ts";
import { listCheckpoints } from "./checkpoints.ts";
import { type Config, type PartialConfig, partialConfigSchema } from "./config.ts";
import { decide, groundOf } from "./defaults.ts";
import { evaluationOf, type LoggedEvent, parseEvents } from "./logged-events.ts";
import { assertFeaturesUsable } from "./monitor.ts";
import { parseConfig } from "./parse-config.ts";
import { assertFree, freeRunPath, latestRunPath, openRun, type RunFolder } from "./run-folder.ts";
import { assertResumable } from "./same-run.ts";
import { type MeasuredPlan, planWithin, timePlan } from "./time-budget.ts";

/** What to train: any part of the configuration, and where to put it. */
export interface TrainOptions extends PartialConfig {
  /** A folder of images, an archive, an array file, or `sample:flowers`; or several of them. */
  readonly data: Config["data"];
  /** Folder of the run. Default: `runs/` and the name of the data, with a number when that is taken. */
  readonly out?: string | undefined;
  /** Go on with the run in `out` (default: the newest of this data) instead of starting one. Default: false. */
  readonly resume?: boolean;
  /**
   * About how many minutes a new run may take on this machine: decides `steps`, so both cannot be given. A run that is
   * resumed keeps its steps. Default: no limit.
   */
  readonly minutes?: number | undefined;
}

/** A run that is decided and not begun; nothing has been written. */
export interface PreparedRun extends MeasuredPlan {
  /** Folder of the run. */
  readonly path: string;
  readonly resume: boolean;
  /** What the user should know about the labels before any image is read. */
  readonly remarks: readonly string[];
}

/**
 * Decides everything about a run without writing anything, and times its step.
 * @throws AtelierError when the data, the configuration or the folder is not as it must be.
 */
export async function prepareRun({ out, resume = false, minutes, ...given }: TrainOptions): Promise<PreparedRun> {
  const layer = parseConfig(partialConfigSchema, given, (key) => (key === "" ? "train" : `train: ${key}`));
  assertMinutes(minutes, layer.steps);
  return resume ? await resumedRun(out, layer, given.data) : await newRun(out, minutes, layer, given.data);
}

async function newRun(
  out: string | undefined,
  minutes: number | undefined,
  layer: PartialConfig,
  data: Config["data"],
): Promise<PreparedRun> {
  const source = await openSource(data, { labels: layer.labels });
  const path = out ?? (await freeRunPath(source.name));
  await assertFree(path);
  const ground = await groundOf(layer, source);
  await requireDevice(ground.fastest?.device ?? deviceOf(layer));
  if (minutes !== undefined) {
    const measured = await planWithin(minutes, layer, ground);
    await assertFeaturesUsable(measured.plan.config);
    return { path, ...measured, resume: false, remarks: source.remarks };
  }
  const plan = decide(layer, ground);
  await assertFeaturesUsable(plan.config);
  return { path, plan, ...(await timePlan(plan, source)), resume: false, remarks: source.remarks };
}

async function resumedRun(out: string | undefined, layer: PartialConfig, data: Config["data"]): Promise<PreparedRun> {
  const source = await openSource(data, { labels: layer.labels });
  const path = out ?? (await latestRunPath(source.name)) ?? (await freeRunPath(source.name));
  const { run, plan } = await openRun(path);
  assertResumable(path, plan.config, layer);
  const config = changed(plan.config, layer);
  const made = (await listCheckpoints(run.checkpoints)).at(-1)?.step ?? 0;
  await assertSomethingLeft(run, config, made);
  await requireDevice(config.device);
  await assertFeaturesUsable(config);
  const resumed = { ...plan, config };
  return { path, plan: resumed, ...(await timePlan(resumed, source, made)), resume: true, remarks: source.remarks };
}

/** The run's configuration with what a resumed run may change. */
function changed(stored: Config, given: PartialConfig): Config {
  const { data, steps, threads, labels, evaluation = {} } = given;
  const { features, patience } = evaluation;
  return {
    ...withFiles(stored, given),
    ...(data !== undefined && { data }),
    ...(steps !== undefined && { steps }),
    ...(threads !== undefined && { threads }),
    ...(labels !== undefined && { labels }),
    evaluation: {
      ...stored.evaluation,
      ...(features !== undefined && { features }),
      ...(patience !== undefined && { patience }),
    },
  };
}

/** The same with the files that it learns from where they are now. */
function withFiles(stored: Config, { features, autoencoder }: PartialConfig): Config {
  if (stored.model !== "autoencoder") return stored;
  const images = autoencoder?.corruptionImages;
  return {
    ...stored,
    ...(features !== undefined && { features }),
    autoencoder: { ...stored.autoencoder, ...(images !== undefined && { corruptionImages: images }) },
  };
}

/** @throws AtelierError (usage) when the run has made all of its steps, or its patience is at an end. */
async function assertSomethingLeft({ path, events }: RunFolder, config: Config, made: number): Promise<void> {
  const logged = parseEvents((await readFileIfPresent(events))?.toString("utf8") ?? "");
  const { steps, evaluation } = config;
  // After the last step, it was stopped while the generator was scored.
  const wasStopped = logged.findLast(({ type }) => type === "end")?.outcome === "stopped";
  if (made > steps || (made === steps && !wasStopped)) throw nothingLeft(path, made, steps);
  const { patience } = evaluation;
  const inVain = evaluationsInVain(logged, made);
  if (patience > 0 && inVain >= patience) throw patienceAtEnd(path, patience, inVain);
}

/** Evaluations in a row, up to a step, without a new best score. */
function evaluationsInVain(logged: readonly LoggedEvent[], made: number): number {
  const evaluations = logged.flatMap(evaluationOf).filter(({ step }) => step <= made);
  return evaluations.length - 1 - evaluations.findLastIndex(({ best }) => best);
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

function patienceAtEnd(path: string, patience: number, inVain: number): AtelierError {
  return new AtelierError({
    kind: "usage",
    where: `--resume ${path}`,
    expected: `an evaluation.patience above ${inVain}, or 0 for no early end`,
    received: `${patience}, and the last ${inVain} scores were no better than the best one`,
    help: `add --set evaluation.patience=${2 * inVain} to go on`,
  });
}

/** @throws AtelierError (usage) for minutes that are no time, or that are given beside a number of steps. */
function assertMinutes(minutes: number | undefined, steps: number | undefined): void {
  if (minutes === undefined) return;
  const usage = { kind: "usage", where: "--minutes" } as const;
  if (!(minutes > 0 && Number.isFinite(minutes))) {
    const help = "give, for example, --minutes 10";
    throw new AtelierError({ ...usage, expected: "a number above 0", received: String(minutes), help });
  }
  if (steps === undefined) return;
  throw new AtelierError({
    ...usage,
    expected: "no number of steps beside it: the minutes decide them",
    received: `${minutes} minutes and ${steps} steps`,
    help: "leave --minutes or --steps out",
  });
}

/** The device that was given, or the usual one. */
function deviceOf({ device }: PartialConfig): DeviceName {
  return device === undefined || device === "auto" ? "cpu" : device;
}
