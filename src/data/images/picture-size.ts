/** Sides of pictures as a configuration writes them, in pixels: 64 for squares, `64x96` for 64 wide and 96 high. */
export type PictureSize = number | string;

/** What a size that is not a number looks like. */
export const sizePattern: RegExp = /^[1-9]\d{0,5}x[1-9]\d{0,5}$/;

/** Width and height of a size. */
export function sidesOf(size: PictureSize): { readonly width: number; readonly height: number } {
  const [width = 0, height = width] = typeof size === "number" ? [size] : size.split("x").map(Number);
  return { width, height };
}

/** The size that a width and a height are written as. */
export function sizeOf({ width, height }: { readonly width: number; readonly height: number }): PictureSize {
  return width === height ? width : `${width}x${height}`;
}
