import { dirname, extname, join } from "node:path";
import {
  encodeArchive,
  encodeGrid,
  encodePicture,
  type GeneratorMetadata,
  type InterpolationKind,
  type Sample,
} from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { namedClasses, openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { folderNames } from "./class-folders.ts";
import { drawClassGrid } from "./class-grid.ts";
import { interpolatePictures } from "./interpolating.ts";
import { mixPictures } from "./mixing.ts";
import { counted, plain } from "./text.ts";

export interface GenerateFlags {
  /** How many pictures, keyframes, or rows of a grid of classes. Default: 16, 5 keyframes, or 8 rows. */
  readonly n?: number;
  readonly seed: number;
  readonly truncation?: number;
  /** Names of classes, or lists of them with commas, in which pictures take turns. Default: drawn for each picture. */
  readonly class?: readonly string[];
  /** A grid with a column for each class, of the same vectors. Default: false. */
  readonly byClass?: true;
  /** Where to: a folder, or a file whose ending decides the format. Default: beside the model. */
  readonly out?: string;
  /** Pictures in a row of a grid. Default: as many as make it about square. */
  readonly columns?: number;
  /** Of a run, take the generator that scored best while it learned, instead of the last one. Default: false. */
  readonly best?: true;
  readonly interpolate?: InterpolationKind;
  /** Pictures between two keyframes. */
  readonly frames?: number;
  readonly mix?: string;
}

const COUNT = 16;

/** Makes pictures with the model of a run or a file, writes them, and says where they are. Nothing is overwritten. */
export async function generate(model: string, flags: GenerateFlags): Promise<void> {
  const { n, columns, frames, interpolate, mix, byClass, ...common } = flags;
  if (byClass !== undefined) {
    const help = "the grid has a column for each class and a row for each of -n vectors; leave the other flag out";
    refuseBeside("beside --by-class", { interpolate, mix, frames, columns }, help);
    return await drawClassGrid(model, { ...common, ...(n !== undefined && { rows: n }) });
  }
  if (mix !== undefined) {
    const help = "the numbers in the sum say which pictures; leave the other flag out";
    refuseBeside("beside --mix", { interpolate, frames, n, columns }, help);
    return await mixPictures(model, { ...common, mix });
  }
  if (interpolate !== undefined) {
    return await interpolatePictures(model, {
      ...common,
      kind: interpolate,
      ...(n !== undefined && { keyframes: n }),
      ...(frames !== undefined && { between: frames }),
      ...(columns !== undefined && { columns }),
    });
  }
  refuseBeside("without --interpolate", { frames }, "add --interpolate to walk from picture to picture");
  await generatePictures(model, { ...common, count: n ?? COUNT, ...(columns !== undefined && { columns }) });
}

type PicturesRequest = Pick<GenerateFlags, "seed" | "truncation" | "class" | "out" | "columns" | "best"> & {
  readonly count: number;
};

async function generatePictures(
  model: string,
  { out, columns, best, class: named, ...sampling }: PicturesRequest,
): Promise<void> {
  const write = writerFor(out ?? "", columns);
  const target = await targetOf(model, out, "generated");
  const generator = await openGenerator(model, best);
  const asked = namedClasses(generator, named);
  const sample = await generator.sample({ ...sampling, ...(asked !== undefined && { class: asked }) });
  await write(target, sample, { ...generator.metadata, isOfOne: new Set(asked).size === 1 });
  await generator.release();
  process.stdout.write(`${counted(sampling.count, "picture")}${ofClasses(sample)} in ${target}\n`);
}

/** ` of tulip`, ` of 5 classes`, or nothing. */
function ofClasses({ classes = [] }: Sample): string {
  const [first, ...others] = new Set(classes);
  if (first === undefined) return "";
  return ` of ${others.length === 0 ? plain(first) : `${others.length + 1} classes`}`;
}

interface Written extends GeneratorMetadata {
  /** Whether all pictures were asked to be of the same class. */
  readonly isOfOne: boolean;
}

type Write = (path: string, sample: Sample, written: Written) => Promise<void>;

/** How pictures are written to a path, by its ending. @throws AtelierError (usage) for an ending that is not known. */
function writerFor(out: string, columns?: number): Write {
  const toFile =
    (encode: (sample: Sample, written: Written) => Promise<Uint8Array> | Uint8Array): Write =>
    async (path, sample, written) => {
      await makeFolder(dirname(path));
      await writeFileWhole(path, await encode(sample, written));
    };
  switch (extname(out).toLowerCase()) {
    case ".png":
      return toFile(({ bytes }, { format }) => encodeGrid(bytes, format, columns === undefined ? {} : { columns }));
    case ".npz":
      return toFile((sample, { format }) => encodeArchive(sample, format));
    case "":
      return writeFolder;
    default:
      throw new AtelierError({
        kind: "usage",
        where: "--out",
        expected: "a folder, FILE.png or FILE.npz",
        received: out,
        help:
          extname(out).toLowerCase() === ".gif"
            ? "a GIF moves from picture to picture: add --interpolate"
            : "a folder gets one PNG a picture, FILE.png one grid of all, FILE.npz a NumPy array",
      });
  }
}

/**
 * A PNG for each picture, under its number. Pictures of classes lie in a folder for each class, as labelled images are read; but
 * where one class was asked for, no other folder would stand beside it.
 */
const writeFolder: Write = async (path, { bytes, count, classes = [] }, { format, classNames, isOfOne }) => {
  const digits = Math.max(4, String(count - 1).length);
  const folders = folderNames(classNames);
  await makeFolder(path);
  for (const name of isOfOne ? [] : new Set(classes)) await makeFolder(join(path, folders.get(name) ?? ""));
  for (let index = 0; index < count; index++) {
    const folder = isOfOne ? "" : (folders.get(classes[index] ?? "") ?? "");
    const file = join(path, folder, `${String(index).padStart(digits, "0")}.png`);
    await writeFileWhole(file, await encodePicture(bytes, format, index));
  }
};
