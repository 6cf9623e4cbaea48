import { promisify } from "node:util";
import { crc32, createInflateRaw, inflateRaw } from "node:zlib";
import { messageOf, systemCodeOf } from "../../../foundation/errors.ts";
import { largestFile } from "../file-tree.ts";
import { unpacked } from "../unpacked.ts";
import type { Archive, OpenArchive } from "./archive.ts";
import type { ZipEntry } from "./directory.ts";

const pieceBytes = 2 ** 20;
/** Files of more bytes than this that are packed more tightly than any encoded image are zip bombs. */
const suspiciousBytes = 32 * 2 ** 20;
const suspiciousFactor = 200;

/**
 * A whole file of an archive, its checksum verified.
 * @throws Error with a short reason when it is damaged, larger than `largestFile`, or a zip bomb.
 */
export async function readEntry(archive: Archive, entry: ZipEntry): Promise<Uint8Array> {
  const { size, packedSize, deflated } = entry;
  if (Math.max(size, packedSize) > largestFile) throw new Error(`more than ${largestFile / 2 ** 20} MB`);
  if (size > suspiciousBytes && size > suspiciousFactor * packedSize)
    throw new Error(`a zip bomb: ${megabytes(size)} MB packed into ${megabytes(packedSize)} MB`);
  const bytes = await archive.open();
  try {
    const packed = await bytes.read(await startOf(bytes, entry), packedSize);
    const content = deflated ? await inflateWhole(packed, size) : packed;
    checkLength(content.length, size);
    checkSum(crc32(content), entry);
    return content;
  } finally {
    await bytes.close();
  }
}

const inflate = promisify<Uint8Array, { maxOutputLength: number; chunkSize: number }, Buffer>(inflateRaw);

async function inflateWhole(packed: Uint8Array, size: number): Promise<Buffer> {
  // One piece where the file is small; more is not set aside on the word of the directory alone.
  const chunkSize = Math.min(Math.max(size + 1, 64), 2 ** 18);
  return await inflate(packed, { maxOutputLength: Math.max(size, 1), chunkSize }).catch((cause: unknown) => {
    throw new Error(systemCodeOf(cause) === "ERR_BUFFER_TOO_LARGE" ? longer : inflateReason(cause), { cause });
  });
}

/**
 * A file's bytes from `start` on, in pieces. Its checksum is that of the whole file: what comes before `start` is read too.
 * @throws Error with a short reason when it is damaged; what came before the damage has then been given out.
 */
export async function* streamEntry(archive: Archive, entry: ZipEntry, start: number): AsyncGenerator<Uint8Array> {
  const bytes = await archive.open();
  try {
    const packed = piecesOf(bytes, await startOf(bytes, entry), entry.packedSize);
    let length = 0;
    let sum = 0;
    const inflated = (): AsyncIterable<Buffer> =>
      unpacked(packed, createInflateRaw({ chunkSize: 2 ** 18 }), inflateReason);
    for await (const piece of entry.deflated ? inflated() : packed) {
      const before = Math.max(0, start - length);
      length += piece.length;
      if (length > entry.size) throw new Error(longer);
      sum = crc32(piece, sum);
      if (before < piece.length) yield piece.subarray(before);
    }
    checkLength(length, entry.size);
    checkSum(sum, entry);
  } finally {
    await bytes.close();
  }
}

/** Where a file's data begins: after its local header, a name and extra fields (APPNOTE.TXT, section 4.3.7). */
async function startOf(bytes: OpenArchive, { offset, storedName }: ZipEntry): Promise<number> {
  const header = await bytes.read(offset, 30 + storedName.length);
  const length = header.readUInt16LE(26);
  if (header.readUInt32LE(0) !== 0x04034b50 || header.toString("latin1", 30, 30 + length) !== storedName)
    throw new Error("the archive's directory leads to another file");
  return offset + 30 + length + header.readUInt16LE(28);
}

async function* piecesOf(bytes: OpenArchive, start: number, length: number): AsyncGenerator<Buffer> {
  const end = start + length;
  for (let at = start; at < end; at += pieceBytes) yield await bytes.read(at, Math.min(pieceBytes, end - at));
}

const longer = "it is longer than the archive says";

function checkLength(length: number, size: number): void {
  if (length !== size) throw new Error(length > size ? longer : "it is shorter than the archive says");
}

function checkSum(sum: number, { checksum }: ZipEntry): void {
  if (sum !== checksum) throw new Error("the archive's checksum of it is wrong");
}

function inflateReason(cause: unknown): string {
  const code = systemCodeOf(cause) ?? "";
  if (code === "Z_BUF_ERROR") return "its data in the archive ends too early";
  return code.startsWith("Z_") ? `its data in the archive is damaged (${messageOf(cause)})` : messageOf(cause);
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(bytes < 2 ** 20 ? 3 : 0);
}
