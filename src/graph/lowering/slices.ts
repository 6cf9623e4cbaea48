import { type Emitter, emitMatmul, emitReshape, emitTranspose, int } from "../emitter.ts";
import { type ConvolutionCase, isPointwise } from "./convolution-case.ts";

/**
 * dw element by element: element (a, b) is the product of the responses with the image shifted by (a, b), both with their
 * channels last. Good for many channels, for which the products are large.
 */
export function emitKernelGradientBySlices(emitter: Emitter, x: string, y: string, sizes: ConvolutionCase): string {
  const { batch, channels, filters, rows, columns, outRows, outColumns } = sizes;
  const channelsLast = (name: string) => emitTranspose(emitter, name, [0, 2, 3, 1]);
  const places = batch * outRows * outColumns;
  const responses = emitReshape(emitter, channelsLast(y), [places, filters]);
  const products = emitShifted(emitter, channelsLast(x), sizes).map((slice) =>
    emitMatmul(
      emitter,
      { name: responses, rank: 2, transposed: true },
      { name: emitReshape(emitter, slice, [places, channels]), rank: 2 },
    ),
  );
  return emitFromElements(emitter, products, [filters, channels, rows, columns]);
}

/** What each kernel element sees of x [batch, height, width, channels]. */
function emitShifted(emitter: Emitter, x: string, sizes: ConvolutionCase): readonly string[] {
  if (isPointwise(sizes)) return [x];
  const { rows, columns, outRows, outColumns } = sizes;
  const { strides, padding, dilations } = sizes.geometry;
  const [top, left, bottom, right] = padding;
  const padded = padding.every((pixels) => pixels === 0)
    ? x
    : emitter.node("Pad", [x, emitter.integers([0, top, left, 0, 0, bottom, right, 0]), emitter.filled(0, [])]);
  return Array.from({ length: rows * columns }, (_, element) => {
    const row = Math.floor(element / columns) * dilations[0];
    const column = (element % columns) * dilations[1];
    const end = [row + (outRows - 1) * strides[0] + 1, column + (outColumns - 1) * strides[1] + 1];
    const bounds = [[row, column], end, [1, 2], strides].map((values) => emitter.integers(values));
    return emitter.node("Slice", [padded, ...bounds]);
  });
}

/** Joins one tensor a kernel element, each of filters * channels numbers, to kernels of the given shape. */
function emitFromElements(emitter: Emitter, elements: readonly string[], shape: readonly number[]): string {
  const joined = emitter.node("Concat", elements, { attributes: { axis: int(0) } });
  const byElement = emitReshape(emitter, joined, [elements.length, -1]);
  return emitReshape(emitter, emitTranspose(emitter, byElement, [1, 0]), shape);
}
