import { stat } from "node:fs/promises";
import { AtelierError } from "../foundation/errors.ts";
import { type Config, hasRun, openRun, RunFolder } from "../training/index.ts";
import { isSweep, readSweep } from "./sweep-folder.ts";

/** What is trained on, and where to. */
export interface TrainingTarget {
  readonly data: Config["data"];
  /** Undefined: chosen by the name of the data. */
  readonly out?: string | undefined;
}

/**
 * What the places and `--out` of `atelier train` mean: the folder of a run (or sweep) that is to go on, in place of DATA or as `--out`
 * without any, stands for its own data.
 * @throws AtelierError (usage) when neither is given, or when a run's folder is given as data to learn from.
 */
export async function trainingTarget(
  places: readonly string[],
  { out, resume }: { readonly out?: string | undefined; readonly resume: boolean },
): Promise<TrainingTarget> {
  const [only, ...others] = places;
  if (only === undefined) {
    if (!resume)
      throw noData("nothing", "name the data: atelier train DATA; or the run that is to go on, with --resume");
    if (out === undefined) throw noData("--resume alone", "name the run that is to go on: atelier train --resume RUN");
    return { data: await ownData(out), out };
  }
  for (const place of places) {
    const kind = await resultsIn(place);
    if (kind === undefined) continue;
    if (resume && out === undefined && others.length === 0) return { data: await ownData(place), out: place };
    throw new AtelierError({
      kind: "usage",
      where: place,
      expected: "images to learn from",
      received: `the folder of a ${kind}, with the pictures that it has made`,
      help: `to go on with that ${kind}: atelier train --resume ${place}; to train on its data again, name the data`,
    });
  }
  return { data: others.length === 0 ? only : [...places], out };
}

/** Whether a folder is that of a run or of a sweep. Data may have a config.json of its own, but no log of events beside it. */
async function resultsIn(place: string): Promise<"run" | "sweep" | undefined> {
  const isRun = (await hasRun(place)) && (await stat(new RunFolder(place).events).catch(() => undefined)) !== undefined;
  if (isRun) return "run";
  return (await isSweep(place)) ? "sweep" : undefined;
}

/** The data that a run or a sweep was begun with. @throws AtelierError (usage) when the folder holds neither. */
async function ownData(folder: string): Promise<Config["data"]> {
  return (await readSweep(folder))?.data ?? (await openRun(folder)).plan.config.data;
}

function noData(received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where: "train", expected: "images to learn from", received, help });
}
