import sharp, { type Sharp } from "sharp";
import { internalError } from "../../foundation/errors.ts";
import { enlarger } from "./enlarge.ts";
import { type Fitting, imageBytesOf, type PixelFormat, type Preparation } from "./preparation.ts";

type Size = Pick<PixelFormat, "height" | "width">;
/** A point of an image as shares of its width and height, in [0, 1]. */
type Point = { readonly x: number; readonly y: number };

const centre: Point = { x: 0.5, y: 0.5 };
/** Sides of the small copy in which attention is looked for: those that libvips itself uses. */
const overviewSide = 32;
/**
 * Above this ratio of its sides an image is cropped before it is scaled: as a whole, scaled, it could be larger than the memory. Less
 * where it is scaled up.
 */
const longestScaledWhole = { down: 64, up: 16 } as const;

/**
 * Brings an image to a format: pixels 0..255 `[channels, height, width]`.
 *
 * Resampling works on the values as they are stored, which for sRGB are gamma-encoded, not on linear light. Scaling down is antialiased
 * with every filter but `nearest`; scaling up, `lanczos3` and `cubic` are both bicubic (Catmull-Rom) and `linear` is bilinear. JPEG and
 * WebP decoders may scale down by a part of the factor first, by averages, except for `nearest`. Grey is made of the scaled pixels.
 *
 * Every row is read whatever is cropped, so that a fault is found wherever it lies: crops are made here and not by sharp, which would
 * leave the rows outside them unread.
 * @param stored the image's size before EXIF rotation
 * @throws Error of sharp when the image is broken
 */
export async function fitImage(image: Sharp, stored: Size, preparation: Preparation): Promise<Uint8Array> {
  const { part, size, focus } = await chosenPart(image, stored, preparation);
  const scaled = await scale(part, size, preparation);
  return await cropAndPad(scaled, preparation, focus);
}

/** Whether an image may have to be scaled up in a direction, turned or not. */
function mayGrow(stored: Size, format: Size): boolean {
  return Math.min(stored.width, stored.height) < Math.max(format.width, format.height);
}

/** What is scaled of an image, its size where that may have to grow, and where in it the format lies if it is smaller. */
async function chosenPart(
  image: Sharp,
  stored: Size,
  { format, fitting }: Preparation,
): Promise<{ readonly part: Sharp; readonly size: Size | undefined; readonly focus: Point }> {
  const grows = mayGrow(stored, format);
  const attention = fitting.fit === "cover" && fitting.crop === "attention";
  const ratio = Math.max(stored.width / stored.height, stored.height / stored.width);
  const cropFirst = fitting.fit === "cover" && ratio > longestScaledWhole[grows ? "up" : "down"];
  const leavesRowsOut = cropFirst || fitting.filter === "nearest";
  if (!grows && !attention && !leavesRowsOut) return { part: image, size: undefined, focus: centre };

  // To turn a square does not change its size, and to ask sharp takes as long as to decode a small image.
  const native = stored.width === stored.height ? stored : (await image.metadata()).autoOrient;
  const overview = attention || leavesRowsOut ? await overviewOf(image) : undefined;
  const focus =
    attention && overview !== undefined ? await attentionIn(overview, windowOf(native, format), native) : centre;
  if (cropFirst) {
    const region = regionAt(focus, native, format);
    return { part: image.extract(region), size: region, focus: centre };
  }
  // To cut out all of it changes nothing, but keeps decoders from scaling.
  const all = { left: 0, top: 0, width: native.width, height: native.height };
  return { part: leavesRowsOut ? image.extract(all) : image, size: native, focus };
}

/** Scaled pixels `[height, width, channels]`. */
interface Scaled extends Size {
  readonly data: Uint8Array;
  readonly channels: number;
}

/** Scales an image. @param size of the image; undefined where no side can grow */
async function scale(image: Sharp, size: Size | undefined, { format, fitting }: Preparation): Promise<Scaled> {
  const kernel = fitting.filter;
  const pixelsOf = async (resized: Sharp) =>
    await resized
      .toColourspace(format.channels === 1 ? "b-w" : "srgb")
      .raw()
      .toBuffer({ resolveWithObject: true });
  const wanted = size === undefined ? undefined : scaledSize(size, format, fitting.fit);
  if (size === undefined || wanted === undefined || !(wanted.width > size.width || wanted.height > size.height)) {
    const { data, info } = await pixelsOf(
      image.resize(format.width, format.height, { fit: scalingOf[fitting.fit], kernel }),
    );
    return { data, width: info.width, height: info.height, channels: info.channels };
  }
  const [width, height] = [Math.min(wanted.width, size.width), Math.min(wanted.height, size.height)];
  const { data, info } = await pixelsOf(image.resize(width, height, { fit: "fill", kernel }));
  return { data: enlarger(info, wanted, kernel)(data), ...wanted, channels: info.channels };
}

/** The size that an image is scaled to, before it is cropped or padded. */
function scaledSize({ width, height }: Size, format: Size, fit: Fitting["fit"]): Size {
  if (fit === "stretch") return format;
  const [across, down] = [format.width / width, format.height / height];
  // The side that decides is the format's own, whatever the quotient rounds to.
  const followsWidth = fit === "cover" ? across >= down : across <= down;
  return followsWidth
    ? { width: format.width, height: Math.max(1, Math.round(height * across)) }
    : { width: Math.max(1, Math.round(width * down)), height: format.height };
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
 * Planes `[channels, height, width]` of a format from scaled pixels: what is over is cut off around the focus,
 * what is missing is filled in.
 */
async function cropAndPad(
  { data, ...scaled }: Scaled,
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
