import sharp, { type Sharp } from "sharp";
import { internalError } from "../../foundation/errors.ts";
import { type Fitting, imageBytesOf, type PixelFormat, type Preparation } from "./preparation.ts";

type Size = Pick<PixelFormat, "height" | "width">;
/** A point of an image as shares of its width and height, in [0, 1]. */
type Point = { readonly x: number; readonly y: number };

const centre: Point = { x: 0.5, y: 0.5 };
/** Sides of the small copy in which attention is looked for: those that libvips itself uses. */
const overviewSide = 32;
/** Above this ratio of its sides an image is cropped before it is scaled: as a whole, scaled, it could be larger than the memory. */
const longestScaledWhole = 64;

/** Whether an image is so long, in either direction, that {@link fitImage} must crop it while it is read. */
export function isVeryLong({ height, width }: Size): boolean {
  return Math.max(width / height, height / width) > longestScaledWhole;
}

/**
 * Brings an image to a format: pixels 0..255 `[channels, height, width]`.
 *
 * Resampling works on the values as they are stored, which for sRGB are gamma-encoded, not on linear light. Scaling down is antialiased
 * with every filter but `nearest`; scaling up, `lanczos3` and `cubic` are both bicubic (Catmull-Rom) and `linear` is bilinear. JPEG and
 * WebP decoders may scale down by a part of the factor first, by averages, except for `nearest`. Grey is made of the scaled pixels.
 *
 * Every row is read whatever is cropped, so that a fault is found wherever it lies: crops are made here and not by sharp, which would
 * leave the rows outside them unread.
 * @param cropWhileReading for images that are {@link isVeryLong}
 * @throws Error of sharp when the image is broken
 */
