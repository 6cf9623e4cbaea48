import { stat } from "node:fs/promises";
import { basename } from "node:path";
import type { AutoencoderFiles } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { hasCoders } from "../methods/index.ts";
import { type Config, FEWEST_IMAGES } from "./config.ts";
import { modelPaths } from "./model-files.ts";
import { assertNoSweep, type RunFolder } from "./run-folder.ts";

/**
 * The file of a run's last generator, or of the one that scored best while it learned.
 * @throws AtelierError (usage) when it is not there, or the folder is that of a sweep.
 */
export async function generatorOf(run: RunFolder, { best }: { readonly best: boolean }): Promise<string> {
  const { generator } = modelPaths(run, { best });
  if (await isThere(generator)) return generator;
  await assertNoSweep(run.path);
  throw notThere(run, generator, best);
}

/**
 * The files of a run's last encoder and decoder, or of those that scored best while it learned.
 * @throws AtelierError (usage) when they are not there, or the run is of a model that has none.
 */
export async function codersOf(
  run: RunFolder,
  { model }: Pick<Config, "model">,
  { best }: { readonly best: boolean },
): Promise<AutoencoderFiles> {
  if (!hasCoders({ model })) {
    throw new AtelierError({
      kind: "usage",
      where: run.path,
      expected: "a run of a model that encodes images: autoencoder, vae or vq-vae",
      received: `one of model ${model}, which only makes images`,
      help: `\`atelier project ${run.path} IMAGES\` looks for the vector from which its generator makes an image`,
    });
  }
  const { encoder, decoder } = modelPaths(run, { best });
  for (const file of [encoder, decoder]) if (!(await isThere(file))) throw notThere(run, file, best);
  return { encoder, decoder };
}

/**
 * The file of a run's last classifier, or of the one of the step that scored best.
 * @throws AtelierError (usage) when it is not there, or the run learned no classes.
 */
export async function classifierOf(
  run: RunFolder,
  { classes, model }: Pick<Config, "classes" | "model">,
  { best }: { readonly best: boolean },
): Promise<string> {
  if (classes === 0) {
    throw new AtelierError({
      kind: "usage",
      where: run.path,
      expected: "a run that learned classes",
      received:
        model === "vq-vae"
          ? "one of model vq-vae, which learns nothing from labels"
          : "one that was trained without labels",
      help:
        model === "vq-vae"
          ? "train with --model gan, vae, autoencoder or feature-matching, on images with labels"
          : "train with labels of two classes or more: class folders, labels.csv or --labels FILE; a few of each class are enough",
    });
  }
  const { classifier } = modelPaths(run, { best });
  if (await isThere(classifier)) return classifier;
  throw notThere(run, classifier, best);
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

function notThere(run: RunFolder, file: string, best: boolean): AtelierError {
  const [expected, help] = best
    ? [
        "the folder of a run that was scored while it learned",
        `leave --best out; a run is scored while it learns where it has at least ${FEWEST_IMAGES} training images, unless it is very short or was told not to be`,
      ]
    : [
        `the folder of a run that has made ${basename(file)}`,
        "train to the end, or go on with --resume, and try again",
      ];
  const received = `no ${basename(file)} there`;
  return new AtelierError({ kind: "usage", where: best ? `--best ${run.path}` : run.path, expected, received, help });
}
