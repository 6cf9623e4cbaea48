import { type Emitter, int, ints } from "../emitter.ts";
import { resolveShape, type TensorType } from "../shape.ts";
import { type PoolingWindows, windowAttributes } from "./pooling-windows.ts";

// The ONNX form of picking from and adding to the first maxima of windows where the engine cannot give their places:
// each of the window's pixels, as a strided slice of the padded picture, is compared with the maximum.

export interface Pooling {
  readonly windows: PoolingWindows;
  /** Of x, [batch, channels, height, width]. */
  readonly picture: TensorType;
  /** Of the windows' maxima, [batch, channels, height', width']. */
  readonly pooled: TensorType;
}

/** The lowest float32: padding that wins over no pixel. */
const LOWEST = -3.4028234663852886e38;

/** The numbers of `values` where x has its windows' first maxima. */
export function pickFirst(emitter: Emitter, x: string, values: string, pooling: Pooling): string {
  const hits = emitHits(emitter, x, pooling);
  const candidates = emitWindowPixels(emitter, values, 0, pooling);
  return candidates.reduceRight((later, candidate, pixel) =>
    emitter.node("Where", [hits[pixel] ?? "", candidate, later]),
  );
}

/** Zeros with each number of `upstream` added where its window of x has its first maximum. */
export function handOut(emitter: Emitter, x: string, upstream: string, pooling: Pooling): string {
  const zero = emitter.filled(0, []);
  let left = upstream;
  const shares = emitHits(emitter, x, pooling).map((hit) => {
    const share = emitter.node("Where", [hit, left, zero]);
    left = emitter.node("Where", [hit, zero, left]);
    return share;
  });
  return emitOverlapAdd(emitter, shares, pooling);
}

/** For each pixel of the window, whether it equals the window's maximum. */
function emitHits(emitter: Emitter, x: string, pooling: Pooling): readonly string[] {
  const maxima = emitter.node("MaxPool", [x], { attributes: windowAttributes(pooling.windows) });
  const pixels = emitWindowPixels(emitter, x, LOWEST, pooling);
  return pixels.map((pixel) => emitter.node("Equal", [pixel, maxima]));
}

/** The pixels of all windows that have the same place in their window, for each place: [batch, channels, height', width']. */
function emitWindowPixels(
  emitter: Emitter,
  x: string,
  beyond: number,
  { windows, pooled }: Pooling,
): readonly string[] {
  const { kernel, strides, padding } = windows;
  const [top, left, bottom, right] = padding;
  const padded = padding.every((pixels) => pixels === 0)
    ? x
    : emitter.node("Pad", [x, emitter.integers([0, 0, top, left, 0, 0, bottom, right]), emitter.filled(beyond, [])]);
  return places(kernel).map((place) => {
    const ends = place.map((start, axis) => start + (Number(pooled.shape[axis + 2]) - 1) * (strides[axis] ?? 1) + 1);
    return emitter.node("Slice", [padded, ...[place, ends, [2, 3], strides].map((values) => emitter.integers(values))]);
  });
}

/** Adds up what belongs to each pixel, as a transposed convolution whose kernels put each share in its place. */
function emitOverlapAdd(emitter: Emitter, shares: readonly string[], { windows, picture, pooled }: Pooling): string {
  const { kernel, strides, padding } = windows;
  const [batch = 1, channels = 1, rows = 1, columns = 1] = resolveShape(pooled.shape, -1);
  const reshaped = (name: string, shape: readonly number[]) => emitter.node("Reshape", [name, emitter.integers(shape)]);
  const apart = shares.map((share) => reshaped(share, [batch, channels, 1, rows, columns]));
  const joined = emitter.node("Concat", apart, { attributes: { axis: int(2) } });
  const count = shares.length;
  const identity = Float32Array.from({ length: channels * count * count }, (_, index) =>
    Number(index % count === Math.floor(index / count) % count),
  );
  const slack = [0, 1].map((axis) => {
    const covered = ((pooled.shape.map(Number)[axis + 2] ?? 1) - 1) * (strides[axis] ?? 1) + (kernel[axis] ?? 1);
    return Number(picture.shape[axis + 2]) + (padding[axis] ?? 0) + (padding[axis + 2] ?? 0) - covered;
  });
  return emitter.node(
    "ConvTranspose",
    [
      reshaped(joined, [batch, channels * count, rows, columns]),
      emitter.floats(identity, [channels * count, 1, ...kernel]),
    ],
    {
      attributes: { strides: ints(strides), pads: ints(padding), output_padding: ints(slack), group: int(channels) },
    },
  );
}

/** The places in a window, row by row. */
function places([rows, columns]: readonly [number, number]): readonly (readonly [number, number])[] {
  return Array.from({ length: rows * columns }, (_, index) => [Math.floor(index / columns), index % columns]);
}
