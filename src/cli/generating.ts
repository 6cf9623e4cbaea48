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
import { openGenerator, refuseBeside, targetOf } from "./chosen-generator.ts";
import { interpolatePictures } from "./interpolating.ts";
import { mixPictures } from "./mixing.ts";
import { counted } from "./text.ts";

export interface GenerateFlags {
  /** How many pictures, or keyframes. Default: 16, or 5 keyframes. */
  readonly n?: number;
  readonly seed: number;
  readonly truncation?: number;
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
  const { n, columns, frames, interpolate, mix, ...common } = flags;
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

type PicturesRequest = Pick<GenerateFlags, "seed" | "truncation" | "out" | "columns" | "best"> & {
  readonly count: number;
};

async function generatePictures(model: string, { out, columns, best, ...sampling }: PicturesRequest): Promise<void> {
  const write = writerFor(out ?? "", columns);
  const target = await targetOf(model, out, "generated");
  const generator = await openGenerator(model, best);
  const sample = await generator.sample(sampling);
  await write(target, sample, generator.metadata);
  await generator.release();
  process.stdout.write(`${counted(sampling.count, "picture")} in ${target}\n`);
}

type Write = (path: string, sample: Sample, metadata: GeneratorMetadata) => Promise<void>;

/** How pictures are written to a path, by its ending. @throws AtelierError (usage) for an ending that is not known. */
function writerFor(out: string, columns?: number): Write {
  const toFile =
    (encode: (sample: Sample, metadata: GeneratorMetadata) => Promise<Uint8Array> | Uint8Array): Write =>
    async (path, sample, metadata) => {
      await makeFolder(dirname(path));
      await writeFileWhole(path, await encode(sample, metadata));
    };
  switch (extname(out).toLowerCase()) {
    case ".png":
      return toFile(({ bytes }, { format }) => encodeGrid(bytes, format, columns === undefined ? {} : { columns }));
    case ".npz":
      return toFile(({ bytes, count }, { format }) => encodeArchive(bytes, count, format));
    case "":
      return async (path, { bytes, count }, { format }) => {
        await makeFolder(path);
        const digits = Math.max(4, String(count - 1).length);
        for (let index = 0; index < count; index++) {
          const file = join(path, `${String(index).padStart(digits, "0")}.png`);
          await writeFileWhole(file, await encodePicture(bytes, format, index));
        }
      };
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
