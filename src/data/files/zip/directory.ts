import { isUtf8 } from "node:buffer";
import { callbackify } from "node:util";
import {
  type Entry,
  fromRandomAccessReaderPromise,
  getFileNameLowLevel,
  RandomAccessReader,
  validateFileName,
} from "yauzl";
import { messageOf } from "../../../foundation/errors.ts";
import type { SkippedFile } from "../../image-source.ts";
import { isHidden } from "../file-tree.ts";
import type { Archive, OpenArchive } from "./archive.ts";

// PKWARE, ".ZIP File Format Specification" (APPNOTE.TXT) 6.3.10; its sections are named below.

/** A file in an archive, by the archive's central directory. */
export interface ZipEntry {
  /** Relative to the archive's root, with `/` between folders. */
  readonly path: string;
  /** The name as it is stored, one character a byte. */
  readonly storedName: string;
  /** In bytes, unpacked. */
  readonly size: number;
  readonly packedSize: number;
  readonly deflated: boolean;
  /** CRC-32 of the unpacked bytes. */
  readonly checksum: number;
  /** Where its local header lies in the archive. */
  readonly offset: number;
}

export interface ZipDirectory {
  readonly entries: readonly ZipEntry[];
  readonly unusable: readonly SkippedFile[];
}

/**
 * The files that an archive lists; hidden ones and folders are left out, those that cannot be read are named.
 * @throws Error with a short reason when the archive has no directory or a damaged one.
 */
export async function readDirectory(archive: Archive): Promise<ZipDirectory> {
  if (archive.size === 0) throw new Error("an empty file");
  const bytes = await archive.open();
  const named = new Map<string, ZipEntry[]>();
  const unusable: SkippedFile[] = [];
  try {
    for await (const entry of entriesOf(bytes, archive.size)) {
      const name = nameOf(entry);
      const path = withoutEmptySteps(name);
      const leaves = validateFileName(name) !== null;
      if (path === "" || (!leaves && (isFolder(entry, name) || isHidden(path)))) continue;
      const reason = leaves ? "its path leads out of the archive" : reasonAgainst(entry);
      if (reason !== undefined) {
        unusable.push({ file: leaves ? name : path, reason });
        continue;
      }
      const same = named.get(path);
      if (same === undefined) named.set(path, [fileOf(entry, path)]);
      else same.push(fileOf(entry, path));
    }
  } catch (cause) {
    throw new Error(directoryReason(cause), { cause });
  } finally {
    await bytes.close();
  }
  const entries: ZipEntry[] = [];
  for (const same of named.values()) {
    if (same.length === 1) entries.push(...same);
    else
      for (const { path: file } of same) unusable.push({ file, reason: "the archive has several files of this name" });
  }
  return { entries, unusable };
}

async function* entriesOf(bytes: OpenArchive, size: number): AsyncGenerator<Entry> {
  const reader = new BufferedReader(bytes, size);
  // Undecoded names and unchecked sizes: one strange entry would otherwise end the reading of all.
  const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
  const zip = await fromRandomAccessReaderPromise(reader, size, options);
  yield* zip.eachEntry();
  // The types call it a boolean; it is the place after the last entry that was counted.
  const end = Number(zip.readEntryCursor);
  if (end + 4 <= size && (await bytes.read(end, 4)).readUInt32LE() === 0x02014b50)
    throw new Error("it lists more files than it counts");
}

/** Reads ahead: a directory is read in many small pieces, one after the other. */
class BufferedReader extends RandomAccessReader {
  readonly #bytes: OpenArchive;
  readonly #size: number;
  #window: Buffer = Buffer.alloc(0);
  #start = 0;

  constructor(bytes: OpenArchive, size: number) {
    super();
    this.#bytes = bytes;
    this.#size = size;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    callbackify(async () => {
      (await this.#ahead(position, length)).copy(target, offset);
    })(callback);
  }

  async #ahead(position: number, length: number): Promise<Buffer> {
    if (position < this.#start || position + length > this.#start + this.#window.length) {
      this.#window = await this.#bytes.read(position, Math.max(length, Math.min(2 ** 18, this.#size - position)));
      this.#start = position;
    }
    return this.#window.subarray(position - this.#start, position - this.#start + length);
  }
}

/** Names are CP437 or UTF-8 by a flag (appendix D), which many programs forget to set: what is valid UTF-8 is taken for it. */
function nameOf({ generalPurposeBitFlag, fileNameRaw, extraFields }: Entry): string {
  const flags = isUtf8(fileNameRaw) ? generalPurposeBitFlag | 0x800 : generalPurposeBitFlag;
  return getFileNameLowLevel(flags, fileNameRaw, extraFields, false);
}

/** `./cats//1.jpg` is `cats/1.jpg`. */
function withoutEmptySteps(name: string): string {
  return name
    .split("/")
    .filter((step) => step !== "" && step !== ".")
    .join("/");
}

function fileOf(entry: Entry, path: string): ZipEntry {
  return {
    path,
    storedName: entry.fileNameRaw.toString("latin1"),
    size: entry.uncompressedSize,
    packedSize: entry.compressedSize,
    deflated: entry.compressionMethod === 8,
    checksum: entry.crc32,
    offset: entry.relativeOffsetOfLocalHeader,
  };
}

/** File types of a Unix mode, which lies in the upper half of the external attributes (section 4.4.15); 0 where there is none. */
const typeBits = 0xf000;
const folderType = 0x4000;
const regularType = 0x8000;
const linkType = 0xa000;

function typeOf(entry: Entry): number {
  return (entry.externalFileAttributes >>> 16) & typeBits;
}

function isFolder(entry: Entry, name: string): boolean {
  return name.endsWith("/") || typeOf(entry) === folderType;
}

function reasonAgainst(entry: Entry): string | undefined {
  const type = typeOf(entry);
  if (type === linkType) return "a link";
  if (type !== 0 && type !== regularType) return "neither a file nor a folder";
  if (entry.isEncrypted()) return "encrypted";
  const method = entry.compressionMethod;
  if (method === 0 || method === 8) return undefined;
  return `packed with ${methodNames.get(method) ?? `method ${method}`}, which Atelier does not read`;
}

/** Section 4.4.5. */
const methodNames: ReadonlyMap<number, string> = new Map([
  [9, "Deflate64"],
  [12, "bzip2"],
  [14, "LZMA"],
  [93, "Zstandard"],
  [95, "XZ"],
  [98, "PPMd"],
]);

function directoryReason(cause: unknown): string {
  const said = messageOf(cause);
  if (/End of central directory record signature not found/.test(said))
    return "no zip archive, or one that is cut short";
  if (/Invalid comment length/.test(said)) return "bytes after the end of the archive, or a damaged end";
  if (/multi-disk/.test(said)) return "one part of an archive that is split into several files";
  if (/strong encryption/.test(said)) return "an encrypted archive";
  return `a damaged directory of files (${said})`;
}
