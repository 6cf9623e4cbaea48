import type { FileHandle } from "node:fs/promises";
import { AtelierError } from "../foundation/errors.ts";
import { elementCount } from "../graph/index.ts";

/** Named float32 arrays with their shapes. */
export type TensorMap = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

export interface TensorFile {
  readonly tensors: TensorMap;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;

/**
 * A safetensors file (format of Hugging Face's safetensors library) in pieces: the header's length as a 64-bit
 * little-endian number, the header as JSON, then the arrays one after another, as they lie in memory.
 */
export function encodeTensors({ tensors, metadata }: TensorFile): readonly Uint8Array[] {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    header[name] = { dtype: "F32", shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = JSON.stringify(header);
  // The arrays begin at a multiple of 8, so that readers can use them in place; JSON allows blanks at its end.
  const bytes = Buffer.byteLength(text);
  const json = new TextEncoder().encode(text + " ".repeat(Math.ceil(bytes / 8) * 8 - bytes));
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return [length, json, ...[...tensors.values()].map(({ data }) => bytesOf(data))];
}

/** The bytes of an array, not copied. */
export function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Reads what {@link encodeTensors} wrote.
 * @param path for the error message.
 * @throws AtelierError (file) when the bytes are not a whole safetensors file of float32 arrays.
 */
export function decodeTensors(path: string, bytes: Uint8Array): TensorFile {
  const headerLength =
    bytes.length < LENGTH_BYTES
      ? Number.NaN
      : Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const start = LENGTH_BYTES + headerLength;
  if (!(start <= bytes.length)) throw broken(path, `${bytes.length} bytes, too few for its header`);
  const header = parseHeader(path, bytes.subarray(LENGTH_BYTES, start));
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      for (const [key, value] of Object.entries(entry)) metadata[key] = String(value);
      continue;
    }
    const shape = numbersOf(entry, "shape");
    const [begin = 0, end = 0] = numbersOf(entry, "data_offsets");
    const size = 4 * elementCount(shape);
    if (start + end > bytes.length || end - begin !== size)
      throw broken(path, `${bytes.length} bytes, too few for ${name}`);
    const copy = bytes.slice(start + begin, start + end);
    tensors.set(name, { shape, data: new Float32Array(copy.buffer, copy.byteOffset, copy.length / 4) });
  }
  return { tensors, metadata };
}

/** The metadata alone, read from a file of any size. @throws AtelierError (file) when its header is not whole. */
export async function metadataOf(path: string, file: FileHandle): Promise<TensorFile["metadata"]> {
  const length = Buffer.alloc(LENGTH_BYTES);
  await file.read(length, 0, LENGTH_BYTES, 0);
  const { size } = await file.stat();
  const headerLength = Number(length.readBigUInt64LE());
  if (LENGTH_BYTES + headerLength > size) throw broken(path, `${size} bytes, too few for its header`);
  const header = Buffer.alloc(headerLength);
  await file.read(header, 0, headerLength, LENGTH_BYTES);
  const entries = Object.entries(parseHeader(path, header)["__metadata__"] ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

function parseHeader(path: string, bytes: Uint8Array): Record<string, object> {
  const entries: Record<string, object> = {};
  try {
    const header: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof header !== "object" || header === null) throw new Error("its header is no JSON object");
    for (const [name, entry] of Object.entries(header))
      if (typeof entry === "object" && entry !== null) entries[name] = entry;
    return entries;
  } catch (cause) {
    throw broken(path, "a header that is not JSON", cause);
  }
}

function numbersOf(entry: object, key: string): number[] {
  const value: unknown = Object.entries(entry).find(([name]) => name === key)?.[1];
  return Array.isArray(value) ? value.map(Number) : [];
}

/** The error for a file of tensors that cannot be used. */
export function broken(path: string, received: string, cause?: unknown): AtelierError {
  return new AtelierError(
    {
      kind: "file",
      where: path,
      expected: "a whole safetensors file, as Atelier writes its checkpoints",
      received,
      help: "delete this file to resume from the checkpoint before it",
    },
    { cause },
  );
}
