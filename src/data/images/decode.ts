import sharp from "sharp";
import { messageOf } from "../../foundation/errors.ts";
import { checkContainer } from "./container.ts";
import { fitImage, isVeryLong } from "./fit.ts";
import { statedSize } from "./header.ts";
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
  const { autoOrient, space } = await sharp(file.bytes, { pages: 1 }).metadata();
  const grey = space === "b-w" || space === "grey16";
  return { height: autoOrient.height, width: autoOrient.width, channels: grey ? 1 : 3 };
}

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
  try {
    return await decodeStrictly(file, preparation).catch(async (cause: unknown) => {
      const mended = file.encoding === "jpeg" ? withoutOddity(file.bytes, messageOf(cause)) : undefined;
      if (mended === undefined) throw cause;
      return await decodeStrictly({ ...file, bytes: mended }, preparation);
    });
  } catch (cause) {
    throw new Error(shortReason(cause), { cause });
  }
}

async function decodeStrictly(file: ImageFile, preparation: Preparation): Promise<Uint8Array> {
  // To libjpeg damaged data is only a warning, and so is a damaged tile to libvips: they would go on with smeared pixels.
  const image = sharp(file.bytes, { pages: 1, failOn: "warning" }).autoOrient().flatten({ background: "#ffffff" });
  return await fitImage(image, preparation, isVeryLong(statedSize(file) ?? (await readHeader(file))));
}

/** Decodes an SVG document, drawn twice as large as wanted and scaled down: finer edges than the renderer's own. */
export async function decodeDrawing(draw: (side: number) => string, preparation: Preparation): Promise<Uint8Array> {
  const side = 2 * Math.max(preparation.format.height, preparation.format.width);
  return await fitImage(sharp(Buffer.from(draw(side))).removeAlpha(), preparation);
}
