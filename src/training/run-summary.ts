import { open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type ScoreCard, scoreCardSchema } from "../evaluation/index.ts";
import { readFileIfPresent } from "../foundation/files.ts";
import { type ListedCheckpoint, listCheckpoints } from "./checkpoints.ts";
import { type Config, FEWEST_IMAGES } from "./config.ts";
import type { Plan } from "./defaults.ts";
import { evaluationOf, type LoggedEvent, parsedOrUndefined, parseEvents, progressOf } from "./logged-events.ts";
import { openRun } from "./run-folder.ts";
import { stepsOfGrids } from "./run-report.ts";
import { metadataOf } from "./safetensors.ts";

/** Scores after a step. */
export interface StepScores {
  readonly step: number;
  /** Null: not a finite number. */
  readonly scores: Readonly<Record<string, number | null>>;
  readonly reference: "heldOut" | "train";
}

/** What a run's folder says of it, in short. */
export interface RunSummary {
  readonly path: string;
  /** The last part of the path. */
  readonly name: string;
  readonly config: Config;
  readonly outcome: "finished" | "stopped" | "interrupted";
  /** Why a finished run has made fewer steps than planned, as a sentence. */
  readonly early?: string;
  /** Steps that were made. */
  readonly steps: number;
  /** Of all sessions. */
  readonly seconds: number;
  readonly parameters?: number;
  /** Scores while it learned: those of the best step by `evaluation.best`, and the last. */
  readonly best?: StepScores;
  readonly last?: StepScores;
  /** Why it is not scored while it learns, and what to do about it; absent: it is. */
  readonly unscored?: { readonly reason: string; readonly help: string };
  /** What `atelier evaluate` found. */
  readonly scoreCard?: ScoreCard;
  /** Identity of the training images, from the newest checkpoint: equal where images, split and labels are. */
  readonly images?: string;
  /** PNG of the last grid of samples. */
  readonly grid?: string;
}

/** @throws AtelierError (usage) when the folder holds no run. What is missing besides config.json is left out. */
export async function summariseRun(path: string): Promise<RunSummary> {
  const { run, plan } = await openRun(path);
  const { config } = plan;
  const events = parseEvents((await readFileIfPresent(run.events))?.toString("utf8") ?? "");
  const { made, seconds, parameters, outcome, early } = progressOf(events, config.steps);
  const evaluations = events.flatMap(evaluationOf);
  const best = evaluations.findLast((evaluation) => evaluation.best);
  const last = evaluations.at(-1);
  const card = await readFileIfPresent(run.scores);
  const scoreCard = card && scoreCardSchema.safeParse(parsedOrUndefined(card.toString("utf8"))).data;
  const newest = (await listCheckpoints(run.checkpoints)).at(-1);
  const images = newest && (await imagesOf(newest));
  // The last checkpoint comes last: where it is, the results are, also where a kill cut the log short.
  const isWhole = outcome === "interrupted" && newest !== undefined && newest.step >= config.steps;
  const grid = (await stepsOfGrids(run, made)).at(-1);
  return {
    path,
    name: basename(resolve(path)),
    config,
    outcome: isWhole ? "finished" : outcome,
    ...(early !== undefined && { early }),
    steps: made,
    seconds,
    ...(parameters !== undefined && { parameters }),
    ...(best && { best: scoresOf(best) }),
    ...(last && { last: scoresOf(last) }),
    ...(config.evaluation.every === 0 && { unscored: unscored(plan, events) }),
    ...(scoreCard && { scoreCard }),
    ...(images !== undefined && { images }),
    ...(grid !== undefined && { grid: run.sampleGrid(grid) }),
  };
}

/** Why a run is not scored that was decided to be without scores. */
function unscored({ config: { steps }, reasons }: Plan, events: readonly LoggedEvent[]) {
  const images = events.findLast(({ type }) => type === "start")?.["trainImages"];
  return {
    reason: reasons["evaluation.every"] ?? "it was set so",
    help:
      typeof images === "number" && images < FEWEST_IMAGES
        ? "add images, or look at the pictures"
        : `add --set evaluation.every=${Math.max(1, Math.floor(steps / 2))} to a new one to be scored all the same, or run \`atelier evaluate\` on each`,
  };
}

function scoresOf({ step, scores, reference }: StepScores): StepScores {
  return { step, scores, reference };
}

async function imagesOf({ path }: ListedCheckpoint): Promise<string | undefined> {
  const file = await open(path);
  try {
    return (await metadataOf(path, file))["data"];
  } finally {
    await file.close();
  }
}
