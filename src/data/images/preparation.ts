/** Size and channels that every image of a data set is brought to; `channels` 1 is grey, 3 is red, green, blue. */
export interface PixelFormat {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Bytes of one decoded image. */
export function imageBytesOf(format: PixelFormat): number {
  return format.channels * format.height * format.width;
}

export const fits = ["cover", "contain", "stretch"] as const;
export const crops = ["centre", "attention"] as const;
export const filters = ["lanczos3", "cubic", "linear", "nearest"] as const;

/** Resampling filter. All but `nearest` are antialiased: widened by the factor that an image is scaled down by. See `fitImage`. */
export type Filter = (typeof filters)[number];

/**
 * `edge` repeats the border pixels; `reflect` mirrors the image at its border, the border pixels included, as often as is needed;
 * `#rrggbb` is a colour of sRGB.
 */
export type Padding = "edge" | "reflect" | `#${string}`;

/** How an image of another shape is brought to a format. */
export type Fitting =
  /**
   * Scaled until it covers the format; what is over is cut off around the centre, or around what draws attention.
   * Attention is placed to 1/32 of each side: in an image that is 30 or more times as long as it is wide, something small can be missed.
   */
  | { readonly fit: "cover"; readonly crop: (typeof crops)[number]; readonly filter: Filter }
  /** Scaled until it fits into the format; what is missing is filled in on both sides. */
  | { readonly fit: "contain"; readonly pad: Padding; readonly filter: Filter }
  /** Scaled to the format whatever its shape. */
  | { readonly fit: "stretch"; readonly filter: Filter };

/** Everything that is done to an image before a network sees it. */
export interface Preparation {
  readonly format: PixelFormat;
  readonly fitting: Fitting;
}

/** What is done where nothing else is asked for. */
export const usualFitting: Fitting = { fit: "cover", crop: "centre", filter: "lanczos3" };
