import { stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { type Dataset, type ImageSet, type PixelFormat, packDataset, usualFitting } from "../data/index.ts";
import { imagesOfBoth } from "../evaluation/index.ts";
import {
  assertGrid,
  assertSmooth,
  encodeLabelledGrid,
  encodeLatents,
  encodePicture,
  type GeneratorMetadata,
  type Projection,
  projectImages,
} from "../export/index.ts";
import { openTappedNetwork } from "../features/index.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { openAsOwn, openOtherImages, openRun } from "../training/index.ts";
import { assertFolderOrPng, openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { counted, plain, table } from "./text.ts";

export interface ProjectFlags {
  /** Images that are taken at most, drawn by the seed. Default: all. */
  readonly n?: number;
  readonly steps: number;
  readonly starts: number;
  readonly seed: number;
  /** Of a generator that has learned classes: the class of all projections. Default: looked for. */
  readonly class?: string;
  /** A pretrained network whose perceptual distance is added. */
  readonly features?: string;
  readonly preset?: string;
  readonly layer?: string;
  /** A folder, or FILE.png. Default: `projected.png` beside the model. */
  readonly out?: string;
  readonly best?: true;
}

const USUAL = "projected.png";

/**
 * Looks for the vectors whose pictures are nearest to images, and shows both. Nothing is overwritten. Ctrl-C ends it; nothing
 * is then written.
 */
export async function projectPictures(model: string, images: string, flags: ProjectFlags): Promise<void> {
  const help = "start it again, with fewer --steps or a smaller -n if it takes too long";
  await unlessInterrupted(`project ${model}`, help, (signal) => projectUntil(signal, model, images, flags));
}

async function projectUntil(signal: AbortSignal, model: string, images: string, flags: ProjectFlags): Promise<void> {
  const { n = Number.MAX_SAFE_INTEGER, steps, starts, seed, features, preset, layer, out, best } = flags;
  if (features === undefined) {
    refuseBeside("without --features", { preset, layer }, "name a pretrained network: --features FILE.onnx");
  }
  assertFolderOrPng(
    out ?? USUAL,
    "FILE.png gets the originals above their projections; a folder also each projection, the vectors and the errors",
  );
  const target = await targetOf(model, out, USUAL);
  const generator = await openGenerator(model, best);
  const { metadata } = generator;
  assertSmooth(metadata, model);
  // Before images are read, which may take long.
  if (flags.class !== undefined) generator.classes({ class: flags.class });
  const progress = new Progress(process.stdout);
  const dataset = await openImages(model, images, metadata.format, {
    onProgress: (done, total) => progress.show(done, total, "preparing images"),
    signal,
  });
  try {
    const set = imagesOfBoth(dataset, metadata.format, n, seed);
    assertGrid(metadata.format, ...gridSizes(set.count));
    const network =
      features === undefined
        ? undefined
        : await openTappedNetwork(features, {
            format: metadata.format,
            preset,
            layers: layer?.split(",").map((name) => name.trim()),
            keys: { file: "--features", preset: "--preset", layers: "--layer" },
          });
    if (network !== undefined) progress.say(network.recognised);
    const originals = await set.read(0, set.count);
    const projection = await projectImages(generator, originals, {
      steps,
      starts,
      seed,
      see: network?.see,
      class: flags.class,
      signal,
      onProgress: (done, total) => progress.show(done, total, `projecting ${counted(set.count, "image")}`),
    });
    await write(target, { set, originals, projection, metadata });
    progress.clear();
    process.stdout.write(
      `${counted(set.count, "image")} projected; originals above their projections in ${target}\n${table(rowsOf(set, projection))}`,
    );
    const skipped = dataset.skipped.length;
    if (skipped > 0) process.stdout.write(`${counted(skipped, "image")} could not be read: see atelier data\n`);
  } finally {
    progress.clear();
    dataset.close();
    await generator.release();
  }
}

interface Control {
  readonly onProgress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

/** Images in the generator's format: fitted as the run's own were, or as usual where there is only a file. */
async function openImages(model: string, images: string, format: PixelFormat, control: Control): Promise<Dataset> {
  const isFolder = (await stat(model).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) {
    const { onProgress, signal } = control;
    const packing = { format, fitting: usualFitting, seed: 0, heldOutFraction: 0, signal };
    return await packDataset(await openOtherImages(images), packing, onProgress);
  }
  const { plan } = await openRun(model);
  return await openAsOwn(images, plan.config, control);
}

interface Projected {
  readonly set: ImageSet;
  readonly originals: Uint8Array;
  readonly projection: Projection;
  readonly metadata: GeneratorMetadata;
}

async function write(target: string, projected: Projected): Promise<void> {
  const { set, projection, metadata } = projected;
  if (extname(target) !== "") {
    await makeFolder(dirname(target));
    return await writeFileWhole(target, await encodePairs(projected));
  }
  await makeFolder(target);
  const digits = Math.max(4, String(set.count - 1).length);
  for (let index = 0; index < set.count; index++) {
    const file = join(target, `${String(index).padStart(digits, "0")}.png`);
    await writeFileWhole(file, await encodePicture(projection.bytes, metadata.format, index));
  }
  await writeFileWhole(join(target, "pairs.png"), await encodePairs(projected));
  await writeFileWhole(
    join(target, "latents.npz"),
    encodeLatents(projection.vectors, metadata.latent, projection.classes),
  );
  await writeFileWhole(join(target, "errors.csv"), errorTable(set, projection));
}

/** Pairs in a row of the grid. */
const ACROSS = 10;

/** Cells, and columns, of a grid of so many pairs. */
function gridSizes(pairs: number): readonly [number, number] {
  const columns = Math.min(ACROSS, pairs);
  return [2 * columns * Math.ceil(pairs / columns), columns];
}

/** In each pair of rows the originals are above, the projections below. */
async function encodePairs({ set, originals, projection, metadata }: Projected): Promise<Buffer> {
  const [cells, columns] = gridSizes(set.count);
  const size = originals.length / set.count;
  const bytes = new Uint8Array(cells * size).fill(255);
  for (let index = 0; index < set.count; index++) {
    const cell = 2 * columns * Math.floor(index / columns) + (index % columns);
    bytes.set(originals.subarray(index * size, (index + 1) * size), cell * size);
    bytes.set(projection.bytes.subarray(index * size, (index + 1) * size), (cell + columns) * size);
  }
  const rows = Array.from({ length: cells / columns }, (_, row) => (row % 2 === 0 ? "image" : "projection"));
  return await encodeLabelledGrid(bytes, metadata.format, { columns, labels: { rows } });
}

/** Of each image its name and errors, and the class of its projection where there is one, as CSV. */
function errorTable({ names = [] }: ImageSet, projection: Projection): string {
  const { meanSquaredErrors, peakSignalToNoise, classes } = projection;
  const quoted = (text = "") => `"${text.replaceAll('"', '""')}"`;
  const rows = [...meanSquaredErrors].map((error, index) => {
    const cells = [index, quoted(names[index]), error, peakSignalToNoise[index]];
    return `${[...cells, ...(classes === undefined ? [] : [quoted(classes[index])])].join(",")}\n`;
  });
  return `number,file,mse,psnr${classes === undefined ? "" : ",class"}\n${rows.join("")}`;
}

/** Images that are listed one by one. */
const LISTED = 20;

function rowsOf({ names = [], count }: ImageSet, { meanSquaredErrors, peakSignalToNoise, classes }: Projection) {
  const row = (name: string, error: number, decibels: number, ofClass = "") => [
    name,
    ...(classes === undefined ? [] : [plain(ofClass)]),
    `MSE ${error.toPrecision(3)}`,
    decibels === Number.POSITIVE_INFINITY ? "equal" : `PSNR ${decibels.toFixed(2)} dB`,
  ];
  const listed = [...meanSquaredErrors]
    .slice(0, LISTED)
    .map((error, index) => row(names[index] ?? "", error, peakSignalToNoise[index] ?? Number.NaN, classes?.[index]));
  if (count === 1) return listed;
  const finite = peakSignalToNoise.filter(Number.isFinite);
  const decibels = finite.length === 0 ? Number.POSITIVE_INFINITY : meanOf(finite);
  return [...listed, ...(count > LISTED ? [["…"]] : []), row(`mean of ${count}`, meanOf(meanSquaredErrors), decibels)];
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
