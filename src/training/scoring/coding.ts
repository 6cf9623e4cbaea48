import { basename } from "node:path";
import type { EvaluationSubject } from "../../evaluation/index.ts";
import { Autoencoder } from "../../export/index.ts";
import { AtelierError } from "../../foundation/errors.ts";
import { hasCoders } from "../../methods/index.ts";
import { type Checkpoint, listCheckpoints, loadCheckpoint } from "../checkpoints.ts";
import type { Config } from "../config.ts";
import { codersOf } from "../generator-of-run.ts";
import { likelihoodOf } from "../likelihood.ts";
import { averagedValues } from "../model.ts";
import { loadResources } from "../resources.ts";
import type { RunFolder } from "../run-folder.ts";

/** Codes that are drawn for each image whose probability is measured: as many as figures in the literature have at least. */
const DRAWS = 200;

/** What a probability is of, in words. */
const KINDS = { binary: "pixels as 0 or 1", levels: "pixels in 256 levels" } as const;

/** What a run can say about images besides making them. */
export interface CodingSide {
  readonly measures: Pick<EvaluationSubject, "reconstruct" | "likelihood">;
  close(): Promise<void>;
}

/** Opens what encodes and decodes images in a run: with its last weights, or those that scored best. */
export async function openCoding(
  run: RunFolder,
  config: Config,
  { best }: { readonly best: boolean },
): Promise<CodingSide> {
  if (!hasCoders(config)) return { measures: {}, close: () => Promise.resolve() };
  const autoencoder = await Autoencoder.load(await codersOf(run, config, { best }));
  const likelihood: EvaluationSubject["likelihood"] = async (images, { onProgress, signal, seed }) => {
    const { state } = best
      ? await loadCheckpoint({ step: autoencoder.metadata.step, path: run.bestCheckpoint })
      : await checkpointAt(run, autoencoder.metadata.step);
    const resources = await loadResources(config);
    const values = averagedValues(config, resources, state);
    const options = { draws: DRAWS, seed, signal, progress: onProgress };
    const found = await likelihoodOf(config, resources, values, images, options);
    return { ...found, of: KINDS[found.of] };
  };
  return {
    measures: {
      reconstruct: (images) => autoencoder.reconstruct(images),
      ...(config.model === "vae" && { likelihood }),
    },
    close: () => autoencoder.release(),
  };
}

/** @throws AtelierError (run) when the run has gone on since its networks were written, and was cut off. */
async function checkpointAt(run: RunFolder, step: number): Promise<Checkpoint> {
  const all = await listCheckpoints(run.checkpoints);
  const own = all.find((checkpoint) => checkpoint.step === step);
  if (own !== undefined) return await loadCheckpoint(own);
  throw new AtelierError({
    kind: "run",
    where: run.checkpoints,
    expected: `a checkpoint of step ${step}, when ${basename(run.encoder)} was written`,
    received: `those of steps ${all.map((checkpoint) => checkpoint.step).join(", ")}`,
    help: "the run was cut off: go on with --resume",
  });
}
