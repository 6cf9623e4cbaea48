import { brotliDecompressSync, gunzipSync } from "node:zlib";
import type { CompressionCodec } from "hyparquet";
import { decompressLz4, decompressLz4Raw, decompressZstd } from "hyparquet-compressors";
import { damagedUnless } from "./file.ts";
import { unpackSnappy } from "./snappy.ts";

/** Bytes that are read in pieces. */
export interface Pieces {
  readonly length: number;
  readonly pieces: AsyncIterable<Uint8Array>;
}

/**
 * Unpacks a page. Snappy, which most files use, is unpacked piece by piece; the others need both forms in memory.
 * @param length of the unpacked page in bytes, which has been checked.
 * @throws Error with a short reason when the data is damaged, of another length, or packed in a way that is not read.
 */
export async function unpack(codec: CompressionCodec, packed: Pieces, length: number): Promise<Uint8Array> {
  switch (codec) {
    case "UNCOMPRESSED":
      if (packed.length !== length) throw new Error("the header of a page is damaged");
      return await gathered(packed);
    case "SNAPPY":
      return await unpackSnappy(packed.pieces, length);
    case "GZIP":
      return unpackWhole(await gathered(packed), length, (whole) => gunzipSync(whole, { maxOutputLength: length }));
    case "BROTLI":
      return unpackWhole(await gathered(packed), length, (whole) =>
        brotliDecompressSync(whole, { maxOutputLength: length }),
      );
    case "ZSTD":
      // With a place for its output, the decoder does not allocate what the data declares.
      return unpackWhole(await gathered(packed), length, (whole) => decompressZstd(whole, new Uint8Array(length)));
    case "LZ4":
      return unpackWhole(await gathered(packed), length, (whole) => decompressLz4(whole, length));
    case "LZ4_RAW":
      return unpackWhole(await gathered(packed), length, (whole) => decompressLz4Raw(whole, length));
    default:
      throw new Error("packed in a way that is not read");
  }
}

function unpackWhole(packed: Uint8Array, length: number, work: (packed: Uint8Array) => Uint8Array): Uint8Array {
  const unpacked = damagedUnless(() => work(packed), "the compressed data is damaged");
  if (unpacked.length !== length) throw new Error("the compressed data is damaged");
  return unpacked;
}

async function gathered({ length, pieces }: Pieces): Promise<Uint8Array> {
  const whole = new Uint8Array(length);
  let filled = 0;
  for await (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}
