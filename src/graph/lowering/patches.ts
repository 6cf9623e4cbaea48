import { type Emitter, emitMatmul, emitReshape, emitTranspose, int } from "../emitter.ts";
import { type ConvolutionCase, isPointwise, windowSize } from "./convolution-case.ts";

// Convolutions as one large matrix product over patches: column (p, n) of the patch matrix holds what the kernel sees at
// place p of image n. With the batch innermost, a patch row is gathered in runs as long as the batch. Groups are a batch
// of such products.

/** Patches of x [batch, channels, height, width] as [groups, window, places * batch], rows in the order (c, row, column). */
function emitPatches(emitter: Emitter, x: string, sizes: ConvolutionCase): string {
  const { geometry, batch, channels, height, width, rows, columns, outRows, outColumns } = sizes;
  const { strides, padding, dilations } = geometry;
  const pixels = height * width;
  const batchLast = emitReshape(emitter, emitTranspose(emitter, x, [1, 2, 3, 0]), [channels, pixels, batch]);
  const shape = groupShape(sizes, windowSize(sizes), outRows * outColumns * batch);
  if (isPointwise(sizes)) return emitReshape(emitter, batchLast, shape);
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
  return emitReshape(emitter, gathered, shape);
}

/** [groups, rows, columns], or only the matrix where there is one group. */
function groupShape({ geometry: { groups } }: ConvolutionCase, rows: number, columns: number): readonly number[] {
  return groups === 1 ? [rows, columns] : [groups, rows, columns];
}

/** y = w · patches(x). */
export function emitConvolutionByPatches(emitter: Emitter, x: string, kernel: string, sizes: ConvolutionCase): string {
  const { geometry, batch, filters, outRows, outColumns } = sizes;
  const shape = groupShape(sizes, filters / geometry.groups, windowSize(sizes));
  const product = emitMatmul(
    emitter,
    { name: emitReshape(emitter, kernel, shape), rank: shape.length },
    { name: emitPatches(emitter, x, sizes), rank: shape.length },
  );
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
  const { geometry, batch, channels, filters, rows, columns, outRows, outColumns } = sizes;
  const { groups } = geometry;
  const shape = groupShape(sizes, filters / groups, outRows * outColumns * batch);
  const rank = shape.length;
  const patches = emitPatches(emitter, x, sizes);
  const responses = emitReshape(emitter, emitTranspose(emitter, y, [1, 2, 3, 0]), shape);
  const direct = windowSize(sizes) * filters > LARGE_KERNEL;
  const product = direct
    ? emitMatmul(emitter, { name: responses, rank }, { name: patches, rank, transposed: true })
    : emitTranspose(
        emitter,
        emitMatmul(emitter, { name: patches, rank }, { name: responses, rank, transposed: true }),
        groups === 1 ? [1, 0] : [0, 2, 1],
      );
  return emitReshape(emitter, product, [filters, channels / groups, rows, columns]);
}
