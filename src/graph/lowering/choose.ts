import type { Emitter, Target } from "../emitter.ts";
import { canBlock, emitBlockedConvolution, emitBlockedDoubling } from "./blocked.ts";
import { emitTransposedByBatch, emitTransposedByImage } from "./columns.ts";
import { type ConvolutionCase, isHalving, windowSize } from "./convolution-case.ts";
import { emitConvolutionByPatches, emitKernelGradientByPatches, emitKernelGradientOfFewChannels } from "./patches.ts";

/** An equivalent of a convolution operator: emits it from its two inputs and returns the result's name. */
export type ConvolutionForm = (emitter: Emitter, left: string, right: string, sizes: ConvolutionCase) => string;

// The thresholds are measured: on 2 cores with AVX-512, 33 layers of DCGANs (1 to 512 channels, maps of 2 to 64 pixels,
// batches of 32 to 128), each rule within 5 % of the fastest form of a layer. `undefined` means the plain operator.

/** Patches larger than this many numbers (256 MB) are not worth their memory. */
const MOST_PATCH_NUMBERS = 2 ** 26;

function patchesFit(sizes: ConvolutionCase): boolean {
  return windowSize(sizes) * sizes.outRows * sizes.outColumns * sizes.batch <= MOST_PATCH_NUMBERS;
}

/** A kernel of one pixel is a matrix product already. */
function isPointwise({ rows, columns }: ConvolutionCase): boolean {
  return rows * columns === 1;
}

/** For y = w * x. */
export function chooseConvolution({ cpu, blocked }: Target, sizes: ConvolutionCase): ConvolutionForm | undefined {
  const { channels, outRows } = sizes;
  if (!cpu || channels < 16 || isPointwise(sizes)) return undefined;
  const tiny = outRows <= 2 || (outRows <= 4 && channels >= 128);
  if (tiny && patchesFit(sizes)) return emitConvolutionByPatches;
  if (blocked && canBlock(sizes)) return emitBlockedConvolution;
  const small = outRows <= 4 || (outRows <= 8 && channels >= 64);
  return small && patchesFit(sizes) ? emitConvolutionByPatches : undefined;
}

/** For the transposed convolution: x from y and w. */
export function chooseTransposed({ cpu, blocked }: Target, sizes: ConvolutionCase): ConvolutionForm | undefined {
  const { channels, outRows } = sizes;
  if (!cpu || isPointwise(sizes)) return undefined;
  if (channels < 16) return emitTransposedByImage;
  if (outRows <= 2) return emitTransposedByBatch;
  if (blocked && canBlock(sizes) && isHalving(sizes)) return emitBlockedDoubling;
  return outRows <= 4 ? emitTransposedByBatch : undefined;
}

/** For the kernel's gradient: dw from x and y. */
export function chooseKernelGradient({ cpu }: Target, sizes: ConvolutionCase): ConvolutionForm | undefined {
  if (!cpu || !patchesFit(sizes)) return undefined;
  return sizes.channels <= 4 ? emitKernelGradientOfFewChannels : emitKernelGradientByPatches;
}
