import type { ImageFile } from "./image-file.ts";

/** What a JPEG file's frame header states: `marker` is the second byte of its marker, 0xc0 to 0xcf, which tells how it is coded. */
export interface JpegFrame {
  readonly marker: number;
  readonly width: number;
  readonly height: number;
}

/**
 * Width and height that a PNG or JPEG header states, before EXIF rotation: some hundred times quicker than to ask sharp for them.
 * undefined for other encodings, and where they are not found at once.
 */
export function statedSize({ bytes, encoding }: ImageFile): { width: number; height: number } | undefined {
  if (encoding === "jpeg") return jpegFrame(bytes);
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding !== "png" || view.length < 24) return undefined;
  // The first chunk is the header: W3C, Portable Network Graphics, third edition, section 11.2.1.
  return { width: view.readUInt32BE(16), height: view.readUInt32BE(20) };
}

/** Segments `[0xff][marker][length 2][data]` up to the frame header (ITU-T T.81, annex B); undefined where something else comes first. */
export function jpegFrame(file: Uint8Array): JpegFrame | undefined {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length);
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; at += 2 + bytes.readUInt16BE(at + 2)) {
    const marker = bytes[at + 1] ?? 0;
    if (!comesBefore(marker)) {
      const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8;
      return frame ? { marker, height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) } : undefined;
    }
  }
  return undefined;
}

/** Tables, comments and application data. */
function comesBefore(marker: number): boolean {
  return [0xc4, 0xcc, 0xdb, 0xdd, 0xfe].includes(marker) || (marker >= 0xe0 && marker <= 0xef);
}
