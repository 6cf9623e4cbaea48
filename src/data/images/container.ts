import { crc32 } from "node:zlib";
import type { ImageFile } from "./image-file.ts";

const endsEarly = "the file ends too early";

/**
 * Checks what the decoders leave unread: the checksums of every PNG chunk and whether the file has its end. JPEG, WebP and TIFF
 * files that are cut short are noticed by their decoders. Bytes after the end of a PNG or GIF are nobody's concern.
 * @throws Error with a short reason.
 */
export function checkContainer({ bytes, encoding }: ImageFile): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (encoding === "png") checkPng(view);
  else if (encoding === "gif") checkGif(view);
  else if (encoding === "heif") checkBoxes(view);
}

/**
 * `[length 4][type 4][data][CRC-32 4]` after a signature of 8 bytes, up to `IEND` (W3C, Portable Network Graphics, third edition,
 * section 5). libpng stops at the last pixel and lets a damaged ancillary chunk pass; here it counts, since one that is damaged is
 * lost, and with it perhaps transparency or the colour space.
 */
function checkPng(bytes: Buffer): void {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const type = bytes.toString("latin1", at + 4, at + 8);
    const end = at + 8 + bytes.readUInt32BE(at);
    if (end + 4 > bytes.length) throw new Error(endsEarly);
    if (crc32(bytes.subarray(at + 4, end)) !== bytes.readUInt32BE(end))
      throw new Error(
        /^[A-Za-z]{4}$/.test(type) ? `damaged: wrong checksum of chunk ${type}` : "damaged: no PNG chunk",
      );
    if (type === "IEND") return;
    at = end + 4;
  }
  throw new Error(endsEarly);
}

/**
 * Blocks up to the trailer (CompuServe, "Graphics Interchange Format, version 89a", sections 17 to 27). Some programs leave the trailer
 * out, or write a zero too many behind a block.
 */
function checkGif(bytes: Buffer): void {
  const colourTable = (packed: number): number => (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);
  let at = 13 + colourTable(bytes[10] ?? 0);
  let hasImage = false;
  let mayEnd = false;
  while (at < bytes.length) {
    const block = bytes[at];
    if (block === 0x3b) return;
    mayEnd = block !== 0; // A file that zeros fill up was cut.
    if (block === 0) {
      at++;
      continue;
    }
    if (block === 0x2c) {
      hasImage = true;
      at += 11 + colourTable(bytes[at + 9] ?? 0); // An image: 10 bytes, its colours, the size of its codes.
    } else if (block === 0x21)
      at += 2; // An extension: its kind.
    else throw new Error("damaged: no GIF block");
    while (at < bytes.length && bytes[at] !== 0) at += 1 + (bytes[at] ?? 0);
    at++;
  }
  if (!hasImage || !mayEnd || at > bytes.length) throw new Error(endsEarly);
}

/** What may follow the pixels, in the outermost place. */
const outerBoxes: ReadonlySet<string> = new Set([
  "mdat",
  "meta",
  "moov",
  "moof",
  "mfra",
  "free",
  "skip",
  "wide",
  "uuid",
]);

/** Boxes `[length 4][type 4][length 8 where the first is 1][data]`; length 0 reaches to the end (ISO/IEC 14496-12, section 4.2). Stray bytes may follow. */
function checkBoxes(bytes: Buffer): void {
  for (let at = 0, pixels = false; at < bytes.length; ) {
    const type = bytes.toString("latin1", at + 4, at + 8);
    if (pixels && !outerBoxes.has(type)) return;
    pixels ||= type === "mdat";
    if (at + 8 > bytes.length) throw new Error(endsEarly);
    const short = bytes.readUInt32BE(at);
    if (short === 0) return;
    if (short === 1 && at + 16 > bytes.length) throw new Error(endsEarly);
    const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (length < 8) throw new Error("damaged: no AVIF box");
    at += length;
    if (at > bytes.length) throw new Error(endsEarly);
  }
}
