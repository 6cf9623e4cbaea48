import sharp, { type Metadata } from "sharp";
import { messageOf } from "../../foundation/errors.ts";
import { limitedBy } from "../concurrency.ts";
import { checkContainer } from "./container.ts";
import { fitImage } from "./fit.ts";
import { jpegFrame, statedSize } from "./header.ts";
import { type ImageFile, shortReason } from "./image-file.ts";
import { withoutOddity } from "./jpeg-oddities.ts";
import type { PixelFormat, Preparation } from "./preparation.ts";

/**
 * Size in pixels after EXIF rotation, and channels after conversion: 1 for grey files, 3 for all others.
 * @throws Error with a short reason when the header is broken.
 */
export async function measureImage(file: ImageFile): Promise<PixelFormat> {
  try {
    return await readHeader(file);
  } catch (cause) {
    throw new Error(shortReason(cause), { cause });
  }
}

async function readHeader(file: ImageFile): Promise<PixelFormat> {
  const { autoOrient, space } = await metadataOf(file);
  const grey = space === "b-w" || space === "grey16";
  return { height: autoOrient.height, width: autoOrient.width, channels: grey ? 1 : 3 };
}

async function metadataOf(file: ImageFile): Promise<Metadata> {
  return await sharp(file.bytes, { pages: 1 }).metadata();
}

// libvips keeps its last 100 steps for images that come again, and with each progressive JPEG all of its coefficients. None comes again.
sharp.cache(false);

/** Pixels above which it matters how an image lies in memory while it is decoded. */
const large = 4_000_000;

/** Of large images that decoders hold as a whole, so many pixels are decoded at once: 3 to 9 bytes of memory each. */
const wholeImages = limitedBy(50_000_000);

/**
 * Decodes an image file to pixels 0..255 `[channels, height, width]`: first frame or page, EXIF rotation applied, transparency laid on
 * white, colours brought to sRGB with 8 bits, then fitted to the format. Grey is the luminance of linear light, gamma-encoded again.
 *
 * A file that is cut short is refused whatever its encoding. Changed bytes are always found in PNG, which has checksums; in the others
 * only where they make no sense to the decoder: a flipped bit may become another colour there.
 * @throws Error with a short reason when the file is broken anywhere, even outside the crop, or has more than 268 million pixels.
 */
export async function decodeImage(file: ImageFile, preparation: Preparation): Promise<Uint8Array> {
  checkContainer(file);
  refuseLossless(file);
  try {
    const { size, weight } = await costOf(file);
    return await wholeImages(weight, async () => await decodeMended(file, size, preparation));
  } catch (cause) {
    throw new Error(shortReason(cause), { cause });
  }
}

/** @throws Error for JPEGs without loss, which libjpeg decodes to a wrong brightness (frames 3, 7, 11 and 15: ITU-T T.81, table B.1). */
function refuseLossless({ bytes, encoding }: ImageFile): void {
  const frame = encoding === "jpeg" ? jpegFrame(bytes) : undefined;
  if (frame !== undefined && frame.marker % 4 === 3) throw new Error("lossless JPEG is not supported");
}

type Size = Pick<PixelFormat, "height" | "width">;

/** Size before EXIF rotation, and as weight the pixels that have to be in memory at once, 0 where they are few. */
async function costOf(file: ImageFile): Promise<{ readonly size: Size; readonly weight: number }> {
  const stated = statedSize(file);
  if (stated !== undefined && stated.width * stated.height <= large) return { size: stated, weight: 0 };
  const metadata = await metadataOf(file);
  const { width, height, depth } = metadata;
  if (file.encoding === "tiff" && depth !== "uchar" && depth !== "ushort")
    throw new Error("its kind of pixels is not supported");
  const whole = width * height > large && isHeldWhole(metadata);
  return { size: { width, height }, weight: whole ? width * height : 0 };
}

/**
 * Whether an image cannot be decoded row by row: it is refined by and by, its decoder knows no rows, or it is to be turned. Large JPEGs
 * are made smaller before they are turned.
 */
function isHeldWhole({ format, isProgressive, orientation = 1 }: Metadata): boolean {
  const byRows = format === "jpeg" || format === "png" || format === "tiff";
  // 2 is mirrored from left to right, which leaves the rows in place.
  const turned = orientation > 2 && format !== "jpeg";
  return !byRows || isProgressive || turned;
}

async function decodeMended(file: ImageFile, size: Size, preparation: Preparation): Promise<Uint8Array> {
  return await decodeStrictly(file, size, preparation).catch(async (cause: unknown) => {
    const mended = file.encoding === "jpeg" ? withoutOddity(file.bytes, messageOf(cause)) : undefined;
    if (mended === undefined) throw cause;
    return await decodeStrictly({ ...file, bytes: mended }, size, preparation);
  });
}

async function decodeStrictly(file: ImageFile, size: Size, preparation: Preparation): Promise<Uint8Array> {
  // To libjpeg damaged data is only a warning, and so is a damaged tile to libvips: they would go on with smeared pixels.
  const image = sharp(file.bytes, { pages: 1, failOn: "warning" }).autoOrient().flatten({ background: "#ffffff" });
  return await fitImage(image, size, preparation);
}

/** Decodes an SVG document, drawn twice as large as wanted and scaled down: finer edges than the renderer's own. */
export async function decodeDrawing(draw: (side: number) => string, preparation: Preparation): Promise<Uint8Array> {
  const side = 2 * Math.max(preparation.format.height, preparation.format.width);
  return await fitImage(sharp(Buffer.from(draw(side))).removeAlpha(), { width: side, height: side }, preparation);
}
