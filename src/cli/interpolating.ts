import { dirname, extname } from "node:path";
import {
  assertAnimation,
  assertGrid,
  assertSmooth,
  encodeAnimation,
  encodeGrid,
  type Generator,
  type InterpolationKind,
  interpolationPath,
} from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { counted } from "./text.ts";

export interface InterpolateRequest {
  readonly kind: InterpolationKind;
  readonly seed: number;
  readonly truncation?: number;
  /** Pictures that are walked between. Default: 5. */
  readonly keyframes?: number;
  /** Pictures between two of them. Default: 8 in a grid, 24 in a GIF. */
  readonly between?: number;
  /** In a GIF: paths side by side, each through pictures of its own. Default: 1. */
  readonly columns?: number;
  /** FILE.png or FILE.gif. Default: `interpolation.gif` beside the model. */
  readonly out?: string;
  readonly best?: true;
}

const USUAL = "interpolation.gif";
const KEYFRAMES = 5;
const BETWEEN = { ".png": 8, ".gif": 24 } as const;

/** Walks between the random vectors of consecutive pictures, and writes what is on the way. Nothing is overwritten. */
export async function interpolatePictures(model: string, request: InterpolateRequest): Promise<void> {
  const { out, best, keyframes = KEYFRAMES } = request;
  const ending = imageEnding(out ?? USUAL);
  if (keyframes < 2) {
    throw usage("-n", "at least 2 pictures to walk between", String(keyframes), "leave -n out for 5");
  }
  if (ending === ".png") {
    const help = "a grid has a row for each pair; --frames says how long it is";
    refuseBeside("for a grid", { columns: request.columns }, help);
  }
  const target = await targetOf(model, out, USUAL);
  const generator = await openGenerator(model, best);
  assertSmooth(generator.metadata, "--interpolate");
  const between = request.between ?? BETWEEN[ending];
  const encode = ending === ".png" ? gridOfPairs : loop;
  const { file, described } = await encode(generator, { ...request, keyframes, between });
  await makeFolder(dirname(target));
  await writeFileWhole(target, file);
  await generator.release();
  process.stdout.write(`${described} in ${target}\n`);
}

/** The ending of a file of pictures. @throws AtelierError (usage) for another one. */
export function imageEnding(out: string): ".png" | ".gif" {
  const ending = extname(out).toLowerCase();
  if (ending === ".png" || ending === ".gif") return ending;
  throw usage("--out", "FILE.png or FILE.gif", out, "FILE.png gets one grid, FILE.gif an animation that repeats");
}

type Path = InterpolateRequest & { readonly keyframes: number; readonly between: number };

/** A row for each pair of consecutive pictures, from one to the other. */
async function gridOfPairs(generator: Generator, { kind, keyframes, between, seed, ...options }: Path) {
  const { latent, format } = generator.metadata;
  const [pairs, columns] = [keyframes - 1, between + 2];
  assertGrid(format, pairs * columns, columns);
  const ends = generator.vectors({ count: keyframes, seed, ...truncationOf(options) });
  const vectors = new Float32Array(pairs * columns * latent);
  for (let pair = 0; pair < pairs; pair++) {
    const row = interpolationPath(ends.subarray(pair * latent, (pair + 2) * latent), latent, { kind, between });
    vectors.set(row, pair * columns * latent);
  }
  const { bytes } = await generator.picturesOf(vectors);
  return {
    file: await encodeGrid(bytes, format, { columns }),
    described: `${counted(pairs, "row")} of ${counted(columns, "picture")}`,
  };
}

/** A closed loop through the pictures, as an animation. */
async function loop(generator: Generator, { kind, keyframes, between, columns = 1, seed, ...options }: Path) {
  const { latent, format } = generator.metadata;
  const frames = keyframes * (between + 1);
  assertAnimation(format, frames, columns);
  const vectors = new Float32Array(frames * columns * latent);
  for (let column = 0; column < columns; column++) {
    const own = generator.vectors({ first: column * keyframes, count: keyframes, seed, ...truncationOf(options) });
    const path = interpolationPath(own, latent, { kind, between, closed: true });
    for (let frame = 0; frame < frames; frame++) {
      vectors.set(path.subarray(frame * latent, (frame + 1) * latent), (frame * columns + column) * latent);
    }
  }
  const { bytes } = await generator.picturesOf(vectors);
  const file = await encodeAnimation(bytes, format, { columns });
  return {
    file,
    described: `a loop of ${counted(frames, "frame")} through ${counted(keyframes * columns, "picture")}`,
  };
}

function truncationOf({ truncation }: Pick<InterpolateRequest, "truncation">) {
  return truncation === undefined ? {} : { truncation };
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