export async function fitImage(image: Sharp, preparation: Preparation, cropWhileReading = false): Promise<Uint8Array> {
  const { format, fitting } = preparation;
  const { part, focus } = await chosenPart(image, preparation, cropWhileReading);
  const { data, info } = await part
    .resize(format.width, format.height, { fit: scalingOf[fitting.fit], kernel: fitting.filter })
    .toColourspace(format.channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return await cropAndPad(data, info, preparation, focus);
}

/** What is scaled of an image, and where in it the format lies if it is smaller. */
async function chosenPart(
  image: Sharp,
  { format, fitting }: Preparation,
  cropWhileReading: boolean,
): Promise<{ readonly part: Sharp; readonly focus: Point }> {
  const attention = fitting.fit === "cover" && fitting.crop === "attention";
  const cropFirst = cropWhileReading && fitting.fit === "cover";
  const leavesRowsOut = cropFirst || fitting.filter === "nearest";
  if (!attention && !leavesRowsOut) return { part: image, focus: centre };

  const native = (await image.metadata()).autoOrient;
  const overview = await overviewOf(image);
  const focus = attention ? await attentionIn(overview, windowOf(native, format), native) : centre;
  if (cropFirst) return { part: image.extract(regionAt(focus, native, format)), focus: centre };
  // To cut out all of it changes nothing, but keeps decoders from scaling.
  if (leavesRowsOut)
    return { part: image.extract({ left: 0, top: 0, width: native.width, height: native.height }), focus };
  return { part: image, focus };
}

/** How sharp calls the scaling alone. */
const scalingOf = { cover: "outside", contain: "inside", stretch: "fill" } as const satisfies Record<
  Fitting["fit"],
  string
>;

/** All of an image, small: `[overviewSide, overviewSide, 3]`. Every row is read for it. */
async function overviewOf(image: Sharp): Promise<Uint8Array> {
  return await image.clone().resize(overviewSide, overviewSide, { fit: "fill" }).toColourspace("srgb").raw().toBuffer();
}

/**
 * What draws attention most: edges, colours of skin, strong colours, blurred to the size of the crop (libvips, `vips_smartcrop`). It
 * depends on the shape of the image only by the crop's share of each side, so that it can be found in an overview of any shape.
 */
async function attentionIn(overview: Uint8Array, crop: Size, native: Size): Promise<Point> {
  const raw = { height: overviewSide, width: overviewSide, channels: 3 } as const;
  const share = (part: number, all: number): number => Math.max(1, Math.round((part / all) * overviewSide));
  const { info } = await sharp(overview, { raw })
    .resize(share(crop.width, native.width), share(crop.height, native.height), { position: sharp.strategy.attention })
    .raw()
    .toBuffer({ resolveWithObject: true });
  // Nothing was looked for where the crop is the whole.
  const { attentionX, attentionY } = info;
  if (attentionX === undefined || attentionY === undefined) return centre;
  return { x: (attentionX + 0.5) / overviewSide, y: (attentionY + 0.5) / overviewSide };
}

/** The largest part of an image, in its own pixels, that has the shape of a format; a pixel more rather than less. */
function windowOf(native: Size, format: Size): Size {
  const shrink = Math.min(native.width / format.width, native.height / format.height);
  return {
    width: Math.min(native.width, Math.ceil(format.width * shrink)),
    height: Math.min(native.height, Math.ceil(format.height * shrink)),
  };
}

function regionAt(focus: Point, native: Size, format: Size): Size & { readonly left: number; readonly top: number } {
  const { width, height } = windowOf(native, format);
  const left = startOf(native.width, width, focus.x);
  const top = startOf(native.height, height, focus.y);
  return { left, top, width, height };
}

/** Where `wanted` of `size` pixels begin, around a point; negative where there are fewer, and these are to lie in the middle. */
function startOf(size: number, wanted: number, focus: number): number {
  if (size <= wanted) return -Math.floor((wanted - size) / 2);
  return Math.min(Math.max(Math.floor(focus * size - wanted / 2), 0), size - wanted);
}

/**
 * Planes `[channels, height, width]` of a format from scaled pixels `[height, width, channels]`: what is over is cut off around the focus,
 * what is missing is filled in.
 */
async function cropAndPad(
  data: Uint8Array,
  scaled: Size & { readonly channels: number },
  { format, fitting }: Preparation,
  focus: Point,
): Promise<Uint8Array> {
  const padding = fitting.fit === "contain" ? fitting.pad : "edge";
  const rows = placesIn(scaled.height, format.height, focus.y, padding);
  const columns = placesIn(scaled.width, format.width, focus.x, padding);
  const needsColour = rows.includes(outside) || columns.includes(outside);
  const colour = needsColour ? await valuesOf(padding, format.channels) : [];
  const planes = new Uint8Array(imageBytesOf(format));
  let at = 0;
  for (let channel = 0; channel < format.channels; channel++) {
    const background = colour[channel] ?? 0;
    for (const row of rows) {
      const from = row * scaled.width * scaled.channels + channel;
      for (const column of columns) {
        const inside = row !== outside && column !== outside;
        planes[at++] = inside ? (data[from + column * scaled.channels] ?? 0) : background;
      }
    }
  }
  return planes;
}

/** Stands for a place outside of the image, where a colour is to be. */
const outside = -1;

/** For each of `wanted` places along one side, which of the `size` pixels lies there. */
function placesIn(size: number, wanted: number, focus: number, padding: string): Int32Array {
  const start = startOf(size, wanted, focus);
  return Int32Array.from({ length: wanted }, (_, place) => {
    const at = start + place;
    if (at >= 0 && at < size) return at;
    if (padding === "edge") return at < 0 ? 0 : size - 1;
    if (padding !== "reflect") return outside;
    // Mirrored at its border again and again, the image repeats after twice its size.
    const turned = ((at % (2 * size)) + 2 * size) % (2 * size);
    return turned < size ? turned : 2 * size - 1 - turned;
  });
}

/** A colour `#rrggbb` as the values `[channels]` of a pixel, converted to grey as images are. */
async function valuesOf(colour: string, channels: 1 | 3): Promise<readonly number[]> {
  const digits = /^#([0-9a-f]{6})$/i.exec(colour)?.[1];
  if (digits === undefined) throw internalError("fitImage", `the padding ${colour} is no colour #rrggbb`);
  const pixel = Buffer.from(digits, "hex");
  if (channels === 3) return [...pixel];
  return [
    ...(await sharp(pixel, { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace("b-w")
      .raw()
      .toBuffer()),
  ];
}
