import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";

/** Numbers in rows and columns, or in one row. */
export interface Numbers {
  readonly shape: readonly number[];
  /** Row-major. */
  readonly values: Float32Array;
}

const headerSchema = z.object({
  key: z.string(),
  shape: z.array(z.number().int().nonnegative()),
  sha256: z.string(),
});

/** Bytes before the header: its length, a little-endian number. */
const LENGTH_BYTES = 4;
/** A header is no longer than this, whatever a damaged file says. */
const LONGEST_HEADER = 1 << 20;
/** Bytes that are read at once: the system reads no more than 2 GiB. */
const AT_ONCE = 1 << 26;

/**
 * A file of numbers in pieces: the header's length, the header as JSON with the key and a checksum of everything, then
 * the numbers as they lie in memory.
 * @param key all that the numbers depend on.
 */
export function encodeNumbers(key: string, numbers: Numbers): readonly Uint8Array[] {
  const { shape, values } = numbers;
  const header = new TextEncoder().encode(JSON.stringify({ key, shape, sha256: checksumOf(key, numbers) }));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, header.length, true);
  return [length, header, bytesOf(values)];
}

/**
 * Reads what {@link encodeNumbers} wrote under the same key and shape.
 * @returns undefined when there is no such file, it is damaged, or it is of another key or shape.
 */
export async function readNumbers(
  path: string,
  key: string,
  shape: readonly (number | undefined)[],
): Promise<Numbers | undefined> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const { size } = await file.stat();
    const lengthBytes = await readAt(file, 0, new Uint8Array(LENGTH_BYTES));
    const length = new DataView(lengthBytes.buffer).getUint32(0, true);
    if (length > Math.min(size, LONGEST_HEADER)) return undefined;
    const headerBytes = await readAt(file, LENGTH_BYTES, new Uint8Array(length));
    const header = headerSchema.parse(JSON.parse(new TextDecoder().decode(headerBytes)));
    const count = header.shape.reduce((product, side) => product * side, 1);
    const begin = LENGTH_BYTES + length;
    if (header.key !== key || !fits(header.shape, shape) || size !== begin + 4 * count) return undefined;
    const values = new Float32Array(count);
    await readAt(file, begin, bytesOf(values));
    const numbers = { shape: header.shape, values };
    return checksumOf(key, numbers) === header.sha256 ? numbers : undefined;
  } catch {
    // Not a file of ours, or not whole.
    return undefined;
  } finally {
    await file.close();
  }
}

function fits(shape: readonly number[], wanted: readonly (number | undefined)[]): boolean {
  return shape.length === wanted.length && wanted.every((side, axis) => side === undefined || side === shape[axis]);
}

function checksumOf(key: string, { shape, values }: Numbers): string {
  const hash = createHash("sha256").update(JSON.stringify([key, shape]));
  const bytes = bytesOf(values);
  for (let at = 0; at < bytes.length; at += AT_ONCE) hash.update(bytes.subarray(at, at + AT_ONCE));
  return hash.digest("hex");
}

/** Fills `target` with the bytes from `position` on. @throws Error where the file ends before. */
async function readAt<Bytes extends Uint8Array>(file: FileHandle, position: number, target: Bytes): Promise<Bytes> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, Math.min(AT_ONCE, target.length - done), position + done);
    if (bytesRead === 0) throw new Error("the file ends too early");
    done += bytesRead;
  }
  return target;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
