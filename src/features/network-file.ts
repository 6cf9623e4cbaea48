import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AtelierError } from "../foundation/errors.ts";
import { readNamedFile } from "../foundation/files.ts";
import { type DeclaredSize, listOnnx, type OnnxNetwork } from "../graph/index.ts";
import { readOnnxFile } from "../runtime/index.ts";

/** An ONNX file of the user's. */
export interface NetworkFile {
  readonly network: OnnxNetwork;
  /** The program that wrote it, as it says; empty where it does not. */
  readonly producer: string;
  /** Of the file's bytes; and then of those of the files of weights beside it, in the order in which they are used. */
  readonly sha256: string;
  /** How many pictures at once the file was written for, where it fixes that. */
  readonly fixedBatch: number | undefined;
}

/** A size in pixels. */
export interface PixelSize {
  readonly height: number;
  readonly width: number;
}

/**
 * Reads a network whose inputs of pictures take any number of them, whatever batch the file was exported with.
 * @param size opens the inputs for pictures of this size. Default: they keep the sizes that the file fixes.
 * @param where what named the file, for messages.
 * @throws AtelierError (usage) when there is no such file or it is a folder, (file) when it is no ONNX model.
 */
export async function readNetworkFile(path: string, size: PixelSize | undefined, where: string): Promise<NetworkFile> {
  const expected = "an ONNX file of a network for pictures";
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) {
    const received = `${path}, which is a folder`;
    throw new AtelierError({ kind: "usage", where, expected, received, help: await helpWithFolder(path) });
  }
  const bytes = await readNamedFile(path, {
    where,
    expected,
    absent: `${path}, which is not there`,
    help: "check the path",
  });
  const hash = createHash("sha256").update(bytes);
  const listing = listOnnx(bytes);
  if (listing === undefined) {
    throw new AtelierError({
      kind: "file",
      where,
      expected: "an ONNX model",
      received: `${path}, which is not an ONNX file, or is damaged`,
      help: "export the network to ONNX (in PyTorch: torch.onnx.export; from Keras: tf2onnx); weights alone, such as .pth or .h5, are no network",
    });
  }
  const shapes = listing.inputs.map(({ name, shape }) => [name, opened(shape, size)] as const);
  const network = await readOnnxFile(path, {
    inputShapes: Object.fromEntries(shapes.filter(([, shape]) => shape.length === 4)),
  });
  for (const location of network.weightFiles) {
    for await (const piece of createReadStream(join(dirname(path), location))) hash.update(piece);
  }
  const [batch] = listing.inputs.find(({ shape }) => shape.length === 4)?.shape ?? [];
  const fixedBatch = typeof batch === "number" && batch > 0 ? batch : undefined;
  return { network, producer: listing.producer, sha256: hash.digest("hex"), fixedBatch };
}

async function helpWithFolder(path: string): Promise<string> {
  const names = await readdir(path).catch(() => []);
  const [first, ...others] = names.filter((name) => name.toLowerCase().endsWith(".onnx")).sort();
  if (first === undefined) return "name the .onnx file itself; there is none in this folder";
  const more = others.length === 0 ? "" : ` (there are ${others.length + 1}; this is the first)`;
  return `name the .onnx file in it: ${join(path, first)}${more}`;
}

/** A declared shape with an open batch, and open pixels where their number is chosen. */
function opened(shape: readonly (number | string)[], size: PixelSize | undefined): readonly DeclaredSize[] {
  const channels = channelAxis(shape);
  return shape.map((declared, axis) => {
    if (axis === 0) return "N";
    const isOpen = typeof declared !== "number" || declared <= 0;
    return isOpen || (size !== undefined && axis !== channels) ? null : declared;
  });
}

/** Where the channels of a picture stand: 1, or 3 as Keras has it. */
export function channelAxis(shape: readonly DeclaredSize[]): 1 | 3 {
  const isChannels = (declared: DeclaredSize | undefined) => declared === 1 || declared === 3;
  return !isChannels(shape[1]) && isChannels(shape[3]) ? 3 : 1;
}
