import { type Emitter, emitReshape, emitTranspose, int, ints, type NodeOptions } from "../emitter.ts";
import type { ConvolutionCase } from "./convolution-case.ts";

// Convolutions of onnxruntime's CPU provider over channels in blocks of 16, which keep one block in vector registers.
// A blocked tensor is declared as [batch, channels, height, width] and lies in memory as [batch, channels / 16, height,
// width, 16]; Reshape, Transpose and Concat see the memory. Kernels [filters, channels, rows, columns] lie as [filters / 16,
// channels / 16, rows, columns, 16 channels, 16 filters].

const BLOCK = 16;

/** Whether both channel counts divide into blocks. */
export function canBlock({ channels, filters }: ConvolutionCase): boolean {
  return channels % BLOCK === 0 && filters % BLOCK === 0;
}

const blockedNode = (
  emitter: Emitter,
  type: string,
  inputs: readonly string[],
  attributes: NodeOptions["attributes"] = {},
) => emitter.node(type, inputs, { domain: "com.microsoft.nchwc", attributes });

const toBlocks = (emitter: Emitter, x: string) => blockedNode(emitter, "ReorderInput", [x]);

const fromBlocks = (emitter: Emitter, x: string, channels: number) =>
  blockedNode(emitter, "ReorderOutput", [x], { channels: int(channels) });

/** y = w * x with the kernel brought into blocks in the graph, since it changes at every step. */
export function emitBlockedConvolution(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionCase): string {
  const { geometry, channels, filters, rows, columns } = sizes;
  const { strides, padding, dilations } = geometry;
  const filterBlocks = emitReshape(emitter, toBlocks(emitter, kernel), [
    filters / BLOCK,
    BLOCK,
    channels * rows * columns,
  ]);
  const weights = emitReshape(emitter, emitTranspose(emitter, filterBlocks, [0, 2, 1]), [
    filters,
    channels,
    rows,
    columns,
  ]);
  const y = blockedNode(emitter, "Conv", [toBlocks(emitter, x), weights], {
    kernel_shape: ints([rows, columns]),
    strides: ints(strides),
    pads: ints(padding),
    dilations: ints(dilations),
    group: int(1),
  });
  return fromBlocks(emitter, y, filters);
}

/**
 * The transpose of a 4x4 convolution of stride 2: the pixels of each parity (p, q) of the result are a 2x2 convolution
 * of y with every other kernel element, and the four results are interleaved.
 */
export function emitBlockedDoubling(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  const { batch, channels, height, width, outRows, outColumns } = sizes;
  const blocked = toBlocks(emitter, y);
  const quarterKernel = emitQuarterKernels(emitter, kernel, sizes);
  const pixels = (batch * channels * outRows * outColumns) / BLOCK;
  const parity = (p: number, q: number) => {
    const part = blockedNode(emitter, "Conv", [blocked, quarterKernel(p, q)], {
      kernel_shape: ints([2, 2]),
      strides: ints([1, 1]),
      pads: ints([1 - p, 1 - q, p, q]),
      dilations: ints([1, 1]),
      group: int(1),
    });
    return emitReshape(emitter, part, [pixels, BLOCK]);
  };
  const interleaved = (parts: readonly string[]) => emitter.node("Concat", parts, { attributes: { axis: int(1) } });
  const imageRows = [0, 1].map((p) =>
    emitReshape(emitter, interleaved([parity(p, 0), parity(p, 1)]), [pixels / outColumns, outColumns * 2 * BLOCK]),
  );
  const image = emitReshape(emitter, interleaved(imageRows), [batch, channels, height, width]);
  return fromBlocks(emitter, image, channels);
}

/** The kernels [channels, filters, 2, 2], in blocks, of each parity; kernel row 2a + r serves rows of parity 1 - r, a reversed. */
function emitQuarterKernels(emitter: Emitter, kernel: string, { channels, filters }: ConvolutionCase) {
  const split = emitReshape(emitter, toBlocks(emitter, kernel), [
    filters / BLOCK,
    BLOCK,
    channels / BLOCK,
    2,
    2,
    2,
    2,
    BLOCK,
  ]);
  const byParity = emitReshape(emitter, emitTranspose(emitter, split, [4, 6, 2, 0, 3, 5, 1, 7]), [
    4,
    (channels * filters) / (BLOCK * BLOCK),
    4,
    BLOCK * BLOCK,
  ]);
  const turned = emitter.node("Gather", [byParity, emitter.integers([3, 2, 1, 0])], { attributes: { axis: int(2) } });
  return (p: number, q: number): string => {
    const index = (1 - p) * 2 + (1 - q);
    const bounds = [[index], [index + 1], [0]].map((values) => emitter.integers(values));
    return emitReshape(emitter, emitter.node("Slice", [turned, ...bounds]), [channels, filters, 2, 2]);
  };
}
