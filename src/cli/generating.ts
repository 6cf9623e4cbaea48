import { mkdir, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import {
  encodeArchive,
  encodeGrid,
  encodePicture,
  Generator,
  type GeneratorMetadata,
  type Sample,
  type SampleOptions,
} from "../export/index.ts";
import { AtelierError } from "../foundation/errors.ts";
import { unwritable, writeFileWhole } from "../foundation/files.ts";
import { RunFolder } from "../training/index.ts";
import { counted } from "./text.ts";

export interface GenerateRequest extends SampleOptions {
  readonly count: number;
  /** Where to: a folder, or a file whose ending decides the format. Default: `generated/` beside the model. */
  readonly out?: string;
  /** Pictures in a row of a grid. Default: as many as make it about square. */
  readonly columns?: number;
}

/** Makes pictures with the model of a run or a file, writes them, and says where they are. */
export async function generatePictures(model: string, { out, columns, ...sampling }: GenerateRequest): Promise<void> {
  const isFile = extname(model) === ".onnx";
  const target = out ?? join(isFile ? dirname(model) : model, "generated");
  const write = writerFor(target, columns);
  const generator = await Generator.load(isFile ? model : new RunFolder(model).generator);
  const sample = await generator.sample(sampling);
  await write(sample, generator.metadata);
  await generator.release();
  process.stdout.write(`${counted(sampling.count, "picture")} in ${target}\n`);
}

type Write = (sample: Sample, metadata: GeneratorMetadata) => Promise<void>;

/** How pictures are written to a path, by its ending. @throws AtelierError (usage) for an ending that is not known. */
function writerFor(path: string, columns?: number): Write {
  const inFolder =
    (encode: (sample: Sample, metadata: GeneratorMetadata) => Promise<Uint8Array> | Uint8Array): Write =>
    async (sample, metadata) => {
      await makeFolder(dirname(path));
      await writeFileWhole(path, await encode(sample, metadata));
    };
  switch (extname(path).toLowerCase()) {
    case ".png":
      return inFolder(({ bytes }, { format }) => encodeGrid(bytes, format, columns === undefined ? {} : { columns }));
    case ".npz":
      return inFolder(({ bytes, count }, { format }) => encodeArchive(bytes, count, format));
    case "":
      return async ({ bytes, count }, { format }) => {
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
        received: path,
        help: "a folder gets one PNG a picture, FILE.png one grid of all, FILE.npz a NumPy array",
      });
  }
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    if (!(await stat(path)).isDirectory()) throw new Error("it is a file");
  } catch (cause) {
    throw unwritable(path, cause);
  }
}
