import { messageOf } from "../../foundation/errors.ts";

const extensions: ReadonlySet<string> = new Set(["png", "jpg", "jpeg", "webp", "gif", "tif", "tiff", "avif"]);

/** Whether a file's name says that it is an image that Atelier reads. */
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
  [/exceeds pixel limit/i, "too many pixels (the limit is 268 million)"],
  [/unsupported image format|corrupt header/i, "the header is damaged, or the file ends too early"],
  [/no known route from/i, "the header is damaged, or its kind of colours is unknown"],
  [
    /premature end|unexpected end|bad seek|not enough data|end of file|read error|unknown error|warning treated as error|corrupt|unable to read pixels|invalid|code not yet in table|decod|bogus|was not defined|inconsistent|unsupported marker|sanity check|bad value/i,
    "the pixel data is damaged or cut short",
  ],
];
