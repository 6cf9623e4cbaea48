import { type Emitter, emitReshape, emitTranspose, int, type Target } from "../emitter.ts";
import { canBlock, emitOverBlocks, fromBlocks, toBlocks } from "./blocked.ts";
import {
  type ConvolutionCase,
  hasPadding,
  isDepthwise,
  isHalving,
  isTurnable,
  turnedCase,
} from "./convolution-case.ts";

// Transposed convolutions over channels in blocks; see blocked.ts.

/** Whether x is a convolution of y, as it is or, for depthwise kernels, with its pixels moved apart. */
export function canTurnBlocked(sizes: ConvolutionCase, target: Target): boolean {
  if (!canBlock(turnedCase(sizes), target)) return false;
  return isDepthwise(sizes) ? hasPadding(turnedCase(sizes)) : isTurnable(sizes);
}

/** x from y and w: the convolution of y by the turned kernels. */
export function emitBlockedTurned(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  const { channels, filters } = sizes;
  const spread = emitSpread(emitter, toBlocks(emitter, y, filters), sizes);
  const turned = isDepthwise(sizes)
    ? emitTurnedDepthwise(emitter, kernel, sizes)
    : emitTurnedKernels(emitter, kernel, sizes);
  return fromBlocks(emitter, emitOverBlocks(emitter, spread, turned, turnedCase(sizes)), channels);
}

/** Kernels whose filters and channels have changed places, turned by 180 degrees, in blocks. */
function emitTurnedKernels(emitter: Emitter, kernel: string, sizes: ConvolutionCase): string {
  const { geometry, channels, filters, rows, columns } = sizes;
  const { groups } = geometry;
  const { block } = emitter.target;
  const together = filters < block ? 1 : block;
  const split = emitReshape(emitter, toBlocks(emitter, kernel, channels / groups), [
    groups,
    filters / groups / together,
    together,
    channels / groups / block,
    rows * columns,
    block,
  ]);
  const swapped = emitReshape(emitter, emitTranspose(emitter, split, [0, 3, 1, 4, 2, 5]), [
    -1,
    rows * columns,
    together * block,
  ]);
  return emitBackwards(emitter, swapped, rows * columns);
}

function emitTurnedDepthwise(emitter: Emitter, kernel: string, { channels, rows, columns }: ConvolutionCase): string {
  const { block } = emitter.target;
  const split = emitReshape(emitter, kernel, [channels / block, block, rows * columns]);
  return emitBackwards(emitter, emitTranspose(emitter, split, [0, 2, 1]), rows * columns);
}

/** The elements along axis 1 in opposite order. */
function emitBackwards(emitter: Emitter, x: string, count: number): string {
  const order = Array.from({ length: count }, (_, index) => count - 1 - index);
  return emitter.node("Gather", [x, emitter.integers(order)], { attributes: { axis: int(1) } });
}

/** Blocked y with every pixel followed by stride - 1 zeros, in both directions. */
function emitSpread(emitter: Emitter, y: string, { geometry, batch, filters, outRows, outColumns }: ConvolutionCase) {
  const [down, across] = geometry.strides;
  if (down === 1 && across === 1) return y;
  const { block } = emitter.target;
  /** x as rows of the given length, each followed by times - 1 rows of zeros. */
  const apart = (x: string, length: number, times: number) =>
    emitter.node("Pad", [
      emitReshape(emitter, x, [-1, length]),
      emitter.integers([0, 0, 0, length * (times - 1)]),
      emitter.filled(0, []),
    ]);
  const wide = apart(y, block, across);
  const tall = apart(wide, outColumns * across * block, down);
  return emitReshape(emitter, tall, [batch, filters, outRows * down, outColumns * across]);
}

/**
 * The transpose of a 4x4 convolution of stride 2: the pixels of each parity (p, q) of the result are a 2x2 convolution
 * of y with every other kernel element, and the four results are interleaved.
 */
export function emitBlockedDoubling(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  const { batch, channels, filters, height, width, outRows, outColumns } = sizes;
  const { block } = emitter.target;
  const blocked = toBlocks(emitter, y, filters);
  const quarterKernel = emitQuarterKernels(emitter, kernel, sizes);
  const pixels = (batch * channels * outRows * outColumns) / block;
  const parity = (p: number, q: number) => {
    const quarter = {
      ...turnedCase(sizes),
      geometry: { strides: [1, 1], padding: [1 - p, 1 - q, p, q], dilations: [1, 1], groups: 1 },
      rows: 2,
      columns: 2,
    } as const;
    return emitReshape(emitter, emitOverBlocks(emitter, blocked, quarterKernel(p, q), quarter), [pixels, block]);
  };
  const interleaved = (parts: readonly string[]) => emitter.node("Concat", parts, { attributes: { axis: int(1) } });
  const imageRows = [0, 1].map((p) =>
    emitReshape(emitter, interleaved([parity(p, 0), parity(p, 1)]), [pixels / outColumns, outColumns * 2 * block]),
  );
  const image = emitReshape(emitter, interleaved(imageRows), [batch, channels, height, width]);
  return fromBlocks(emitter, image, channels);
}

/** Whether {@link emitBlockedDoubling} serves. */
export function canDouble(sizes: ConvolutionCase, target: Target): boolean {
  const { geometry, channels } = sizes;
  return isHalving(sizes) && geometry.groups === 1 && channels >= target.block && canBlock(sizes, target);
}

/** The kernels [channels, filters, 2, 2], in blocks, of each parity; kernel row 2a + r serves rows of parity 1 - r, a reversed. */
function emitQuarterKernels(emitter: Emitter, kernel: string, { channels, filters }: ConvolutionCase) {
  const { block } = emitter.target;
  const split = emitReshape(emitter, toBlocks(emitter, kernel, channels), [
    filters / block,
    block,
    channels / block,
    2,
    2,
    2,
    2,
    block,
  ]);
  const byParity = emitReshape(emitter, emitTranspose(emitter, split, [4, 6, 2, 0, 3, 5, 1, 7]), [
    4,
    (channels * filters) / (block * block),
    4,
    block * block,
  ]);
  const turned = emitter.node("Gather", [byParity, emitter.integers([3, 2, 1, 0])], { attributes: { axis: int(2) } });
  return (p: number, q: number): string => {
    const index = (1 - p) * 2 + (1 - q);
    const bounds = [[index], [index + 1], [0]].map((values) => emitter.integers(values));
    return emitReshape(emitter, emitter.node("Slice", [turned, ...bounds]), [channels, filters, 2, 2]);
  };
}
