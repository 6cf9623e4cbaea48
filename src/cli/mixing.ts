import { dirname } from "node:path";
import {
  assertGrid,
  assertSmooth,
  combined,
  combinedClasses,
  encodeLabelledGrid,
  type GridLabels,
  parseTerms,
  type Term,
} from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { namedClasses, openGenerator, targetOf } from "./chosen-generator.ts";
import { imageEnding, joined } from "./interpolating.ts";
import { counted } from "./text.ts";

export interface MixRequest {
  /** Such as `12 - 7 + 3` or `1,2,3 - 4,5,6 + 7,8,9`. */
  readonly mix: string;
  readonly seed: number;
  readonly truncation?: number;
  /** Classes in which the pictures of the seed take turns, as `--class` names them. Default: drawn for each picture. */
  readonly class?: readonly string[];
  /** FILE.png. Default: `mix.png` beside the model. */
  readonly out?: string;
  readonly best?: true;
}

/** Adds and subtracts the vectors of pictures, and writes them with what comes of it. Nothing is overwritten. */
export async function mixPictures(
  model: string,
  { mix, out, best, class: named, ...others }: MixRequest,
): Promise<void> {
  const terms = parseTerms(mix);
  if (out !== undefined && imageEnding(out) !== ".png") {
    const help = "the pictures of the sum and its result are one grid";
    throw new AtelierError({ kind: "usage", where: "--out", expected: "FILE.png", received: out, help });
  }
  const target = await targetOf(model, out, "mix.png");
  const generator = await openGenerator(model, best);
  assertSmooth(generator.metadata, "--mix");
  const { format } = generator.metadata;
  const asked = namedClasses(generator, named);
  const drawing = { ...others, ...(asked !== undefined && { class: asked }) };
  const vectorOf = (picture: number) => generator.vectors({ ...drawing, first: picture });
  const weightsOf = (picture: number) => generator.classWeights({ ...drawing, first: picture });
  const [vectors, classes] = [combined(terms, vectorOf), combinedClasses(terms, weightsOf)];
  const averages = vectors.averages.map((vector, index): Cell => [vector, classes.averages[index] ?? nothing]);
  const result: Cell = [vectors.result, classes.result];
  const longest = Math.max(...terms.map(({ pictures }) => pictures.length));
  // Single pictures in one row with the result last; lists a row each, with their average last and the result below it.
  const blanks = (count: number) => Array.from({ length: count }, () => undefined);
  const rows =
    longest === 1
      ? [[...averages, result]]
      : [
          ...terms.map(({ pictures }, index) => [
            ...pictures.map((picture): Cell => [vectorOf(picture), weightsOf(picture)]),
            ...blanks(longest - pictures.length),
            averages[index],
          ]),
          [...blanks(longest), result],
        ];
  const cells = rows.flat();
  const columns = cells.length / rows.length;
  assertGrid(format, cells.length, columns);
  const size = format.channels * format.height * format.width;
  const bytes = new Uint8Array(cells.length * size).fill(255);
  const shown = cells.flatMap((made, cell) => (made === undefined ? [] : [{ made, cell }]));
  const { bytes: pictures } = await generator.picturesOf(
    joined(shown.map(({ made: [vector] }) => vector)),
    joined(shown.map(({ made: [, weights] }) => weights)),
  );
  for (const [index, { cell }] of shown.entries()) {
    bytes.set(pictures.subarray(index * size, (index + 1) * size), cell * size);
  }
  await makeFolder(dirname(target));
  await writeFileWhole(target, await encodeLabelledGrid(bytes, format, { columns, labels: labelsOf(terms, columns) }));
  await generator.release();
  process.stdout.write(`${counted(terms.length, "term")} and, last, the result in ${target}\n`);
}

/** A picture of the grid: its vector, and how much of each class it has. */
type Cell = readonly [vector: Float32Array, weights: Float32Array];

const nothing = new Float32Array();

/** In one row the terms stand above their pictures, else each beside its row. */
function labelsOf(terms: readonly Term[], columns: number): GridLabels {
  const words = terms.map(({ sign, pictures }, index) => {
    const list = pictures.join(", ");
    if (sign < 0) return `\u2212 ${list}`;
    return index === 0 ? list : `+ ${list}`;
  });
  const all = [...words, "= result"];
  if (terms.every(({ pictures }) => pictures.length === 1)) return { columns: all };
  return { columns: [...Array.from({ length: columns - 1 }, () => ""), "average"], rows: all };
}
