import { rm } from "node:fs/promises";
import { writeFileWhole } from "../foundation/files.ts";
import type { ModelFiles } from "./model.ts";
import type { RunFolder } from "./run-folder.ts";

// The networks of a run as ONNX files: those of its last step, and those of the step that scored best.

/** Paths of a run's networks; encoder and decoder are there where the method can reconstruct images, the classifier where it learns classes. */
export function modelPaths(run: RunFolder, { best }: { readonly best: boolean }) {
  return best
    ? {
        generator: run.bestGenerator,
        encoder: run.bestEncoder,
        decoder: run.bestDecoder,
        classifier: run.bestClassifier,
      }
    : { generator: run.generator, encoder: run.encoder, decoder: run.decoder, classifier: run.classifier };
}

/** Writes the files of a model into its run; the generator comes last: where it is, the others are. */
export async function writeModel(
  run: RunFolder,
  { generator, coders, classifier }: ModelFiles,
  choice: { readonly best: boolean },
): Promise<void> {
  const paths = modelPaths(run, choice);
  if (coders !== undefined) {
    await writeFileWhole(paths.encoder, coders.encoder);
    await writeFileWhole(paths.decoder, coders.decoder);
  }
  if (classifier !== undefined) await writeFileWhole(paths.classifier, classifier);
  await writeFileWhole(paths.generator, generator);
}

/** Removes what was kept of the step that scored best: the run has gone back behind it. */
export async function removeBest(run: RunFolder): Promise<void> {
  const paths = Object.values(modelPaths(run, { best: true }));
  for (const path of [...paths, run.bestCheckpoint]) await rm(path, { force: true });
}
