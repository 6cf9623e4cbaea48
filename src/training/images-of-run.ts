import { type Dataset, type ImageSource, locationText, openImage, openSource, packDataset } from "../data/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { formatOf } from "../methods/index.ts";
import { identityOf, loadLatestCheckpoint } from "./checkpoints.ts";
import type { Config } from "./config.ts";
import { fittingOf } from "./preparation.ts";
import type { RunFolder } from "./run-folder.ts";

/** Reports of the decoding of images, and what ends it. */
export interface OpeningControl {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The images that a run was trained on, split as it saw them.
 * @throws AtelierError (data) when they are no longer there or are others.
 */
export async function openOwnImages(run: RunFolder, config: Config, control: OpeningControl = {}): Promise<Dataset> {
  const help = "restore them, or name other images";
  const source = await openSource(config.data, { labels: config.labels }).catch((cause: unknown) => {
    if (!(cause instanceof AtelierError)) throw cause;
    const { where, expected, received } = cause.details;
    throw new AtelierError({ kind: "data", where, expected, received, help: `${run.path}: ${help}` }, { cause });
  });
  const dataset = await packed(source, config, control);
  const { data } = await loadLatestCheckpoint(run.checkpoints).catch((cause: unknown) => {
    dataset.close();
    throw cause;
  });
  if (data === identityOf(dataset)) return dataset;
  dataset.close();
  throw new AtelierError({
    kind: "data",
    where: locationText(source),
    expected: "the images that the run was trained on",
    received: "others: images were changed, added, removed, renamed or given other labels",
    help,
  });
}

/** Other images, brought to the form of a run's own as those were; all of them are in its training part. */
export async function openAsOwn(location: string, config: Config, control: OpeningControl = {}): Promise<Dataset> {
  const { labels: _labels, labelsPerClass: _perClass, ...form } = config;
  return await packed(await openOtherImages(location), { ...form, heldOut: 0 }, control);
}

/**
 * Images that a trained model is to look at: whatever can be trained on, or one image file.
 * @param location what the command line calls `images`.
 * @throws AtelierError as `openSource`, in words for that argument.
 */
export async function openOtherImages(location: string): Promise<ImageSource> {
  try {
    return (await openImage(location)) ?? (await openSource(location));
  } catch (cause) {
    if (!(cause instanceof AtelierError)) throw cause;
    const { kind, where, expected, received, help } = cause.details;
    const forTraining = !location.startsWith("sample:") && help.includes("sample:");
    const details = {
      kind,
      where: where === "DATA" ? "images" : where,
      expected: kind === "usage" && forTraining ? accepted : expected,
      received,
      help: forTraining ? "check the path" : help,
    };
    throw new AtelierError(details, { cause });
  }
}

const accepted = "an image, a folder of images, a .zip, or an IDX, NumPy, Parquet or CIFAR file";

async function packed(source: ImageSource, config: Config, { onProgress, signal }: OpeningControl): Promise<Dataset> {
  const { seed, heldOut: heldOutFraction, labelsPerClass } = config;
  const packing = { format: formatOf(config), fitting: fittingOf(config), seed, heldOutFraction, labelsPerClass };
  return await packDataset(source, { ...packing, ...(signal && { signal }) }, onProgress);
}
