import { readdir, stat } from "node:fs/promises";
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
import { makeFolder, writeFileWhole } from "../foundation/files.ts";
import { generatorOf, RunFolder } from "../training/index.ts";
import { counted } from "./text.ts";

export interface GenerateRequest extends SampleOptions {
  readonly count: number;
  /** Where to: a folder, or a file whose ending decides the format. Default: `generated/` beside the model. */
  readonly out?: string;
  /** Pictures in a row of a grid. Default: as many as make it about square. */
  readonly columns?: number;
  /** Of a run, take the generator that scored best while it learned, instead of the last one. Default: false. */
  readonly best?: boolean;
}

/** Makes pictures with the model of a run or a file, writes them, and says where they are. Nothing is overwritten. */
export async function generatePictures(
  model: string,
  { out, columns, best = false, ...sampling }: GenerateRequest,
): Promise<void> {
  const isFolder = (await stat(model).catch(() => undefined))?.isDirectory() ?? false;
  const target = out ?? (await freeFolder(join(isFolder ? model : dirname(model), "generated")));
  const write = writerFor(target, columns);
  await assertUnused(target);
  const file = isFolder || best ? await generatorOf(new RunFolder(model), { best }) : model;
  const generator = await Generator.load(file);
  const sample = await generator.sample(sampling);
  await write(sample, generator.metadata);
  await generator.release();
  process.stdout.write(`${counted(sampling.count, "picture")} in ${target}\n`);
}

/** `generated`, or the first of `generated-2`, `generated-3` … that is not there. */
async function freeFolder(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    if (await isUnused(candidate)) return candidate;
  }
}

async function isUnused(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found === undefined || (found.isDirectory() && (await readdir(path)).length === 0);
}

async function assertUnused(path: string): Promise<void> {
  if (path !== "" && (await isUnused(path))) return;
  throw new AtelierError({
    kind: "usage",
    where: `--out ${path}`,
    expected: "a new file, or a new or empty folder",
    received: path === "" ? "no name" : "one that is there already",
    help: "name another, or leave --out out: pictures then go to a new folder beside the model",
  });
}

type Write = (sample: Sample, metadata: GeneratorMetadata) => Promise<void>;

/** How pictures are written to a path, by its ending. @throws AtelierError (usage) for an ending that is not known. */
function writerFor(path: string, columns?: number): Write {
  const toFile =
    (encode: (sample: Sample, metadata: GeneratorMetadata) => Promise<Uint8Array> | Uint8Array): Write =>
    async (sample, metadata) => {
      await makeFolder(dirname(path));
      await writeFileWhole(path, await encode(sample, metadata));
    };
  switch (extname(path).toLowerCase()) {
    case ".png":
      return toFile(({ bytes }, { format }) => encodeGrid(bytes, format, columns === undefined ? {} : { columns }));
    case ".npz":
      return toFile(({ bytes, count }, { format }) => encodeArchive(bytes, count, format));
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
