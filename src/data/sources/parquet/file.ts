import { type FileHandle, open } from "node:fs/promises";
import { type FileMetaData, parquetMetadata } from "hyparquet";
import { messageOf, systemCodeOf } from "../../../foundation/errors.ts";
import type { FileTree } from "../../files/file-tree.ts";
import { checkThrift } from "./thrift.ts";

/** A file that is read at any place. */
export interface RandomAccess {
  /** In bytes. */
  readonly size: number;
  /** The bytes [start, end). @throws Error with a short reason when they are not all there. */
  read(start: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** Footers that describe a hundred thousand column chunks are shorter than this, in bytes. */
const largestFooter = 32 * 2 ** 20;

/**
 * Opens a file of a tree; one in an archive is held whole in memory. Close it: until then it holds a descriptor.
 * @throws Error with a short reason when it cannot be opened.
 */
export async function openRandomAccess(tree: FileTree, path: string): Promise<RandomAccess> {
  const place = tree.onDisk(path);
  if (place === undefined) {
    const bytes = await tree.read(path);
    return {
      size: bytes.length,
      read: async (start, end) => bytes.slice(start, checkedEnd(end, bytes.length)),
      close: async () => {},
    };
  }
  const handle = await open(place).catch((cause: unknown) => {
    throw new Error(`cannot be read (${systemCodeOf(cause) ?? messageOf(cause)})`, { cause });
  });
  const { size } = await handle.stat();
  return {
    size,
    read: async (start, end) => await readExactly(handle, start, checkedEnd(end, size)),
    close: async () => await handle.close(),
  };
}

function checkedEnd(end: number, size: number): number {
  if (end > size) throw new Error("the file ends too early");
  return end;
}

async function readExactly(handle: FileHandle, start: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
    if (bytesRead === 0) throw new Error("the file ends too early");
    filled += bytesRead;
  }
  return bytes;
}

/**
 * The metadata at a Parquet file's end: `PAR1`, column chunks, metadata, its length in 4 bytes, `PAR1` (Apache Parquet, "File format").
 * Counts of rows are checked against each other and against the file's length before anything is allocated for them.
 * @throws Error with a short reason when the file is cut short, damaged or encrypted.
 */
export async function readMetadata(file: RandomAccess): Promise<FileMetaData> {
  if (file.size < 12) throw new Error("the file ends too early");
  const magic = Buffer.from(await file.read(0, 4)).toString("latin1");
  if (magic === "PARE") throw new Error("the file is encrypted");
  if (magic !== "PAR1") throw new Error("not a Parquet file");
  const tail = Buffer.from(await file.read(file.size - 8, file.size));
  if (tail.toString("latin1", 4) !== "PAR1") throw new Error("the file ends too early, or its end is damaged");
  const length = tail.readUInt32LE(0);
  if (length > file.size - 12 || length > largestFooter)
    throw new Error(`the footer is damaged: it says that it has ${length} bytes`);
  const footer = await file.read(file.size - 8 - length, file.size);
  damagedUnless(() => checkThrift(footer.subarray(0, length)), "the footer is damaged");
  const metadata = damagedUnless(() => parquetMetadata(footer, { geoparquet: false }), "the footer is damaged");
  const rows = wholeNumber(metadata.num_rows, file.size, "rows");
  const found = metadata.row_groups.reduce((sum, group) => sum + wholeNumber(group.num_rows, rows, "rows"), 0);
  if (found !== rows) throw new Error(`the footer is damaged: ${found} rows in its parts, where it says ${rows}`);
  if (rows === 0) throw new Error("no rows");
  return metadata;
}

/** What a library makes of a file's bytes. @throws Error with the reason in place of whatever the library throws. */
export function damagedUnless<Result>(work: () => Result, reason: string): Result {
  try {
    return work();
  } catch (cause) {
    throw new Error(reason, { cause });
  }
}

/** A number that a file declares, from 0 to `most`. @throws Error when it is something else, or missing. */
export function wholeNumber(declared: number | bigint | undefined, most: number, what: string): number {
  const value = typeof declared === "bigint" || typeof declared === "number" ? Number(declared) : Number.NaN;
  if (Number.isInteger(value) && value >= 0 && value <= most) return value;
  throw new Error(
    `damaged: it says ${Number.isNaN(value) ? "no number of" : value} ${what}, where ${most} are possible`,
  );
}
