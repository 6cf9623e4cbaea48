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
  type PathOptions,
  type SampleOptions,
} from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { namedClasses, openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { counted } from "./text.ts";

export interface InterpolateRequest {
  readonly kind: InterpolationKind;
  readonly seed: number;
  readonly truncation?: number;
  /** Classes in which the pictures take turns, as `--class` names them. Default: drawn for each picture. */
  readonly class?: readonly string[];
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
  const { kind, seed, truncation, columns = 1, out, best, keyframes = KEYFRAMES } = request;
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
  const asked = namedClasses(generator, request.class);
  const { file, described } = await encode(generator, {
    drawing: { seed, ...(truncation !== undefined && { truncation }), ...(asked !== undefined && { class: asked }) },
    columns,
    kind,
    keyframes,
    between,
  });
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

interface Path {
  readonly drawing: Omit<SampleOptions, "count" | "first">;
  readonly kind: InterpolationKind;
  readonly keyframes: number;
  readonly between: number;
  readonly columns: number;
}

/** A row for each pair of consecutive pictures, from one to the other. */
async function gridOfPairs(generator: Generator, { drawing, kind, keyframes, between }: Path) {
  const { format } = generator.metadata;
  const [pairs, columns] = [keyframes - 1, between + 2];
  assertGrid(format, pairs * columns, columns);
  const walks = Array.from({ length: pairs }, (_, pair) =>
    walk(generator, { ...drawing, first: pair, count: 2 }, { kind, between, closed: false }),
  );
  const { bytes } = await generator.picturesOf(
    joined(walks.map(({ vectors }) => vectors)),
    joined(walks.map(({ classes }) => classes)),
  );
  return {
    file: await encodeGrid(bytes, format, { columns }),
    described: `${counted(pairs, "row")} of ${counted(columns, "picture")}`,
  };
}

/** A closed loop through the pictures, as an animation. */
async function loop(generator: Generator, { drawing, kind, keyframes, between, columns }: Path) {
  const { format, latent } = generator.metadata;
  const frames = keyframes * (between + 1);
  assertAnimation(format, frames, columns);
  const walks = Array.from({ length: columns }, (_, column) =>
    walk(generator, { ...drawing, first: column * keyframes, count: keyframes }, { kind, between, closed: true }),
  );
  const { bytes } = await generator.picturesOf(
    alternating(
      walks.map(({ vectors }) => vectors),
      latent,
    ),
    alternating(
      walks.map(({ classes }) => classes),
      generator.classNames.length,
    ),
  );
  const file = await encodeAnimation(bytes, format, { columns });
  return {
    file,
    described: `a loop of ${counted(frames, "frame")} through ${counted(keyframes * columns, "picture")}`,
  };
}

/** The vectors of pictures and what lies between them, with their classes: those go linearly from one to the next. */
function walk(generator: Generator, pictures: SampleOptions, { kind, ...path }: Required<PathOptions>) {
  return {
    vectors: interpolationPath(generator.vectors(pictures), generator.metadata.latent, { ...path, kind }),
    classes: interpolationPath(generator.classWeights(pictures), generator.classNames.length, {
      ...path,
      kind: "linear",
    }),
  };
}

/** One after the other. */
export function joined(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** The first rows of all parts, then the second ones …, of equally many rows [rows, size]. */
function alternating(parts: readonly Float32Array[], size: number): Float32Array {
  const rows = size === 0 ? 0 : (parts[0]?.length ?? 0) / size;
  const all = new Float32Array(rows * parts.length * size);
  for (const [column, part] of parts.entries()) {
    for (let row = 0; row < rows; row++) {
      all.set(part.subarray(row * size, (row + 1) * size), (row * parts.length + column) * size);
    }
  }
  return all;
}

function usage(where: string, expected: string, received: string, help: string): AtelierError {
  return new AtelierError({ kind: "usage", where, expected, received, help });
}
