import { rm, rmdir } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { type Dataset, type ImageSet, imageBytesOf, imagesOf, type PixelFormat } from "../data/index.ts";
import {
  imagesOfBoth,
  type Reconstruct,
  type ReconstructionScores,
  scoreReconstructions,
} from "../evaluation/index.ts";
import { Autoencoder, encodeLabelledGrid, encodePicture } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { codersOf, openAsOwn, openOwnImages, openRun } from "../training/index.ts";
import { assertFolderOrPng } from "./chosen-generator.ts";
import { assertUnused, freePath } from "./free-target.ts";
import { unlessInterrupted } from "./interrupts.ts";
import { Progress } from "./progress.ts";
import { counted, grouped, table } from "./text.ts";

export interface ReconstructRequest {
  /** Images to reconstruct: whatever can be trained on. Default: the run's own held-out ones. */
  readonly images?: string;
  /** Images that are taken at most, drawn by the seed. Default: all. */
  readonly count?: number;
  readonly seed: number;
  /** A folder, or FILE.png. Default: `reconstructions.png` in the run. */
  readonly out?: string;
  /** Take the networks that scored best while they learned, instead of the last ones. Default: false. */
  readonly best?: boolean;
}

/**
 * Encodes and decodes images, writes them beside their originals, and says how near they come. Nothing is overwritten. Ctrl-C
 * ends it; nothing is then written.
 */
export async function reconstructImages(path: string, request: ReconstructRequest): Promise<void> {
  const help = "start it again, with a smaller -n if it takes too long";
  await unlessInterrupted(`reconstruct ${path}`, help, (signal) => reconstructUntil(signal, path, request));
}

async function reconstructUntil(signal: AbortSignal, path: string, request: ReconstructRequest): Promise<void> {
  const { out, best = false } = request;
  const { run, plan } = await openRun(path);
  const files = await codersOf(run, plan.config, { best });
  const target = out ?? (await freePath(join(path, "reconstructions.png")));
  assertFolderOrPng(target, "a folder gets one PNG a reconstruction, FILE.png one grid with the originals above");
  await assertUnused(target, "pictures then go to a new file in the run");
  const progress = new Progress(process.stdout);
  const decoding = {
    onProgress: (done: number, total: number) => progress.show(done, total, "preparing images"),
    signal,
  };
  const dataset =
    request.images === undefined
      ? await openOwnImages(run, plan.config, decoding)
      : await openAsOwn(request.images, plan.config, decoding);
  try {
    const images = imagesIn(dataset, path, request);
    const autoencoder = await Autoencoder.load(files);
    const pictures = picturesFor(target, images);
    let first = 0;
    const reconstruct: Reconstruct = async (originals) => {
      const others = await autoencoder.reconstruct(originals);
      await pictures.add(first, originals, others);
      first += originals.length / imageBytesOf(images.format);
      return others;
    };
    const scores = await scoreReconstructions(reconstruct, images, {
      onProgress: (done, total) =>
        progress.show(done, total, `reconstructing: ${grouped(done)} of ${grouped(total)} images`),
      signal,
    }).catch(async (cause: unknown) => {
      await pictures.discard();
      throw cause;
    });
    await pictures.finish();
    await autoencoder.release();
    progress.clear();
    const what = request.images === undefined ? "held-out image" : "image";
    const words = `${counted(scores.images, what)} reconstructed; ${pictures.described} in ${target}`;
    process.stdout.write(`${words}\n${table(scoreRows(scores))}`);
    const skipped = dataset.skipped.length;
    if (skipped > 0) process.stdout.write(`${counted(skipped, "image")} could not be read: see atelier data\n`);
  } finally {
    progress.clear();
    dataset.close();
  }
}

/** @throws AtelierError (usage) where there are none. */
function imagesIn(dataset: Dataset, run: string, { images, count, seed }: ReconstructRequest): ImageSet {
  const { format, heldOut } = dataset;
  if (images !== undefined) return imagesOfBoth(dataset, format, count ?? Number.MAX_SAFE_INTEGER, seed);
  if (heldOut.count > 0) return imagesOf(heldOut, format, count, seed);
  throw new AtelierError({
    kind: "usage",
    where: run,
    expected: "a run that has held images out from training, or images to reconstruct",
    received: "one that was trained on all of its images",
    help: `name images: atelier reconstruct ${run} IMAGES`,
  });
}

