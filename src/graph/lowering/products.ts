import { type Emitter, emitMatmul, emitReshape, emitTranspose, int } from "../emitter.ts";
import { type ConvolutionCase, isPointwise, windowSize } from "./convolution-case.ts";
import { onnxAttributes } from "./plain.ts";

/**
 * dw as one product an image, y · windows(x)ᵀ, and the sum over the batch. The windows are made by a convolution with unit
 * kernels, which only few channels are worth; under a kernel of one pixel the image is its own windows.
 */
export function emitKernelGradientByImage(emitter: Emitter, x: string, y: string, sizes: ConvolutionCase): string {
  const { geometry, batch, channels, filters, rows, columns, outRows, outColumns } = sizes;
  const window = windowSize(sizes);
  const windows = isPointwise(sizes)
    ? x
    : emitter.node("Conv", [x, emitter.floats(unitMatrix(window), [window, channels, rows, columns])], {
        attributes: onnxAttributes(geometry),
      });
  const places = outRows * outColumns;
  const products = emitMatmul(
    emitter,
    { name: emitReshape(emitter, windows, [batch, window, places]), rank: 3 },
    { name: emitReshape(emitter, y, [batch, filters, places]), rank: 3, transposed: true },
  );
  const total = emitter.node("ReduceSum", [products, emitter.integers([0])], { attributes: { keepdims: int(0) } });
  return emitReshape(emitter, emitTranspose(emitter, total, [1, 0]), [filters, channels, rows, columns]);
}

function unitMatrix(size: number): Float32Array<ArrayBuffer> {
  const matrix = new Float32Array(size * size);
  for (let element = 0; element < size; element++) matrix[element * size + element] = 1;
  return matrix;
}
