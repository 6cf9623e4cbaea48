import type { PixelFormat } from "../data/index.ts";
import { concat, constant, conv2d, resize2d, type Tensor } from "../graph/index.ts";

/** Brightness of red, green and blue (ITU-R BT.601), which Pillow and most tools turn colours grey with. */
const luma = constant(Float64Array.of(0.299, 0.587, 0.114), [1, 3, 1, 1]);

/**
 * Pixels in float32, [batch, from.channels, from.height, from.width], brought to the channels and size that a network
 * takes. Grey is repeated to three channels, colour becomes its {@link luma}. The size is changed by the bicubic filter of
 * Pillow (a = -0.5, widened where the picture shrinks), neither rounded nor clipped, as Parmar et al. (2022, "On Aliased
 * Resizing and Surprising Subtleties in GAN Evaluation") ask for: other filters move the scores.
 */
export function pixelsFor(images: Tensor, from: PixelFormat, to: PixelFormat): Tensor {
  const turnedGrey = from.channels > to.channels ? conv2d(images, luma) : images;
  const resized = resizes(from, to)
    ? resize2d(turnedGrey, {
        size: [to.height, to.width],
        mode: "bicubic",
        antialias: true,
        excludeOutside: true,
        cubic: -0.5,
      })
    : turnedGrey;
  return from.channels < to.channels ? concat([resized, resized, resized], 1) : resized;
}

/** In words, how {@link pixelsFor} changes the size. */
export function resizeInWords(from: PixelFormat, to: PixelFormat): string {
  return resizes(from, to) ? "bicubic (a = -0.5), antialiased, in float32" : "none";
}

function resizes(from: PixelFormat, to: PixelFormat): boolean {
  return from.height !== to.height || from.width !== to.width;
}
