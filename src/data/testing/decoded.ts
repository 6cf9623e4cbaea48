import type { ImageSource } from "../image-source.ts";
import { imageBytesOf, type PixelFormat, usualFitting } from "../images/preparation.ts";
import { digestBytes, readImages } from "../read-images.ts";

/** Pixels `[channels, height, width]` of every image of a source, or the reason why it is broken. */
export async function decodedImages(
  source: ImageSource,
  format: PixelFormat,
  wanted?: readonly number[],
): Promise<readonly (Uint8Array | string)[]> {
  const images: (Uint8Array | string)[] = [];
  const size = imageBytesOf(format);
  await readImages(
    source,
    { format, fitting: usualFitting },
    {
      take: ({ first, count, pixels }) => {
        for (let n = 0; n < count; n++) images[first + n] = pixels.subarray(n * size, (n + 1) * size);
      },
      skip: (first, count, reason) => {
        for (let n = 0; n < count; n++) images[first + n] = reason;
      },
    },
    { ...(wanted && { wanted }) },
  );
  return images;
}

/** The pixels of one image. @throws Error with the reason when it is broken. */
export async function decodedImage(source: ImageSource, index: number, format: PixelFormat): Promise<Uint8Array> {
  const image = (await decodedImages(source, format, [index]))[index];
  if (image instanceof Uint8Array) return image;
  throw new Error(image ?? `image ${index} was not handed out`);
}

/** Hashes of the images as they are stored, by their index. */
export async function digestsOf(source: ImageSource): Promise<readonly string[]> {
  const digests: string[] = [];
  const format = { height: 8, width: 8, channels: 1 } as const;
  await readImages(
    source,
    { format, fitting: usualFitting },
    {
      take: ({ first, count, digests: found }) => {
        for (let n = 0; n < count; n++)
          digests[first + n] = Buffer.from(found.subarray(n * digestBytes, (n + 1) * digestBytes)).toString("hex");
      },
      skip: () => {},
    },
  );
  return digests;
}
