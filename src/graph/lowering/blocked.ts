import { type Emitter, emitReshape, emitTranspose, int, type NodeOptions, type Target } from "../emitter.ts";
import { type ConvolutionSizes, isDepthwise, windowSize } from "./convolution-case.ts";
import { onnxAttributes } from "./plain.ts";

// Convolutions of onnxruntime's CPU provider over channels in blocks, which keep one block in vector registers: 16 channels
// on processors with AVX-512 and on ARM, 8 with AVX2. A blocked tensor is declared as [batch, channels, height, width] and
// lies in memory as [batch, channels / block, height, width, block]; Reshape, Transpose and Concat see the memory. Kernels
// [filters, channels, rows, columns] lie as [filters / block, channels / block, rows, columns, block channels, block
// filters]; those of too few channels for a block as [filters / block, channels, rows, columns, block filters].

/** Whether the operator takes the channels that one filter sees: whole blocks, or one kernel a channel, or less than a block. */
export function canBlock(sizes: ConvolutionSizes, { block }: Target): boolean {
  const { geometry, channels, filters } = sizes;
  const { groups } = geometry;
  if (block === 0 || filters % block !== 0) return false;
  if (isDepthwise(sizes)) return true;
  const wholeBlocks = (channels / groups) % block === 0 && (filters / groups) % block === 0;
  return wholeBlocks || (groups === 1 && channels < block);
}

const blockedNode = (
  emitter: Emitter,
  type: string,
  inputs: readonly string[],
  attributes: NodeOptions["attributes"] = {},
) => emitter.node(type, inputs, { domain: "com.microsoft.nchwc", attributes });

/** Too few channels for a block stay as they are. */
export function toBlocks(emitter: Emitter, x: string, channels: number): string {
  return channels < emitter.target.block ? x : blockedNode(emitter, "ReorderInput", [x]);
}

export const fromBlocks = (emitter: Emitter, x: string, channels: number) =>
  blockedNode(emitter, "ReorderOutput", [x], { channels: int(channels) });

/** The convolution of a blocked x by kernels in blocks; its result is blocked. */
export function emitOverBlocks(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionSizes): string {
  const { geometry, channels, filters, rows, columns } = sizes;
  const shaped = emitReshape(emitter, kernel, [filters, channels / geometry.groups, rows, columns]);
  return blockedNode(emitter, "Conv", [x, shaped], onnxAttributes(geometry));
}

/** y = w * x with the kernel brought into blocks in the graph, since it changes at every step. */
export function emitBlockedConvolution(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionSizes): string {
  const { geometry, channels, filters } = sizes;
  const { block } = emitter.target;
  const inBlocks = toBlocks(emitter, kernel, channels / geometry.groups);
  const byFilter = emitReshape(emitter, inBlocks, [filters / block, block, windowSize(sizes)]);
  const filtersLast = emitTranspose(emitter, byFilter, [0, 2, 1]);
  return fromBlocks(emitter, emitOverBlocks(emitter, toBlocks(emitter, x, channels), filtersLast, sizes), filters);
}
