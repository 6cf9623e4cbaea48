import { createGunzip } from "node:zlib";
import { messageOf } from "../../foundation/errors.ts";
import type { FileTree } from "./file-tree.ts";
import { unpacked } from "./unpacked.ts";

export function isGzip(path: string): boolean {
  return path.toLowerCase().endsWith(".gz");
}

/** The paths without those of packed files that lie unpacked beside them: `X.gz` where there is `X`. */
export function withoutPackedTwins(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return paths.filter((path) => !isGzip(path) || !all.has(path.slice(0, -".gz".length)));
}

/**
 * The content of a file, unpacked where its name ends in `.gz`.
 * @throws Error with a short reason when it cannot be read or unpacked; some of what came before the damage may have been given out.
 */
export async function* contentOf(tree: FileTree, path: string, start = 0): AsyncGenerator<Uint8Array> {
  if (!isGzip(path)) {
    yield* tree.stream(path, start);
    return;
  }
  let before = start;
  for await (const chunk of unpacked(tree.stream(path), createGunzip({ chunkSize: 2 ** 18 }), gzipReason)) {
    if (before < chunk.length) yield chunk.subarray(before);
    before = Math.max(0, before - chunk.length);
  }
}

function gzipReason(cause: unknown): string {
  const said = messageOf(cause);
  if (/unexpected end of file/.test(said)) return "the gzip data ends too early";
  if (/incorrect|invalid|unknown/.test(said)) return `the gzip data is damaged (${said})`;
  return said;
}

/**
 * The first bytes of a file's content (fewer where it is shorter), without reading the rest.
 * @throws Error with a short reason.
 */
export async function headOf(tree: FileTree, path: string, count: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of contentOf(tree, path)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= count) break;
  }
  return Buffer.concat(pieces).subarray(0, count);
}

/**
 * The whole content of a file that must not be longer than `most` bytes.
 * @throws Error with a short reason.
 */
export async function wholeContentOf(tree: FileTree, path: string, most: number): Promise<Buffer> {
  const content = await headOf(tree, path, most + 1);
  if (content.length > most) throw new Error(`more than ${most} bytes`);
  return content;
}

/**
 * Length of a file's content in bytes, by reading all of it: a gzip file that is damaged anywhere is found out. Content longer than
 * `most` bytes is read a little beyond that.
 * @throws Error with a short reason when it is damaged.
 */
export async function lengthOf(tree: FileTree, path: string, most: number): Promise<number> {
  let length = 0;
  for await (const chunk of contentOf(tree, path)) {
    length += chunk.length;
    if (length > most) break;
  }
  return length;
}

/**
 * Whether a gzip file may have content of this length: it ends with the length modulo 2^32 (RFC 1952, section 2.3.1), and deflate packs
 * no more than 1032 to 1. Only unpacking makes certain; files of several parts that were packed one by one say too little.
 * @throws Error with a short reason when it cannot be read.
 */
export async function mayHaveLength(tree: FileTree, path: string, length: number): Promise<boolean> {
  const packed = tree.files.find((file) => file.path === path)?.size ?? 0;
  if (packed < 18 || length > 1032 * packed) return false;
  const pieces: Uint8Array[] = [];
  for await (const piece of tree.stream(path, packed - 4)) pieces.push(piece);
  const end = Buffer.concat(pieces);
  return end.length === 4 && end.readUInt32LE() === length % 2 ** 32;
}
