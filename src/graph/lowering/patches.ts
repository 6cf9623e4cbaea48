import { type Emitter, emitMatmul, emitReshape, emitTranspose, int, ints } from "../emitter.ts";
import { type ConvolutionCase, windowSize } from "./convolution-case.ts";

// Convolutions as one large matrix product over patches: column (p, n) of the patch matrix holds what the kernel sees at
// place p of image n. With the batch innermost, a patch row is gathered in runs as long as the batch.

/** Patches of x [batch, channels, height, width] as a matrix [window, places * batch], rows in the order (c, row, column). */
function emitPatches(emitter: Emitter, x: string, sizes: ConvolutionCase): string {
  const { geometry, batch, channels, height, width, rows, columns, outRows, outColumns } = sizes;
  const { strides, padding, dilations } = geometry;
  const pixels = height * width;
  const batchLast = emitReshape(emitter, emitTranspose(emitter, x, [1, 2, 3, 0]), [channels, pixels, batch]);
  // One pixel of zeros more, for places outside the image to point at.
  const padded = emitter.node("Pad", [batchLast, emitter.integers([0, 0, 0, 0, 1, 0]), emitter.filled(0, [])]);
  const sources: number[] = [];
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < columns; b++)
      for (let p = 0; p < outRows; p++)
        for (let q = 0; q < outColumns; q++) {
          const i = p * strides[0] + a * dilations[0] - padding[0];
          const j = q * strides[1] + b * dilations[1] - padding[1];
          const inside = i >= 0 && i < height && j >= 0 && j < width;
          sources.push(inside ? i * width + j : pixels);
        }
  const gathered = emitter.node("Gather", [padded, emitter.integers(sources)], { attributes: { axis: int(1) } });
  return emitReshape(emitter, gathered, [windowSize(sizes), outRows * outColumns * batch]);
}

/** y = w · patches(x). */
export function emitConvolutionByPatches(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionCase): string {
  const { batch, filters, outRows, outColumns } = sizes;
  const matrix = emitReshape(emitter, kernel, [filters, windowSize(sizes)]);
  const product = emitMatmul(emitter, { name: matrix, rank: 2 }, { name: emitPatches(emitter, x, sizes), rank: 2 });
  const batchFirst = emitTranspose(
    emitter,
    emitReshape(emitter, product, [filters * outRows * outColumns, batch]),
    [1, 0],
  );
  return emitReshape(emitter, batchFirst, [batch, filters, outRows, outColumns]);
}

/** Above this many numbers the kernel is written directly; below, its transpose, whose product is better shaped. */
const LARGE_KERNEL = 1_500_000;

/** dw = y · patches(x)ᵀ. */
export function emitKernelGradientByPatches(emitter: Emitter, x: string, y: string, sizes: ConvolutionCase): string {
  const { batch, channels, filters, rows, columns, outRows, outColumns } = sizes;
  const places = outRows * outColumns * batch;
  const patches = emitPatches(emitter, x, sizes);
  const responses = emitReshape(emitter, emitTranspose(emitter, y, [1, 2, 3, 0]), [filters, places]);
  const direct = windowSize(sizes) * filters > LARGE_KERNEL;
  const product = direct
    ? emitMatmul(emitter, { name: responses, rank: 2 }, { name: patches, rank: 2, transposed: true })
    : emitTranspose(
        emitter,
        emitMatmul(emitter, { name: patches, rank: 2 }, { name: responses, rank: 2, transposed: true }),
        [1, 0],
      );
  return emitReshape(emitter, product, [filters, channels, rows, columns]);
}

/**
 * dw for very few channels: the patches of each image by a convolution with unit kernels, one product an image, and the
 * sum over the batch.
 */
export function emitKernelGradientOfFewChannels(
  emitter: Emitter,
  x: string,
  y: string,
  sizes: ConvolutionCase,
): string {
  const { geometry, batch, channels, filters, rows, columns, outRows, outColumns } = sizes;
  const window = windowSize(sizes);
  const units = new Float32Array(window * window);
  for (let element = 0; element < window; element++) units[element * window + element] = 1;
  const { strides, padding, dilations } = geometry;
  const patches = emitter.node("Conv", [x, emitter.floats(units, [window, channels, rows, columns])], {
    attributes: { strides: ints(strides), pads: ints(padding), dilations: ints(dilations) },
  });
  const places = outRows * outColumns;
  const products = emitMatmul(
    emitter,
    { name: emitReshape(emitter, patches, [batch, window, places]), rank: 3 },
    { name: emitReshape(emitter, y, [batch, filters, places]), rank: 3, transposed: true },
  );
  const total = emitter.node("ReduceSum", [products, emitter.integers([0])], { attributes: { keepdims: int(0) } });
  return emitReshape(emitter, emitTranspose(emitter, total, [1, 0]), [filters, channels, rows, columns]);
}
