import { crc32 } from "node:zlib";
import type { CompressionCodec, Encoding, PageHeader } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { type Pieces, unpack } from "./codecs.ts";
import { damagedUnless, type RandomAccess, wholeNumber } from "./file.ts";
import { checkThrift } from "./thrift.ts";
import { type Cell, type Column, readCells, readPlainValues } from "./values.ts";

/** Where a column's pages of one row group lie in the file. */
export interface ColumnChunk {
  readonly column: Column;
  readonly rows: number;
  /** Bytes [start, end) of the file. */
  readonly start: number;
  readonly end: number;
  readonly codec: CompressionCodec;
}

/** One page of a column: some of its rows, which are only read on demand. */
interface Page {
  /** The first of its rows, counted in the chunk. */
  readonly first: number;
  readonly count: number;
  /** One per row. Byte strings are views of the page's memory. @throws Error with a short reason. */
  readonly cells: () => Promise<readonly Cell[]>;
}

/** Larger pages are not read, in bytes. Writers end a page at about 1 MB, or after some 1,000 values where these are large. */
const largestPage = 256 * 2 ** 20;
/** No page of images is packed more tightly; one with few different numbers may be, but is small. */
const tightest = 1100;
const smallPage = 2 ** 20;
const pieceBytes = 2 ** 18;

/**
 * The pages of a column chunk, one after the other, so that a row group of any size takes the memory of one page, and of its dictionary
 * (Apache Parquet, "Data pages"). Checksums are verified where the file has them: most have none.
 * @throws Error with a short reason when a header or the dictionary is damaged; what follows cannot be read then.
 */
export async function* pagesOf(file: RandomAccess, chunk: ColumnChunk): AsyncGenerator<Page> {
  let dictionary: readonly Cell[] | undefined;
  let at = chunk.start;
  for (let row = 0; row < chunk.rows; ) {
    const { header, length } = await readHeader(file, at, chunk.end);
    const body = at + length;
    at = body + header.compressed_page_size;
    if (header.type === "DICTIONARY_PAGE") {
      const count = wholeNumber(header.dictionary_page_header?.num_values, chunk.rows, "values of a dictionary");
      const { values } = await readBody(file, body, header, chunk.codec, undefined);
      dictionary = readPlainValues(values, chunk.column, count);
      continue;
    }
    if (header.type === "INDEX_PAGE") continue;
    const { rows, encoding, levelBytes, codec } = dataPage(header, chunk.codec);
    const count = wholeNumber(rows, chunk.rows - row, "rows of a page");
    const known = dictionary;
    yield {
      first: row,
      count,
      cells: async () => {
        const content = await readBody(file, body, header, codec, levelBytes);
        return readCells(content, chunk.column, encoding, count, known);
      },
    };
    row += count;
  }
}

async function readHeader(
  file: RandomAccess,
  at: number,
  end: number,
): Promise<{ header: PageHeader; length: number }> {
  // Most headers have less than 100 bytes; some hold long statistics.
  const read = async (most: number): Promise<{ header: PageHeader; length: number }> => {
    const bytes = await file.read(at, Math.min(at + most, end));
    checkThrift(bytes);
    const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
    return { header: damagedUnless(() => parquetHeader(reader), "damaged"), length: reader.offset };
  };
  const found = await read(2 ** 12)
    .catch(async () => await read(2 ** 22))
    .catch((cause: unknown) => {
      throw new Error("the header of a page is damaged", { cause });
    });
  const { compressed_page_size: packed, uncompressed_page_size: unpacked } = found.header;
  wholeNumber(packed, end - at - found.length, "bytes of a page");
  const likely = Math.max(smallPage, packed * tightest);
  if (unpacked > largestPage && unpacked <= likely)
    throw new Error(`a page of ${Math.ceil(unpacked / 2 ** 20)} MB; write smaller row groups`);
  wholeNumber(unpacked, likely, "unpacked bytes of a page");
  return found;
}

/** What the two kinds of data pages say in common. `levelBytes`: of the levels before the values, where these stay unpacked. */
function dataPage(
  { data_page_header: first, data_page_header_v2: second }: PageHeader,
  codec: CompressionCodec,
): { rows: number; encoding: Encoding; levelBytes: number | undefined; codec: CompressionCodec } {
  if (first !== undefined) {
    if (first.definition_level_encoding !== "RLE") throw new Error("levels of a page in an outdated encoding");
    return { rows: first.num_values, encoding: first.encoding, levelBytes: undefined, codec };
  }
  if (second === undefined) throw new Error("the header of a page is damaged");
  wholeNumber(second.repetition_levels_byte_length, 0, "bytes of lists");
  return {
    rows: second.num_rows,
    encoding: second.encoding,
    levelBytes: second.definition_levels_byte_length,
    codec: second.is_compressed === false ? "UNCOMPRESSED" : codec,
  };
}

/** A page's bytes: the levels, where they are apart, and what is packed. */
async function readBody(
  file: RandomAccess,
  start: number,
  header: PageHeader,
  codec: CompressionCodec,
  levelBytes: number | undefined,
): Promise<{ readonly levels: Uint8Array | undefined; readonly values: Uint8Array }> {
  const packed = header.compressed_page_size;
  const apart = wholeNumber(levelBytes ?? 0, Math.min(packed, header.uncompressed_page_size), "bytes of levels");
  let checksum = 0;
  const readPieces = async function* (from: number, to: number): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to; at += pieceBytes) {
      const piece = await file.read(at, Math.min(at + pieceBytes, to));
      checksum = crc32(piece, checksum);
      yield piece;
    }
  };
  const piecesOf = (from: number, to: number): Pieces => ({ length: to - from, pieces: readPieces(from, to) });
  const levels = await unpack("UNCOMPRESSED", piecesOf(start, start + apart), apart);
  const values = await unpack(codec, piecesOf(start + apart, start + packed), header.uncompressed_page_size - apart);
  if (header.crc !== undefined && checksum !== header.crc >>> 0) throw new Error("the checksum of a page is wrong");
  return { levels: levelBytes === undefined ? undefined : levels, values };
}
