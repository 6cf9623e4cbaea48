import { join } from "node:path";
import { AtelierError } from "../../foundation/errors.ts";
import { readFileIfPresent } from "../../foundation/files.ts";
import { describeFile, type FoundFile, fingerprintOf } from "../files.ts";
import type { ImageRecord, ImageSource } from "../image-source.ts";
import { readContent } from "./array-file.ts";
import { type PixelArray, readingArrays } from "./pixel-array.ts";

// CIFAR-10, binary version: records of one label byte and 3072 pixels, planes red, green, blue of 32 rows of 32
// (Krizhevsky, "The CIFAR-10 and CIFAR-100 datasets", section "binary version").
const format = { height: 32, width: 32, channels: 3 } as const;
const recordBytes = 1 + 3 * 32 * 32;
const namesFile = "batches.meta.txt";

/** Whether a file's name is that of a CIFAR batch: `data_batch_1.bin`, `test_batch.bin.gz`. */
export function isCifarName(name: string): boolean {
  return /\.bin(\.gz)?$/.test(name) && !name.includes("/");
}

/**
 * Opens CIFAR-10 binary batches; files with `test` in their name are the test images, all others train. Class names come from
 * `batches.meta.txt` beside them, and are the label numbers where it is missing.
 * @param root the folder that holds the files
 * @param files all files in it
 * @param chosen names of the batches to open, in order
 * @throws AtelierError (data) when a file is not made of whole records.
 */
export async function openCifar(
  source: Pick<ImageSource, "name" | "location">,
  root: string,
  files: readonly FoundFile[],
  chosen: readonly string[],
): Promise<ImageSource> {
  const classNames = await readClassNames(join(root, namesFile));
  const arrays: PixelArray[] = [];
  const records: ImageRecord[] = [];
  for (const name of chosen) {
    const path = join(root, name);
    const read = async (): Promise<Uint8Array> => await readRecords(path);
    const content = await read();
    const split = /test/i.test(name) ? "test" : "train";
    const count = content.length / recordBytes;
    for (let index = 0; index < count; index++) {
      const label = content[index * recordBytes] ?? 0;
      if (label > 9)
        throw notCifar(
          path,
          `label ${label} in record ${index}`,
          "give the folder that holds CIFAR-10 batches, or images",
        );
      records.push({ name: `${name}#${index}`, label: classNames[label] ?? String(label), split });
    }
    arrays.push({ count, format, start: 1, stride: recordBytes, read });
  }
  const used = files.map((file) => file.path).filter((path) => path === namesFile || chosen.includes(path));
  const described = await Promise.all(used.map(async (path) => await describeFile(root, path)));
  return {
    ...source,
    kind: "cifar",
    records,
    ignored: files.map((file) => file.path).filter((path) => !used.includes(path)),
    fingerprint: await fingerprintOf(root, described),
    ...readingArrays(arrays),
  };
}

async function readRecords(path: string): Promise<Uint8Array> {
  const content = await readContent(path);
  if (content.length === 0 || content.length % recordBytes !== 0) {
    const hundred = content.length > 0 && content.length % (recordBytes + 1) === 0;
    const received = `${content.length} bytes${hundred ? ", which fits CIFAR-100" : ""}`;
    throw notCifar(path, received, hundred ? "use the CIFAR-10 binary version" : "copy or download the file again");
  }
  return content;
}

function notCifar(path: string, received: string, help: string): AtelierError {
  const expected = `CIFAR-10 records of ${recordBytes} bytes with labels from 0 to 9`;
  return new AtelierError({ kind: "data", where: path, expected, received, help });
}

async function readClassNames(path: string): Promise<readonly string[]> {
  const text = await readFileIfPresent(path);
  const lines = (text?.toString("utf8") ?? "").split(/\r?\n/);
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}
