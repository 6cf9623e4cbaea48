import { hashedSide } from "./perceptual-hash.ts";

/** Brightness of 12 x 12 pixels, then blueness and redness of 6 x 6 each: 216 bytes. */
export const thumbnailBytes = 216;
/** Those of the brightness. */
export const brightnessBytes = 144;
const colourBytes = 36;

/** What is known of one image's pixels besides its hash. */
export interface PixelFigures {
  /** Mean brightness, 0 to 255. */
  readonly brightness: number;
  /** Standard deviation of the brightness, 0 to 128. */
  readonly contrast: number;
  /** Mean distance of the colours from grey. */
  readonly colourfulness: number;
  /** Mean difference between neighbouring pixels. */
  readonly detail: number;
  /** Largest difference between two of the 24 x 24 averages in any channel, 0 to 255: finer texture does not show in it. */
  readonly range: number;
}

/** Planes of one image, `[24, 24]` each; one after another goes through the same. */
export interface Planes {
  /** Brightness: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601). */
  readonly luma: Float32Array;
  /** Blue and red above the brightness, scaled to -128..127 (BT.601). */
  readonly blueness: Float32Array;
  readonly redness: Float32Array;
  /** The image itself, `[3, 24, 24]`. */
  readonly colours: Float32Array;
}

const area = hashedSide * hashedSide;

export function emptyPlanes(): Planes {
  const plane = (): Float32Array => new Float32Array(area);
  return { luma: plane(), blueness: plane(), redness: plane(), colours: new Float32Array(3 * area) };
}

/**
 * Brings an image to planes, by averaging.
 * @param pixels `[3, side, side]`, 0..255; side is a multiple of 24.
 */
export function fillPlanes({ luma, blueness, redness, colours }: Planes, pixels: Uint8Array, side: number): void {
  average(pixels, side, side / hashedSide, colours);
  for (let at = 0; at < area; at++) {
    const [r, g, b] = [colours[at] ?? 0, colours[area + at] ?? 0, colours[2 * area + at] ?? 0];
    const y = 0.299 * r + 0.587 * g + 0.114 * b;
    luma[at] = y;
    blueness[at] = 0.564 * (b - y);
    redness[at] = 0.713 * (r - y);
  }
}

/** A small picture of the planes, for comparing images as an eye would. @param target of {@link thumbnailBytes} bytes */
export function writeThumbnail({ luma, blueness, redness }: Planes, target: Uint8Array): void {
  const small = new Float32Array(thumbnailBytes);
  average(luma, hashedSide, 2, small);
  average(blueness, hashedSide, 4, small.subarray(brightnessBytes));
  average(redness, hashedSide, 4, small.subarray(brightnessBytes + colourBytes));
  for (let at = 0; at < thumbnailBytes; at++)
    target[at] = Math.round(small[at] ?? 0) + (at < brightnessBytes ? 0 : 128);
}

export function figuresOf({ luma, blueness, redness, colours }: Planes): PixelFigures {
  let sum = 0;
  let squares = 0;
  let colour = 0;
  let steps = 0;
  for (let at = 0; at < area; at++) {
    const value = luma[at] ?? 0;
    sum += value;
    squares += value * value;
    colour += Math.sqrt((blueness[at] ?? 0) ** 2 + (redness[at] ?? 0) ** 2);
    if (at % hashedSide !== 0) steps += Math.abs(value - (luma[at - 1] ?? 0));
    if (at >= hashedSide) steps += Math.abs(value - (luma[at - hashedSide] ?? 0));
  }
  const brightness = sum / area;
  return {
    brightness,
    contrast: Math.sqrt(Math.max(0, squares / area - brightness * brightness)),
    colourfulness: colour / area,
    detail: steps / (2 * hashedSide * (hashedSide - 1)),
    range: rangeOf(colours),
  };
}

/** Means of blocks of `block` x `block` pixels of square planes that lie one after the other. */
function average(planes: Uint8Array | Float32Array, side: number, block: number, means: Float32Array): void {
  const small = side / block;
  const count = (planes.length / side ** 2) * small ** 2;
  for (let at = 0; at < count; at++) {
    const start = Math.floor(at / small) * block * side + (at % small) * block;
    let sum = 0;
    for (let row = 0; row < block; row++)
      for (let column = 0; column < block; column++) sum += planes[start + row * side + column] ?? 0;
    means[at] = sum / (block * block);
  }
}

/** The largest difference between two values of one channel. */
function rangeOf(colours: Float32Array): number {
  let largest = 0;
  for (let start = 0; start < colours.length; start += area) {
    let [least, most] = [255, 0];
    for (let at = start; at < start + area; at++) {
      const value = colours[at] ?? 0;
      if (value < least) least = value;
      if (value > most) most = value;
    }
    largest = Math.max(largest, most - least);
  }
  return largest;
}
