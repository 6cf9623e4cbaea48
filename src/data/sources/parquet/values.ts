import type { DataReader, Encoding } from "hyparquet";
import { deltaBinaryUnpack, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { readPlain } from "hyparquet/src/plain.js";
import { readVarInt } from "hyparquet/src/thrift.js";
import { damagedUnless } from "./file.ts";

/** A column of values that are not lists. */
export interface Column {
  /** Its name, and below it the names inside its structs. */
  readonly path: readonly string[];
  readonly type: "BYTE_ARRAY" | "INT32" | "INT64";
  /** Definition level of a value that is there: how many of the path's parts may be null. */
  readonly optional: number;
}

export type Cell = Uint8Array | number | bigint | null;

const damaged = "the values of a page are damaged";

/**
 * The rows of a data page (Apache Parquet, "Encodings"). What a page declares is checked before the library reads or allocates by it.
 * @param levels runs of definition levels; undefined where they are at the beginning of the values, after their length in 4 bytes.
 * @throws Error with a short reason when the page is damaged, or in an encoding that is not read.
 */
export function readCells(
  { levels, values }: { readonly levels: Uint8Array | undefined; readonly values: Uint8Array },
  column: Column,
  encoding: Encoding,
  count: number,
  dictionary: readonly Cell[] | undefined,
): readonly Cell[] {
  const [runs, encoded] = levels === undefined ? splitLevels(values, column) : [levels, values];
  if (column.optional === 0) return readEncoded(encoded, column, encoding, count, dictionary);
  const defined = readRuns(runs, 32 - Math.clz32(column.optional), count);
  const there = defined.reduce((sum, level) => sum + (level === column.optional ? 1 : 0), 0);
  const known = readEncoded(encoded, column, encoding, there, dictionary);
  let next = 0;
  return Array.from(defined, (level) => (level === column.optional ? (known[next++] ?? null) : null));
}

function splitLevels(content: Uint8Array, { optional }: Column): readonly [Uint8Array, Uint8Array] {
  if (optional === 0) return [content.subarray(0, 0), content];
  if (content.length < 4) throw new Error(damaged);
  const length = new DataView(content.buffer, content.byteOffset).getUint32(0, true);
  if (length > content.length - 4) throw new Error(damaged);
  return [content.subarray(4, 4 + length), content.subarray(4 + length)];
}

function readEncoded(
  bytes: Uint8Array,
  column: Column,
  encoding: Encoding,
  count: number,
  dictionary: readonly Cell[] | undefined,
): readonly Cell[] {
  if (count === 0) return [];
  switch (encoding) {
    case "PLAIN":
      return readPlainValues(bytes, column, count);
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY": {
      if (dictionary === undefined) throw new Error("the dictionary of a page is missing");
      return Array.from(readRuns(bytes.subarray(1), bytes[0] ?? 0, count), (index) => {
        const value = dictionary[index];
        if (value === undefined) throw new Error(damaged);
        return value;
      });
    }
    case "DELTA_BINARY_PACKED": {
      if (column.type === "BYTE_ARRAY") throw new Error(damaged);
      const output = column.type === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      damagedUnless(() => deltaBinaryUnpack(deltaReader(bytes), count, output), damaged);
      return [...output];
    }
    case "DELTA_LENGTH_BYTE_ARRAY": {
      if (column.type !== "BYTE_ARRAY") throw new Error(damaged);
      const output: Uint8Array[] = [];
      damagedUnless(() => deltaLengthByteArray(deltaReader(bytes), count, output), damaged);
      return output;
    }
    default:
      throw new Error(`the encoding ${encoding} is not read`);
  }
}

/** The values of a dictionary page, or of a page without one. @throws Error with a short reason when they are damaged. */
export function readPlainValues(bytes: Uint8Array, { type }: Column, count: number): readonly Cell[] {
  const least = type === "INT64" ? 8 : 4;
  if (count * least > bytes.length) throw new Error(damaged);
  const reader = readerOf(bytes);
  const values = damagedUnless(() => readPlain(reader, type, count, undefined), damaged);
  if (reader.offset !== bytes.length) throw new Error(damaged);
  return Array.from(values, cellOf);
}

function cellOf(value: unknown): Cell {
  if (value instanceof Uint8Array || typeof value === "number" || typeof value === "bigint") return value;
  throw new Error(damaged);
}

function readerOf(bytes: Uint8Array): DataReader {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
}

/** A reader of delta-encoded numbers whose block has a number of parts that may be allocated. */
function deltaReader(bytes: Uint8Array): DataReader {
  const head = readerOf(bytes);
  readVarInt(head);
  const parts = readVarInt(head);
  if (parts < 1 || parts > 512) throw new Error(damaged);
  return readerOf(bytes);
}

/**
 * Small numbers in runs that are repeated or packed in bits (Apache Parquet, "Run Length Encoding / Bit-Packing Hybrid").
 * @param width bits of a number.
 * @throws Error with a short reason when the bytes end before `count` numbers.
 */
function readRuns(bytes: Uint8Array, width: number, count: number): Uint32Array {
  if (width > 32) throw new Error(damaged);
  const values = new Uint32Array(count);
  let at = 0;
  const byte = (): number => {
    const next = bytes[at++];
    if (next === undefined) throw new Error(damaged);
    return next;
  };
  for (let filled = 0; filled < count; ) {
    let header = 0;
    for (let place = 0, next = 0x80; next >= 0x80; place++) {
      if (place === 5) throw new Error(damaged);
      next = byte();
      header += (next & 0x7f) * 128 ** place;
    }
    const number = Math.floor(header / 2);
    if (header % 2 === 0) {
      let value = 0;
      for (let place = 0; place < Math.ceil(width / 8); place++) value += byte() * 256 ** place;
      values.fill(value, filled, Math.min(count, filled + number));
      filled += number;
      continue;
    }
    let bits = 0;
    let held = 0;
    for (const end = Math.min(count, filled + number * 8); filled < end; filled++) {
      for (; held < width; held += 8) bits += byte() * 2 ** held;
      values[filled] = bits % 2 ** width;
      bits = Math.floor(bits / 2 ** width);
      held -= width;
    }
    // The last run is filled up to a multiple of eight; nothing follows it.
  }
  return values;
}
