import { messageOf } from "../../foundation/errors.ts";

const extensions: ReadonlySet<string> = new Set(
  "png apng jpg jpeg jpe jfif mpo webp gif tif tiff avif heic heif".split(" "),
);

/** Whether a file's name says that it is an image that Atelier reads, or a HEIC: a photo, which is refused and counted. */
export function hasImageExtension(path: string): boolean {
  const dot = path.lastIndexOf(".");
  return dot >= 0 && extensions.has(path.slice(dot + 1).toLowerCase());
}

/** An image file's bytes and what its first bytes say it is, whatever its name says. */
export interface ImageFile {
  readonly bytes: Uint8Array;
  readonly encoding: ImageEncoding;
}

export type ImageEncoding = "png" | "jpeg" | "webp" | "gif" | "tiff" | "heif";

/** @throws Error with a short reason when the bytes are none, or begin like no image format that Atelier reads. */
export function identifyImage(bytes: Uint8Array): ImageFile {
  if (bytes.length === 0) throw new Error("the file is empty");
  const head = Buffer.from(bytes.subarray(0, 64)).toString("latin1");
  const encoding = encodingOf(head);
  if (encoding === "heif") refuseOtherBrands(bytes);
  if (encoding === undefined)
    throw new Error(beginsLikeText(head) ? "text, not an image" : "not an image, or its first bytes are damaged");
  return { bytes, encoding };
}

function encodingOf(begin: string): ImageEncoding | undefined {
  const head = begin.slice(0, 12);
  if (head.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (head.startsWith("\xff\xd8\xff")) return "jpeg";
  if (head.startsWith("GIF8")) return "gif";
  if (head.startsWith("RIFF") && head.endsWith("WEBP")) return "webp";
  if (/^(II[*+]\0|MM\0[*+])/.test(head)) return "tiff";
  if (head.slice(4, 8) === "ftyp") return "heif";
  return undefined;
}

/**
 * AVIF shares its container with others: `[length 4]ftyp[brand 4][version 4][further brands, 4 each]` (ISO/IEC 14496-12, section 4.3).
 * @throws Error with a short reason.
 */
function refuseOtherBrands(bytes: Uint8Array): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = Math.min(view.length, view.readUInt32BE(0), 256);
  const brands = [view.toString("latin1", 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(view.toString("latin1", at, at + 4));
  if (brands[0] === "avis") throw new Error("animated AVIF cannot be read here: save a still image");
  if (brands.includes("avif")) return;
  if (brands.some((brand) => /^(hei[cxms]|hev[cxms])$/.test(brand)))
    throw new Error("HEIC cannot be read here: save it as JPEG");
  if (brands.some((brand) => /^(iso[m2-9]|mp4[12]|avc1|M4V |qt  |3g[p2].|MSNV|dash)$/.test(brand)))
    throw new Error("a video, not an image");
}

function beginsLikeText(begin: string): boolean {
  return /^[\t\r\n\x20-\x7e]+$/.test(begin);
}

/** A short reason in plain words for what the decoder said about a broken image. */
export function shortReason(thrown: unknown): string {
  const said = messageOf(thrown);
  for (const [pattern, reason] of reasons) if (pattern.test(said)) return reason;
  const first = said.split("\n", 1)[0] ?? "";
  return `cannot be decoded: ${first.slice(0, 100)}`;
}

/** The first that fits counts. One and the same cut may be reported in several ways, depending on the size that is asked for. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [
    /support is not configured|compression scheme|without JPEG2000|unsupported compression/i,
    "its compression is not supported",
  ],
  [
    /kind of pixels|samples out of range|bad labq|channel limit|vector must have/i,
    "its kind of pixels is not supported",
  ],
  [/exceeds pixel limit/i, "too many pixels (the limit is 268 million)"],
  [/unsupported image format|corrupt header/i, "the header is damaged, or the file ends too early"],
  [/no known route from/i, "the header is damaged, or its kind of colours is unknown"],
  [
    /premature end|unexpected end|bad seek|not enough data|end of file|read error|unknown error|warning treated as error|corrupt|unable to read pixels|invalid|code not yet in table|decod|bogus|was not defined|inconsistent|unsupported marker|sanity check|bad value/i,
    "the pixel data is damaged or cut short",
  ],
];
