import sharp, { type Sharp } from "sharp";
import { messageOf } from "../foundation/errors.ts";
import { type ImageFile, pngIsWhole, shortReason } from "./image-file.ts";
import { imageBytesOf, type PixelFormat } from "./image-source.ts";

/** Images longer than this many times their width are cropped while they are read: scaling them whole would need too much memory. */
const longestUncropped = 64;

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
 * white, colours brought to sRGB with 8 bits, scaled (Lanczos 3 down, bicubic up) to cover the format, cropped around the centre.
 * Grey is the luminance of linear light, gamma-encoded again.
 * @throws Error with a short reason when the file is broken or cut short anywhere, even outside the crop.
 */
export async function decodeImage(file: ImageFile, format: PixelFormat): Promise<Uint8Array> {
  const pixels = await decodeStrictly(file, format).catch((cause: unknown) => {
    throw new Error(shortReason(cause), { cause });
  });
  if (file.encoding === "png" && !pngIsWhole(file.bytes)) throw new Error("the file ends too early");
  return pixels;
}

async function decodeStrictly(file: ImageFile, format: PixelFormat): Promise<Uint8Array> {
  if (file.encoding !== "jpeg") return await decodeOnce(file, format, "error");
  try {
    // Damaged Huffman data is only a warning to libjpeg, which goes on with smeared pixels.
    return await decodeOnce(file, format, "warning");
  } catch (cause) {
    if (!harmlessJpegWarning.test(messageOf(cause))) throw cause;
    return await decodeOnce(file, format, "error");
  }
}

/** What some cameras write: padding before the end marker (0xd9), and unusual scan parameters; the pixels are whole. */
const harmlessJpegWarning = /extraneous bytes before marker 0xd9|Invalid SOS parameters/;

async function decodeOnce(file: ImageFile, format: PixelFormat, failOn: "error" | "warning"): Promise<Uint8Array> {
  const image = sharp(file.bytes, { pages: 1, failOn }).autoOrient().flatten({ background: "#ffffff" });
  const { width, height } = await readHeader(file);
  const extreme = Math.max(width / height, height / width) > longestUncropped;
  return await scaleToCover(image, format, extreme);
}

/**
 * Scales an image to cover the format and crops it around the centre: pixels 0..255 `[channels, height, width]`.
 * The crop is made here and not by sharp, which would leave the rows outside it unread, and their faults unnoticed.
 */
export async function scaleToCover(image: Sharp, format: PixelFormat, cropWhileReading = false): Promise<Uint8Array> {
  const { data, info } = await image
    .resize(format.width, format.height, { fit: cropWhileReading ? "cover" : "outside" })
    .toColourspace(format.channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const top = Math.floor((info.height - format.height) / 2);
  const left = Math.floor((info.width - format.width) / 2);
  const planes = new Uint8Array(imageBytesOf(format));
  let at = 0;
  for (let channel = 0; channel < format.channels; channel++) {
    for (let row = top; row < top + format.height; row++) {
      let from = (row * info.width + left) * info.channels + channel;
      for (let column = 0; column < format.width; column++, from += info.channels) planes[at++] = data[from] ?? 0;
    }
  }
  return planes;
}
