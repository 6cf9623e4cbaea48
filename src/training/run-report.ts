import { readdir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import sharp from "sharp";
import { z } from "zod";
import { locationText } from "../data/index.ts";
import { metricDescriptions, scoreCardSchema } from "../evaluation/index.ts";
import {
  type ConfigurationEntry,
  type DataSummary,
  type GeneratorMetadata,
  type GridAtStep,
  type Picture,
  type ReportInput,
  readGeneratorMetadata,
  renderReport,
} from "../export/index.ts";
import { AtelierError, systemCodeOf } from "../foundation/errors.ts";
import { readFileIfPresent, writeFileWhole } from "../foundation/files.ts";
import { formatOf } from "../methods/index.ts";
import type { Plan } from "./defaults.ts";
import {
  classifierErrorOf,
  evaluationOf,
  incidentOf,
  parsedOrUndefined,
  parseEvents,
  progressOf,
  stepOf,
} from "./logged-events.ts";
import { leaves } from "./parse-config.ts";
import { openRun, type RunFolder } from "./run-folder.ts";

/** Grids in the filmstrip, and the longer side of each in pixels: sharp on a dense screen, and a page that can be sent. */
const FILMSTRIP = { grids: 8, side: 400 };

/**
 * Writes the run's report.html from what its folder holds. A data report, events, scores or pictures that are missing or
 * cut short leave a gap in the page.
 * @throws AtelierError (usage) when the folder holds no run, (file) when the page cannot be written.
 */
export async function writeRunReport(run: RunFolder): Promise<void> {
  const { plan } = await openRun(run.path);
  const { config } = plan;
  const events = parseEvents((await readFileIfPresent(run.events))?.toString("utf8") ?? "");
  const progress = progressOf(events, config.steps);
  const error = classifierErrorOf(events);
  const drawn = await stepsOfGrids(run, progress.made);
  const last = drawn.at(-1);
  const lastPicture = last === undefined ? undefined : await picture(run.sampleGrid(last));
  const finalGrid = last !== undefined && lastPicture && { step: last, ...lastPicture };
  const realGrid = await picture(run.realGrid);
  const dataSummary = parseDataSummary(await readFileIfPresent(run.dataReport));
  const copiesPicture = await picture(run.copiesPicture);
  const about = await generatorMetadata(run);
  const page = renderReport({
    name: basename(resolve(run.path)),
    path: run.path,
    data: locationText({ location: config.data }),
    model: config.model,
    ...(config.model !== "vq-vae" && { architecture: config.architecture }),
    format: formatOf(config),
    latent: about?.latent ?? config.latent,
    askedClasses: about !== undefined && about.classShares.length > 0 ? about.classNames : [],
    device: config.device,
    progress,
    steps: events.flatMap(stepOf),
    running: { evaluations: events.flatMap(evaluationOf), decides: config.evaluation.best },
    ...(config.classes > 0 && { classifier: { classes: config.classes, ...(error && { error }) } }),
    incidents: events.flatMap(incidentOf),
    metrics: metricDescriptions,
    ...parseScoreCard(await readFileIfPresent(run.scores)),
    ...(copiesPicture && { copiesPicture }),
    filmstrip: (await Promise.all(spread(drawn, FILMSTRIP.grids).map((step) => thumbnail(run, step)))).flat(),
    ...(finalGrid && { finalGrid }),
    ...(realGrid && { realGrid }),
    ...(dataSummary && { dataSummary }),
    configuration: configurationOf(plan),
  });
  await writeFileWhole(run.report, page);
}

/** What the run's generator says about itself; undefined where there is none yet, or it cannot be read. */
async function generatorMetadata({ generator }: RunFolder): Promise<GeneratorMetadata | undefined> {
  const bytes = await readFileIfPresent(generator);
  try {
    return bytes && readGeneratorMetadata(generator, bytes);
  } catch (cause) {
    if (cause instanceof AtelierError) return undefined;
    throw cause;
  }
}

const dataSchema = z.object({
  name: z.string(),
  splits: z.record(
    z.string(),
    z.object({ images: z.number(), labels: z.record(z.string(), z.number()), unlabelled: z.number() }),
  ),
  skipped: z.array(z.object({ file: z.string(), reason: z.string() })),
});

/** The run's score card as `atelier evaluate` left it, or why it cannot be shown; nothing where there is none. */
function parseScoreCard(bytes: Buffer | undefined): Pick<ReportInput, "scoreCard" | "scoreCardProblem"> {
  if (bytes === undefined) return {};
  const scoreCard = scoreCardSchema.safeParse(parsedOrUndefined(bytes.toString("utf8"))).data;
  const scoreCardProblem =
    "The run's scores.json cannot be read: it is damaged, or another version of Atelier wrote it. Evaluate the run again:";
  return scoreCard === undefined ? { scoreCardProblem } : { scoreCard };
}

function parseDataSummary(bytes: Buffer | undefined): DataSummary | undefined {
  return dataSchema.safeParse(parsedOrUndefined(bytes?.toString("utf8") ?? "")).data;
}

/** Every setting on a line of its own, nested ones as `learningRate.generator`, which is how `reasons` names them. */
function configurationOf({ config, reasons }: Plan): readonly ConfigurationEntry[] {
  return leaves(config).map(([key, value]) => {
    const reason = reasons[key];
    return { key, value: typeof value === "number" ? value : String(value), ...(reason !== undefined && { reason }) };
  });
}

/** Steps of the stored grids, ascending, without those of steps that a killed session made and no later one made again. */
export async function stepsOfGrids(run: RunFolder, made: number): Promise<readonly number[]> {
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
