import { dirname } from "node:path";
import {
  assertAnimation,
  assertGrid,
  assertSmooth,
  type Direction,
  encodeAnimation,
  encodeLabelledGrid,
  type Generator,
  latentDirections,
  principalDirections,
  traversal,
} from "../export/index.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { imageEnding } from "./interpolating.ts";
import { Progress } from "./progress.ts";
import { counted, plain, table } from "./text.ts";

export interface DirectionsFlags {
  readonly directions: number;
  /** `latent`, or a layer of the generator. Default: its first layer. */
  readonly layer?: string;
  /** Random vectors that are analysed. */
  readonly samples?: number;
  /** Deviations to both sides. */
  readonly range: number;
  readonly seed: number;
  /** Number of the picture that is changed. */
  readonly picture: number;
  readonly truncation?: number;
  /** Of a generator that has learned classes: the class of all pictures. Default: that of the picture. */
  readonly class?: string;
  /** Pictures in a row; in a GIF, directions in a row. */
  readonly columns?: number;
  /** FILE.png or FILE.gif. Default: `directions.png` beside the model. */
  readonly out?: string;
  readonly best?: true;
}

const USUAL = "directions.png";
const COLUMNS = 7;
/** Directions in a row of an animation. */
const ACROSS = 5;
/** Frames from one side to the other and back. */
const FRAMES = 48;

/** Finds what a generator's pictures differ in most, and shows one picture along each direction. Nothing is overwritten. */
export async function showDirections(model: string, flags: DirectionsFlags): Promise<void> {
  const { directions: count, layer, samples, seed, picture, truncation, out, best } = flags;
  const ending = imageEnding(out ?? USUAL);
  if (layer === "latent") {
    refuseBeside("with --layer latent", { samples }, "each number of the vector is a direction; nothing is analysed");
  }
  const target = await targetOf(model, out, USUAL);
  const generator = await openGenerator(model, best);
  assertSmooth(generator.metadata, model);
  const drawing = { first: picture, seed, ...(flags.class !== undefined && { class: flags.class }) };
  const [ofClass] = generator.classes(drawing);
  const progress = new Progress(process.stdout);
  try {
    progress.show(0, 2, "looking for what the pictures differ in");
    const found =
      layer === "latent"
        ? { layer: "the latent vector", directions: await latentDirections(generator, { count, seed, class: ofClass }) }
        : await principalDirections(generator, { count, layer, samples, seed, class: ofClass });
    const origin: Origin = {
      vector: generator.vectors({ ...drawing, ...(truncation !== undefined && { truncation }) }),
      classes: ofClass === undefined ? [] : [ofClass],
    };
    progress.show(1, 2, "drawing along the directions");
    const draw = ending === ".png" ? gridOf : animationOf;
    const file = await draw(generator, origin, found.directions, flags);
    await makeFolder(dirname(target));
    await writeFileWhole(target, file);
    progress.clear();
    const rows = found.directions.map((direction, index) => [String(index + 1), inWords(direction)]);
    const among = ofClass === undefined ? "" : ` among pictures of ${plain(ofClass)}`;
    process.stdout.write(`${counted(rows.length, "direction")} of ${found.layer}${among} in ${target}\n${table(rows)}`);
  } finally {
    progress.clear();
    await generator.release();
  }
}

/** The picture that is changed. */
interface Origin {
  readonly vector: Float32Array;
  /** Its class, or none. */
  readonly classes: readonly string[];
}

function inWords({ share, dimension, change }: Direction): string {
  if (share !== undefined) return `${(100 * share).toFixed(1)} % of the variance`;
  return `number ${dimension}: changes pixels by ${change?.toFixed(1)} of 255 from -1 to 1`;
}

/** Beside the row of a direction, below its number. */
function briefly({ share, dimension }: Direction): string {
  return share === undefined ? `latent ${dimension}` : `${(100 * share).toFixed(1)} %`;
}

/** A row for each direction, from one side to the other. */
async function gridOf(generator: Generator, origin: Origin, found: readonly Direction[], flags: DirectionsFlags) {
  const { range, columns = COLUMNS } = flags;
  const { format } = generator.metadata;
  assertGrid(format, found.length * columns, columns);
  const offsets = Array.from({ length: columns }, (_, column) => range * ((2 * column) / Math.max(1, columns - 1) - 1));
  const { bytes } = await picturesAlong(generator, origin, found, offsets);
  const rows = found.map((direction, index) => `${index + 1}\n${briefly(direction)}`);
  return await encodeLabelledGrid(bytes, format, { columns, labels: { rows } });
}

/** All directions side by side, which swing from one side to the other and back. */
async function animationOf(
  generator: Generator,
  origin: Origin,
  found: readonly Direction[],
  { range, columns = Math.min(ACROSS, found.length) }: DirectionsFlags,
) {
  const { format } = generator.metadata;
  assertAnimation(format, FRAMES, columns, found.length);
  const offsets = Array.from({ length: FRAMES }, (_, frame) => range * Math.sin((2 * Math.PI * frame) / FRAMES));
  const { bytes, count } = await picturesAlong(generator, origin, found, offsets);
  const size = bytes.length / count;
  // Frame by frame, not direction by direction.
  const frames = new Uint8Array(bytes.length);
  for (let index = 0; index < count; index++) {
    const [direction, frame] = [Math.floor(index / FRAMES), index % FRAMES];
    frames.set(bytes.subarray(index * size, (index + 1) * size), (frame * found.length + direction) * size);
  }
  return await encodeAnimation(frames, format, { columns, pictures: found.length });
}

function picturesAlong(
  generator: Generator,
  { vector, classes }: Origin,
  found: readonly Direction[],
  offsets: readonly number[],
) {
  const vectors = new Float32Array(found.length * offsets.length * vector.length);
  for (const [row, direction] of found.entries()) {
    vectors.set(traversal(vector, direction, offsets), row * offsets.length * vector.length);
  }
  return generator.picturesOf(vectors, classes);
}
