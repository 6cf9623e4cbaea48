import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { createGunzip, gunzip } from "node:zlib";
import { AtelierError, messageOf } from "../../foundation/errors.ts";

const unpack = promisify(gunzip);

function isGzip(path: string): boolean {
  return path.endsWith(".gz");
}

/**
 * The content of a file, unpacked when its name ends in `.gz`.
 * @throws AtelierError (data) when it cannot be read or unpacked.
 */
export async function readContent(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    return isGzip(path) ? await unpack(bytes) : bytes;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/**
 * The first bytes of a file's content (fewer where it is shorter), without unpacking the rest.
 * @throws AtelierError (data) when it cannot be read or unpacked.
 */
export async function readHead(path: string, count: number): Promise<Buffer> {
  const raw = createReadStream(path);
  const content = isGzip(path) ? raw.pipe(createGunzip()) : raw;
  raw.on("error", (cause) => content.destroy(cause));
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of content) {
      if (!Buffer.isBuffer(piece)) break;
      pieces.push(piece);
      length += piece.length;
      if (length >= count) break;
    }
  } catch (cause) {
    throw unreadable(path, cause);
  } finally {
    raw.destroy();
  }
  return Buffer.concat(pieces).subarray(0, count);
}

/**
 * Length of a file's content in bytes. A gzip file ends with the length of what it holds (RFC 1952, ISIZE), but a file cut short or one
 * of several joined parts ends otherwise: only when the end does not give the `expected` length is everything unpacked and counted.
 * @throws AtelierError (data) when it cannot be read or unpacked.
 */
export async function contentLength(path: string, expected: number): Promise<number> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    if (!isGzip(path)) return size;
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, Math.max(size - 4, 0));
    if (buffer.readUInt32LE(0) === expected % 2 ** 32) return expected;
  } finally {
    await file.close();
  }
  return (await readContent(path)).length;
}

function unreadable(path: string, cause: unknown): AtelierError {
  return new AtelierError(
    {
      kind: "data",
      where: path,
      expected: isGzip(path) ? "a whole gzip file" : "a file that can be read",
      received: messageOf(cause),
      help: "copy or download the file again",
    },
    { cause },
  );
}
