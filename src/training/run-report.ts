import { readdir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import sharp from "sharp";
import { z } from "zod";
import { locationText } from "../data/index.ts";
import {
  type ConfigurationEntry,
  type DataSummary,
  type GridAtStep,
  type Picture,
  type ReportProgress,
  type ReportStep,
  renderReport,
} from "../export/index.ts";
import { systemCodeOf } from "../foundation/errors.ts";
import { readFileIfPresent, writeFileWhole } from "../foundation/files.ts";
import { formatOf } from "../methods/index.ts";
import { leaves } from "./config.ts";
import type { Plan } from "./defaults.ts";
import { openRun, type RunFolder } from "./run-folder.ts";

/** Grids in the filmstrip, and the longer side of each in pixels: sharp on a dense screen, and a page that can be sent. */
const FILMSTRIP = { grids: 8, side: 400 };

/**
 * Writes the run's report.html from what its folder holds. A data report, events or pictures that are missing or cut
 * short leave a gap in the page.
 * @throws AtelierError (usage) when the folder holds no run, (file) when the page cannot be written.
 */
export async function writeRunReport(run: RunFolder): Promise<void> {
  const { plan } = await openRun(run.path);
  const { config } = plan;
  const events = parseEvents((await readFileIfPresent(run.events))?.toString("utf8") ?? "");
  const progress = progressOf(events, config.steps);
  const drawn = await stepsOfGrids(run, progress.made);
  const last = drawn.at(-1);
  const lastPicture = last === undefined ? undefined : await picture(run.sampleGrid(last));
  const finalGrid = last !== undefined && lastPicture && { step: last, ...lastPicture };
  const realGrid = await picture(run.realGrid);
  const dataSummary = parseDataSummary(await readFileIfPresent(run.dataReport));
  const page = renderReport({
    name: basename(resolve(run.path)),
    path: run.path,
    data: locationText({ location: config.data }),
    model: config.model,
    architecture: config.architecture,
    format: formatOf(config),
    latent: config.latent,
    device: config.device,
    progress,
    steps: events.flatMap(stepOf),
    filmstrip: (await Promise.all(spread(drawn, FILMSTRIP.grids).map((step) => thumbnail(run, step)))).flat(),
    ...(finalGrid && { finalGrid }),
    ...(realGrid && { realGrid }),
    ...(dataSummary && { dataSummary }),
    configuration: configurationOf(plan),
  });
  await writeFileWhole(run.report, page);
}

const measured = z.number().nullable().default(null);

/** A line of events.jsonl: what the report uses of every type of event. JSON writes a number that is not finite as null. */
const eventSchema = z.object({
  type: z.string(),
  time: z.string().optional(),
  step: z.number().optional(),
  report: z.record(z.string(), z.number().nullable()).default({}),
  stepsPerSecond: measured,
  residentMemory: measured,
  parameters: z.number().optional(),
  outcome: z.enum(["finished", "stopped"]).optional(),
  seconds: z.number().optional(),
});

type LoggedEvent = z.infer<typeof eventSchema>;

/** The events of the log's whole lines: a kill may have cut the last one short. */
function parseEvents(text: string): readonly LoggedEvent[] {
  return text.split("\n").flatMap((line) => {
    const { data } = eventSchema.safeParse(parsedOrUndefined(line));
    return data === undefined ? [] : [data];
  });
}

function stepOf({ type, step, report, stepsPerSecond, residentMemory }: LoggedEvent): readonly ReportStep[] {
  return type === "step" && step !== undefined ? [{ step, report, stepsPerSecond, residentMemory }] : [];
}

function progressOf(events: readonly LoggedEvent[], planned: number): ReportProgress {
  const sessions: LoggedEvent[][] = [];
  for (const event of events) {
    if (event.type === "start") sessions.push([]);
    sessions.at(-1)?.push(event);
  }
  const parameters = events.findLast(({ type }) => type === "start")?.parameters;
  return {
    made: events.findLast(({ step }) => step !== undefined)?.step ?? 0,
    planned,
    seconds: sessions.reduce((total, session) => total + secondsOf(session), 0),
    ...(parameters !== undefined && { parameters }),
    outcome: sessions.at(-1)?.findLast(({ type }) => type === "end")?.outcome ?? "interrupted",
  };
}

/** What a session's end says of its length; for one that was killed, the time from its first to its last event. */
function secondsOf(session: readonly LoggedEvent[]): number {
  const stated = session.findLast(({ type }) => type === "end")?.seconds;
  if (stated !== undefined) return stated;
  const times = session.map(({ time = "" }) => Date.parse(time)).filter(Number.isFinite);
  return ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1000;
}

const dataSchema = z.object({
  name: z.string(),
  splits: z.record(
    z.string(),
    z.object({ images: z.number(), labels: z.record(z.string(), z.number()), unlabelled: z.number() }),
  ),
  skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
});

function parseDataSummary(bytes: Buffer | undefined): DataSummary | undefined {
  return dataSchema.safeParse(parsedOrUndefined(bytes?.toString("utf8") ?? "")).data;
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every setting on a line of its own, nested ones as `learningRate.generator`, which is how `reasons` names them. */
function configurationOf({ config, reasons }: Plan): readonly ConfigurationEntry[] {
  return leaves(config).map(([key, value]) => {
    const reason = reasons[key];
    return { key, value: typeof value === "number" ? value : String(value), ...(reason !== undefined && { reason }) };
  });
}

/** Steps of the stored grids, ascending, without those of steps that a killed session made and no later one made again. */
async function stepsOfGrids(run: RunFolder, made: number): Promise<readonly number[]> {
  const files = await readdir(run.samples).catch((cause: unknown) => {
    if (systemCodeOf(cause) === "ENOENT") return [];
    throw cause;
  });
  return files
    .flatMap((file) => /^(\d+)\.png$/.exec(file)?.slice(1).map(Number) ?? [])
    .filter((step) => step <= made)
    .sort((left, right) => left - right);
}

/** At most `count` of the items, evenly spaced, the first and the last among them. */
function spread<T>(items: readonly T[], count: number): readonly T[] {
  if (items.length <= count) return items;
  const places = Array.from({ length: count }, (_, index) => Math.round((index * (items.length - 1)) / (count - 1)));
  return places.flatMap((place) => items.slice(place, place + 1));
}

/** A small copy of a grid; none where the file is damaged. */
async function thumbnail(run: RunFolder, step: number): Promise<readonly GridAtStep[]> {
  const { side } = FILMSTRIP;
  const small = sharp(run.sampleGrid(step)).resize(side, side, { fit: "inside", withoutEnlargement: true });
  try {
    const { data, info } = await small.webp({ quality: 80 }).toBuffer({ resolveWithObject: true });
    return [{ step, mediaType: "image/webp", bytes: data, width: info.width, height: info.height }];
  } catch {
    return [];
  }
}

/** A picture as it is stored; undefined where the file is missing or damaged. */
async function picture(path: string): Promise<Picture | undefined> {
  const bytes = await readFileIfPresent(path);
  if (bytes === undefined) return undefined;
  const size = await sharp(bytes)
    .metadata()
    .catch(() => undefined);
  return size && { mediaType: "image/png", bytes, width: size.width, height: size.height };
}
