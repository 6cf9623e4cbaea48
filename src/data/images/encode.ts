import sharp from "sharp";
import type { PixelFormat } from "./preparation.ts";

/** Grey files for grey pixels: they are smaller, and whoever trains on them need not say that they have no colours. */
export function colourspaceOf({ channels }: Pick<PixelFormat, "channels">): "b-w" | "srgb" {
  return channels === 1 ? "b-w" : "srgb";
}

/** Pixels in interleaved rows, [height, width, channels], as a PNG file. */
export function encodePng(pixels: Uint8Array, raw: PixelFormat): Promise<Buffer> {
  return sharp(pixels, { raw }).toColourspace(colourspaceOf(raw)).png().toBuffer();
}
