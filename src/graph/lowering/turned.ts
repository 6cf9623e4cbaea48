import { type Emitter, emitTranspose } from "../emitter.ts";
import { emitTransposedByImage } from "./columns.ts";
import { type ConvolutionCase, turnedCase } from "./convolution-case.ts";
import { emitPlainConvolution } from "./plain.ts";
import { emitKernelGradientByImage } from "./products.ts";

// With stride 1, image and response may change places: each is the other's convolution by the kernels turned by 180 degrees.
// So what is fast for few channels serves few filters too. Not for groups.

/** Kernels whose filters and channels have changed places, turned by 180 degrees. */
function emitTurned(emitter: Emitter, kernel: string, { rows, columns }: ConvolutionCase): string {
  const backwards = [
    [-1, -1],
    [-rows - 1, -columns - 1],
    [2, 3],
    [-1, -1],
  ].map((values) => emitter.integers(values));
  return emitter.node("Slice", [emitTranspose(emitter, kernel, [1, 0, 2, 3]), ...backwards]);
}

/** x from y and w: a plain convolution of y. */
export function emitTurnedConvolution(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  return emitPlainConvolution(emitter, y, emitTurned(emitter, kernel, sizes), turnedCase(sizes));
}

/** y = w * x as a product an image and a sum of windows: good for few filters. */
export function emitTurnedColumns(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionCase): string {
  return emitTransposedByImage(emitter, x, emitTurned(emitter, kernel, sizes), turnedCase(sizes));
}

/** dw from windows of y instead of x: good for few filters. */
export function emitTurnedKernelGradient(emitter: Emitter, x: string, y: string, sizes: ConvolutionCase): string {
  return emitTurned(emitter, emitKernelGradientByImage(emitter, y, x, turnedCase(sizes)), sizes);
}
