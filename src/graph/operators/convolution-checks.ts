import type { ConvolutionGeometry } from "../lowering/convolution-case.ts";
import { formatShape, knownDimension, type Shape, shapeError, type TensorType } from "../shape.ts";

/** Strides, dilations and groups are whole numbers from 1, and the groups divide the channels. */
export function assertGroups(
  where: string,
  { strides, dilations, groups }: ConvolutionGeometry,
  ...channels: number[]
): void {
  const whole = [...strides, ...dilations, groups].every((count) => Number.isInteger(count) && count >= 1);
  if (whole && channels.every((count) => count % groups === 0)) return;
  const received = `strides ${strides.join()}, dilations ${dilations.join()}, groups ${groups} for ${channels.join()} channels`;
  throw shapeError(where, "whole numbers from 1, and groups that divide the channels", received);
}

/** Four axes, and the channels that the kernel wants. */
export function assertChannels(
  where: string,
  name: string,
  type: TensorType,
  channels: number,
  kernel: TensorType,
): void {
  if (type.shape.length === 4 && kernel.shape.length === 4 && type.shape[1] === channels) return;
  const expected = `${name} [batch, ${channels}, height, width] for kernel ${formatShape(kernel.shape)}`;
  throw shapeError(where, expected, formatShape(type.shape));
}

/** Height and width of the response to images of the given size. */
export function responseSize(
  size: Shape,
  kernel: Shape,
  { strides, padding, dilations }: ConvolutionGeometry,
  where: string,
): number[] {
  return [0, 1].map((axis) => {
    const pixels = knownDimension(where, size, axis) + (padding[axis] ?? 0) + (padding[axis + 2] ?? 0);
    const reach = (dilations[axis] ?? 1) * (knownDimension(where, kernel, axis) - 1) + 1;
    if (pixels < reach) throw shapeError(where, `at least ${reach} pixels with padding`, `${pixels}`);
    return Math.floor((pixels - reach) / (strides[axis] ?? 1)) + 1;
  });
}
