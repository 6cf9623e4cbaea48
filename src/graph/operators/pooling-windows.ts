import { ints, type OnnxAttribute } from "../emitter.ts";
import { withLayer } from "../operator.ts";
import { formatShape, shapeError, type TensorType } from "../shape.ts";
import { responseSize } from "./convolution-checks.ts";
import { pictureSize } from "./separable.ts";

/** How a window moves over a picture. */
export interface PoolingOptions {
  /** Pixels of the window, [rows, columns]. */
  readonly kernel: readonly [number, number];
  /** Pixels between neighbouring windows, [vertical, horizontal]. Default: the window's size. */
  readonly strides?: readonly [number, number];
  /** Pixels that windows may stand out of the picture at [top, left, bottom, right]; less than the window. Default: none. */
  readonly padding?: readonly [number, number, number, number];
  /** Also take a last window that stands out further, if it begins inside the picture. Default: false. */
  readonly ceil?: boolean;
}

/** The windows that the options stand for: `padding` is such that the last windows fit. */
export type PoolingWindows = {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly padding: readonly [number, number, number, number];
};

/** @throws AtelierError when the numbers are not whole, too small, or leave a window without a pixel. */
export function poolingWindows(name: string, x: TensorType, options: PoolingOptions): PoolingWindows {
  const where = withLayer(name);
  const size = pictureSize(where, x);
  const { kernel, strides = kernel, padding = [0, 0, 0, 0], ceil = false } = options;
  const counts = [...kernel, ...strides, ...padding];
  if (counts.some((count, index) => !Number.isInteger(count) || count < (index < 4 ? 1 : 0))) {
    throw shapeError(where, "whole numbers, from 1 for kernel and strides and from 0 for padding", counts.join());
  }
  if (padding.some((pixels, side) => pixels >= (kernel[side % 2] ?? 0))) {
    throw shapeError(where, `padding below the window ${formatShape(kernel)}`, formatShape(padding));
  }
  if (!ceil) return { kernel, strides, padding };
  const [top, left, bottom, right] = padding;
  const enlarged = [0, 1].map((axis) => {
    const [pixels, window, step] = [size[axis] ?? 1, kernel[axis] ?? 1, strides[axis] ?? 1];
    const before = padding[axis] ?? 0;
    const after = padding[axis + 2] ?? 0;
    const wanted = Math.ceil((pixels + before + after - window) / step);
    const begun = Math.ceil((pixels + before) / step) - 1;
    return Math.max(after, Math.min(wanted, begun) * step + window - pixels - before);
  });
  return { kernel, strides, padding: [top, left, enlarged[0] ?? bottom, enlarged[1] ?? right] };
}

/** Number of windows, [vertical, horizontal]. */
export function windowCounts(where: string, x: TensorType, windows: PoolingWindows): readonly [number, number] {
  const geometry = { ...windows, dilations: [1, 1], groups: 1 } as const;
  const [rows = 0, columns = 0] = responseSize(pictureSize(where, x), windows.kernel, geometry, where);
  return [rows, columns];
}

/** The windows as ONNX attributes. */
export function windowAttributes({ kernel, strides, padding }: PoolingWindows): Record<string, OnnxAttribute> {
  return { kernel_shape: ints(kernel), strides: ints(strides), pads: ints(padding) };
}
