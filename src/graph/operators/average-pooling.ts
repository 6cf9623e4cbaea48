import { type Emitter, int } from "../emitter.ts";
import { withLayer } from "../operator.ts";
import { knownElementCount } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  type PoolingOptions,
  type PoolingWindows,
  poolingWindows,
  windowAttributes,
  windowCounts,
} from "./pooling-windows.ts";
import { mean } from "./reductions.ts";
import { emitRepeated } from "./resize.ts";
import { defineSeparable, pictureSize, type Sizes, weightsOf } from "./separable.ts";

/**
 * Mean of each window: [batch, channels, height, width] -> [batch, channels, height', width'].
 * @param options where `countPadding` counts the pixels of `padding` as zeros instead of leaving them out of the mean.
 * Default: false.
 * @throws AtelierError as {@link poolingWindows} does, and when no window fits.
 */
export function averagePool2d(x: Tensor, options: PoolingOptions & { readonly countPadding?: boolean }): Tensor {
  const windows = poolingWindows("averagePool2d", x, options);
  const from = pictureSize(withLayer("averagePool2d"), x);
  const counted = options.countPadding === true ? (options.padding ?? none) : none;
  return averagePoolOf(x, { ...windows, counted, from, to: windowCounts(withLayer("averagePool2d"), x, windows) });
}

/** Mean of each channel: [batch, channels, height, width] -> [batch, channels]. */
export function globalAveragePool(x: Tensor): Tensor {
  pictureSize(withLayer("globalAveragePool"), x);
  return mean(x, [2, 3]);
}

const none = [0, 0, 0, 0] as const;

/** `counted` are the pixels beyond each border that take part in the mean. */
type AveragePool = Sizes & PoolingWindows & { readonly counted: readonly [number, number, number, number] };

const averagePoolOf = defineSeparable<AveragePool>({
  name: "averagePool2d",
  weights: ({ from, to, kernel, strides, padding, counted }, axis) =>
    weightsOf(to[axis], from[axis], (window) => {
      const begin = window * strides[axis] - padding[axis];
      const end = begin + kernel[axis];
      const [first, last] = [Math.max(begin, 0), Math.min(end, from[axis])];
      const after = counted[axis === 0 ? 2 : 3];
      const divisor = Math.min(end, from[axis] + after) - Math.max(begin, -counted[axis]);
      return Array.from({ length: last - first }, (_, index) => [first + index, 1 / divisor] as const);
    }),
  onnx: (emitter, x, attributes) =>
    prefersProduct(emitter, attributes) ? undefined : emitPool(emitter, x, attributes),
  adjointOnnx: (emitter, x, { kernel, strides, padding, from, to }) => {
    const tiles = kernel.every((size, axis) => size === strides[axis] && size * (to[axis] ?? 0) === from[axis]);
    if (!tiles || padding.some((pixels) => pixels !== 0)) return undefined;
    const share = emitter.node("Mul", [x, emitter.filled(1 / knownElementCount(kernel), [])]);
    return emitRepeated(emitter, share, { from: to, to: from });
  },
});

/** Width up to which two matrix products are faster on the CPU than its AveragePool. */
const NARROW = 64;

/** Also where a mean counts some but not all of the pixels beyond the borders, which ONNX cannot say. */
function prefersProduct({ target }: Emitter, { from, padding, counted }: AveragePool): boolean {
  const sayable = [padding, none].some((pixels) => pixels.every((count, side) => count === counted[side]));
  return !sayable || (target.cpu && Math.max(...from) <= NARROW);
}

function emitPool(emitter: Emitter, x: string, attributes: AveragePool): string {
  const countsPadding = int(Number(attributes.counted.some((count) => count > 0)));
  return emitter.node("AveragePool", [x], {
    attributes: { ...windowAttributes(attributes), count_include_pad: countsPadding },
  });
}
