import { dirname } from "node:path";
import { assertGrid, encodeLabelledGrid, withoutClasses } from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { namedClasses, openGenerator, targetOf } from "./chosen-generator.ts";
import { imageEnding } from "./interpolating.ts";
import { counted } from "./text.ts";

export interface ClassGridRequest {
  readonly seed: number;
  readonly truncation?: number;
  /** Random vectors, each of which has a row. Default: 8. */
  readonly rows?: number;
  /** Classes, each of which has a column, as `--class` names them. Default: all. */
  readonly class?: readonly string[];
  /** FILE.png. Default: `classes.png` beside the model. */
  readonly out?: string;
  readonly best?: true;
}

const ROWS = 8;

/** Draws the same random vectors as every class: a column for each class, a row for each vector. Nothing is overwritten. */
export async function drawClassGrid(model: string, request: ClassGridRequest): Promise<void> {
  const { rows = ROWS, class: named, out, best, ...drawing } = request;
  if (out !== undefined && imageEnding(out) !== ".png") {
    const help = "the pictures of all classes are one grid";
    throw new AtelierError({ kind: "usage", where: "--out", expected: "FILE.png", received: out, help });
  }
  const target = await targetOf(model, out, "classes.png");
  const generator = await openGenerator(model, best);
  const { latent, format } = generator.metadata;
  if (generator.classNames.length === 0) throw withoutClasses("--by-class", generator.metadata);
  const classes = namedClasses(generator, named) ?? generator.classNames;
  const { length: columns } = classes;
  assertGrid(format, rows * columns, columns);
  const own = generator.vectors({ ...drawing, count: rows });
  const vectors = new Float32Array(rows * columns * latent);
  for (let cell = 0; cell < rows * columns; cell++) {
    const row = Math.floor(cell / columns);
    vectors.set(own.subarray(row * latent, (row + 1) * latent), cell * latent);
  }
  const { bytes } = await generator.picturesOf(vectors, classes);
  const file = await encodeLabelledGrid(bytes, format, { columns, labels: { columns: classes } });
  await makeFolder(dirname(target));
  await writeFileWhole(target, file);
  await generator.release();
  process.stdout.write(`${counted(rows, "row")} of ${counted(columns, "class", "classes")} in ${target}\n`);
}
