import { join } from "node:path";
import { openSource } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { shellWord } from "../foundation/shell.ts";
import {
  assertFree,
  compareRuns,
  freeRunPath,
  hasRun,
  latestRunPath,
  mergeConfigs,
  type PartialConfig,
  type PreparedRun,
  prepareRun,
  type RunSummary,
  startRun,
  summariseRun,
  sweepFile,
} from "../training/index.ts";
import { drawGrids } from "./comparing.ts";
import { comparisonRecord, pictureText, sweepText } from "./comparison-view.ts";
import { assignmentLayers } from "./config-layers.ts";
import { untilInterrupted } from "./interrupts.ts";
import { roughly } from "./score-text.ts";
import { assertSameSweep, readSweep, type SweepOrder, writeSweep } from "./sweep-folder.ts";
import { type Variant, variantsOf } from "./sweep-variants.ts";
import { counted } from "./text.ts";
import { type EventView, showPlan, trainingView } from "./training-view.ts";

export interface SweepRequest extends SweepOrder {
  readonly out?: string | undefined;
  readonly resume: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** A variant, and all that was given for it. */
interface PlannedVariant {
  readonly variant: Variant;
  readonly path: string;
  readonly config: PartialConfig;
}

/** A variant that is decided: its run, that it is done, or why a run that is there cannot go on. */
interface DecidedVariant {
  readonly variant: Variant;
  readonly path: string;
  readonly prepared: PreparedRun | "done" | AtelierError;
}

/**
 * Trains every variant of a configuration, one after the other, and compares them. One that fails is passed over. Ctrl-C
 * stops the variant at work, and with it the sweep, which `resume` goes on with.
 * @throws AtelierError before anything is trained, when one of the variants cannot be.
 */
export async function trainSweep(request: SweepRequest): Promise<void> {
  const { data, json, dryRun } = request;
  const { folder, order } = await sweepOf(request);
  // All values are read before the step of any variant is timed.
  const variants = variantsOf(order.sweeps).map((variant) => ({
    variant,
    path: join(folder, variant.name),
    config: mergeConfigs([order.given, ...assignmentLayers("--sweep", variant.assignments)]),
  }));
  const decided: DecidedVariant[] = [];
  for (const planned of variants) decided.push(await decide(planned, order, request));
  const waiting = decided.flatMap(({ prepared }) => (isReady(prepared) ? [prepared] : []));
  const say = (text: string) => {
    if (!json) process.stdout.write(`${text}\n`);
  };
  say(`Sweep of ${counted(variants.length, "variant")} in ${folder}${timeText(waiting)}`);
  if (dryRun) {
    for (const prepared of waiting) showPlan(prepared, json);
    return;
  }
  await makeFolder(folder);
  await writeSweep(folder, order);
  const { failed, stopped } = await trainAll(decided, json, say);
  if (failed > 0) process.exitCode = 1;
  if (stopped) {
    const words = [data].flat().map(shellWord).join(" ");
    say(`The sweep is stopped.\n  go on          npx atelier train ${words} --out ${shellWord(folder)} --resume`);
    return;
  }
  await compareVariants(folder, decided, json);
}

function isReady(prepared: DecidedVariant["prepared"]): prepared is PreparedRun {
  return prepared !== "done" && !(prepared instanceof AtelierError);
}

/** The folder of the sweep, and what it is: what is asked for, or of one that goes on what it began with. */
async function sweepOf(request: SweepRequest): Promise<{ readonly folder: string; readonly order: SweepOrder }> {
  const { data, out, resume, sweeps, given, minutes } = request;
  const order = { sweeps, given, data, minutes };
  const name = `${(await openSource(data, { labels: given.labels })).name}-sweep`;
  if (!resume) {
    const folder = out ?? (await freeRunPath(name));
    await assertFree(folder);
    return { folder, order };
  }
  const folder = out ?? (await latestRunPath(name, sweepFile));
  const stored = folder === undefined ? undefined : await readSweep(folder);
  if (folder !== undefined && stored !== undefined) {
    assertSameSweep(folder, stored, order);
    // The data may have moved.
    return { folder, order: { ...stored, data } };
  }
  throw new AtelierError({
    kind: "usage",
    where: `--resume ${folder ?? ""}`.trim(),
    expected: "the folder of a sweep",
    received: folder === undefined ? `none of this data in runs/` : `no ${sweepFile} there`,
    help: "leave --resume out to start one, or name its folder with --out",
  });
}

/** @throws AtelierError that names the variant, when it cannot be trained as it is asked for. */
async function decide(
  { variant, path, config }: PlannedVariant,
  { minutes }: SweepOrder,
  { data }: SweepRequest,
): Promise<DecidedVariant> {
  const exists = await hasRun(path);
  if (exists && (await summariseRun(path)).outcome === "finished") return { variant, path, prepared: "done" };
  try {
    const prepared = await prepareRun({ ...config, data, out: path, minutes, resume: exists });
    return { variant, path, prepared };
  } catch (cause) {
    if (!(cause instanceof AtelierError)) throw cause;
    if (exists) return { variant, path, prepared: cause };
    const { details } = cause;
    throw new AtelierError({ ...details, where: `${variant.name}: ${details.where}` }, { cause });
  }
}

/** `, about 27 minutes on this machine`, where all of it could be estimated. */
function timeText(waiting: readonly PreparedRun[]): string {
  const times = waiting.flatMap(({ time }) => time?.total ?? []);
  if (times.length < waiting.length || times.length === 0) return "";
  return `, ${roughly(times.reduce((total, time) => total + time, 0))} on this machine`;
}

/** Trains those that are not done. @returns how many failed, and whether the user stopped it. */
async function trainAll(
  decided: readonly DecidedVariant[],
  json: boolean,
  say: (text: string) => void,
): Promise<{ readonly failed: number; readonly stopped: boolean }> {
  let view: EventView | undefined;
  let failed = 0;
  const stopped = await untilInterrupted(
    () => view?.stopping(),
    async (signal) => {
      for (const [index, { variant, path, prepared }] of decided.entries()) {
        if (signal.aborted) return true;
        const title = `Variant ${index + 1} of ${decided.length}: ${variant.name}`;
        say(prepared === "done" ? `\n${title} is done` : `\n${title}`);
        const event = { type: "variant", name: variant.name, run: path, number: index + 1, of: decided.length };
        if (json) process.stdout.write(`${JSON.stringify({ ...event, done: prepared === "done" })}\n`);
        if (prepared === "done") continue;
        try {
          if (prepared instanceof AtelierError) throw prepared;
          view = trainingView(prepared, json);
          // A program is told everything; on the terminal the plans of all variants would be most of the text.
          for await (const happened of startRun(prepared, signal))
            if (json || happened.type !== "plan") view.show(happened);
        } catch (cause) {
          if (!(cause instanceof Error)) throw cause;
          failed++;
          process.stderr.write(`atelier: ${variant.name} failed: ${cause.message}\n`);
        }
      }
      return signal.aborted;
    },
  );
  return { failed, stopped };
}

/** Writes comparison.json and comparison.png into the sweep's folder, and prints the table. */
async function compareVariants(folder: string, decided: readonly DecidedVariant[], json: boolean): Promise<void> {
  const runs: RunSummary[] = [];
  const names: string[] = [];
  for (const { variant, path } of decided) {
    if (!(await hasRun(path))) continue;
    runs.push(await summariseRun(path));
    names.push(variant.name);
  }
  if (runs.length === 0) return;
  const comparison = compareRuns(runs);
  const file = join(folder, "comparison.png");
  const drawn = await drawGrids(file, runs, names);
  const record = comparisonRecord(comparison, names, drawn.length === 0 ? undefined : file);
  await writeFileWhole(join(folder, "comparison.json"), `${JSON.stringify(record, null, 2)}\n`);
  if (json) process.stdout.write(`${JSON.stringify(record)}\n`);
  else process.stdout.write(`\n${sweepText(comparison, names)}${drawn.length === 0 ? "" : pictureText(file, drawn)}`);
}
