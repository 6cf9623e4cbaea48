import type { PixelFormat } from "./preparation.ts";

/** One image, `[channels, height, width]`, as rows for an encoder: `[height, width, channels]`. Of grey ones the same array. */
export function interleave(pixels: Uint8Array, { channels }: Pick<PixelFormat, "channels">): Uint8Array {
  return channels === 1 ? pixels : transpose(pixels, channels, pixels.length / channels);
}

/** `[height, width, channels]` to `[channels, height, width]`. Of grey ones the same array. */
export function planar(pixels: Uint8Array, { channels }: Pick<PixelFormat, "channels">): Uint8Array {
  return channels === 1 ? pixels : transpose(pixels, pixels.length / channels, channels);
}

/** `[rows, columns]` to `[columns, rows]`. */
function transpose(matrix: Uint8Array, rows: number, columns: number): Uint8Array {
  const turned = new Uint8Array(matrix.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = matrix[row * columns + column] ?? 0;
  }
  return turned;
}
