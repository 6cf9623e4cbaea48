import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { AtelierError } from "../foundation/errors.ts";
import { FEWEST_IMAGES } from "./config.ts";
import type { RunFolder } from "./run-folder.ts";

/**
 * The file of a run's last generator, or of the one that scored best while it learned.
 * @throws AtelierError (usage) when it is not there.
 */
export async function generatorOf(run: RunFolder, { best }: { readonly best: boolean }): Promise<string> {
  const file = best ? run.bestGenerator : run.generator;
  if ((await stat(file).catch(() => undefined)) !== undefined) return file;
  const [expected, help] = best
    ? [
        "the folder of a run that was scored while it learned",
        `leave --best out; a run is scored while it learns where it has at least ${FEWEST_IMAGES} training images, unless it is very short or was told not to be`,
      ]
    : ["the folder of a run that has made a generator", "train to the end, or go on with --resume, and try again"];
  const received = `no ${basename(file)} there`;
  throw new AtelierError({ kind: "usage", where: best ? `--best ${run.path}` : run.path, expected, received, help });
}