function scoreRows(scores: ReconstructionScores): readonly (readonly string[])[] {
  const { meanSquaredError: error, peakSignalToNoise: ratio, structuralSimilarity: similarity, equal } = scores;
  const equals = equal === 0 ? "" : `, without ${counted(equal, "image")} that came out equal`;
  return [
    ["MSE", error.toPrecision(3), "mean squared difference of pixels as 0…1; lower is better"],
    ["PSNR", ratio === undefined ? "infinite" : `${ratio.toFixed(2)} dB`, `signal to noise; higher is better${equals}`],
    similarity === undefined
      ? ["SSIM", "none", "images are smaller than its window of 11x11 pixels"]
      : ["SSIM", similarity.toFixed(3), "structural similarity; 1 where equal"],
  ];
}

/** Takes pictures as they are made. */
interface Pictures {
  /** What is written, in words. */
  readonly described: string;
  /** @param first number of the first image. */
  add(first: number, originals: Uint8Array, others: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  /** Removes what is written already. */
  discard(): Promise<void>;
}

function picturesFor(target: string, images: ImageSet): Pictures {
  return extname(target) === "" ? folderOf(target, images) : gridOf(target, images);
}

/** One PNG a reconstruction. */
function folderOf(target: string, { format, count }: ImageSet): Pictures {
  const digits = Math.max(4, String(count - 1).length);
  const size = imageBytesOf(format);
  const written: string[] = [];
  return {
    described: "each as a PNG",
    add: async (first, _originals, others) => {
      await makeFolder(target);
      for (let index = 0; index * size < others.length; index++) {
        const file = join(target, `${String(first + index).padStart(digits, "0")}.png`);
        await writeFileWhole(file, await encodePicture(others, format, index));
        written.push(file);
      }
    },
    finish: () => Promise.resolve(),
    discard: async () => {
      for (const file of written) await rm(file, { force: true });
      // Unless something else is in it.
      await rmdir(target).catch(() => {});
    },
  };
}

/** Pairs that a grid shows at most, and in a row. */
const MOST_PAIRS = 40;
const COLUMNS = 10;

/** One grid of images from all over the set: in each pair of rows the originals are above, the reconstructions below. */
function gridOf(target: string, { format, count }: ImageSet): Pictures {
  const size = imageBytesOf(format);
  const shown = Math.min(MOST_PAIRS, count);
  const chosen = Array.from({ length: shown }, (_, place) => Math.floor((place * count) / shown));
  const cells = gridCells(shown);
  // White, where the last row of pairs is not full.
  const bytes = new Uint8Array(cells.rows * cells.columns * size).fill(255);
  return {
    described: shown === count ? "a grid with the originals above" : `a grid of ${shown}, the originals above,`,
    add: (first, originals, others) => {
      for (const [place, index] of chosen.entries()) {
        const from = (index - first) * size;
        if (from < 0 || from >= originals.length) continue;
        const cell = cells.of(place);
        bytes.set(originals.subarray(from, from + size), cell * size);
        bytes.set(others.subarray(from, from + size), (cell + cells.columns) * size);
      }
      return Promise.resolve();
    },
    finish: () => writeGrid(target, bytes, format, cells),
    discard: () => Promise.resolve(),
  };
}

/** Where pairs stand: the cell of each one's upper picture; the lower one is a row further. */
function gridCells(pairs: number) {
  const columns = Math.min(COLUMNS, pairs);
  return {
    columns,
    rows: 2 * Math.ceil(pairs / columns),
    of: (pair: number) => 2 * columns * Math.floor(pair / columns) + (pair % columns),
  };
}

async function writeGrid(
  target: string,
  bytes: Uint8Array,
  format: PixelFormat,
  cells: ReturnType<typeof gridCells>,
): Promise<void> {
  const rows = Array.from({ length: cells.rows }, (_, row) => (row % 2 === 0 ? "image" : "reconstruction"));
  const grid = await encodeLabelledGrid(bytes, format, { columns: cells.columns, labels: { rows } });
  await makeFolder(dirname(target));
  await writeFileWhole(target, grid);
}
