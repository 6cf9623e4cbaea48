import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative } from "node:path";
import { AtelierError, messageOf, systemCodeOf } from "../foundation/errors.ts";
import { OnnxNetwork, type OnnxReadOptions } from "../graph/index.ts";

/**
 * Reads an ONNX file, and the files beside it that hold its weights if it has such.
 * @param options where `name` is the file's name without its ending by default.
 * @throws AtelierError (file) when a file cannot be read, lies outside the model's folder, or is not a whole ONNX model.
 */
export async function readOnnxFile(
  path: string,
  options: Partial<Omit<OnnxReadOptions, "externalData">> = {},
): Promise<OnnxNetwork> {
  const bytes = await readFile(path).catch((cause: unknown) => unreadable(path, cause));
  return OnnxNetwork.read(bytes, {
    name: basename(path, extname(path)),
    ...options,
    externalData: (location, offset, length) => readPiece(path, location, offset, length),
  });
}

function readPiece(model: string, location: string, offset: number, length: number | undefined): Uint8Array {
  const folder = dirname(model);
  const path = join(folder, location);
  const fromFolder = relative(folder, path);
  if (location === "" || isAbsolute(location) || fromFolder === "" || fromFolder.startsWith("..")) {
    throw new AtelierError({
      kind: "file",
      where: model,
      expected: "weights in files beside the model",
      received: `the path "${location}"`,
      help: "save the model again as a single file, or with its weights in its own folder",
    });
  }
  try {
    const file = openSync(path, "r");
    try {
      const left = Math.max(0, fstatSync(file).size - offset);
      const bytes = new Uint8Array(Math.min(length ?? left, left));
      const count = readSync(file, bytes, 0, bytes.length, offset);
      return bytes.subarray(0, count);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    return unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): never {
  throw new AtelierError(
    {
      kind: "file",
      where: path,
      expected: "a file that can be read",
      received: inWords(cause),
      help: "check the path; files with weights must lie beside the model under the names that it gives",
    },
    { cause },
  );
}

/** The commonest faults are worth plain words. */
function inWords(cause: unknown): string {
  switch (systemCodeOf(cause)) {
    case "ENOENT":
      return "nothing there";
    case "EISDIR":
      return "a folder";
    case "EACCES":
      return "one that you have no permission to read";
    default:
      return messageOf(cause);
  }
}
