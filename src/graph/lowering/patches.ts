import { type Emitter, emitMatmul, emitReshape, emitTranspose, int } from "../emitter.ts";
import { type ConvolutionCase, isPointwise, windowSize } from "./convolution-case.ts";

// Convolutions as one large matrix product over patches: column (p, n) of the patch matrix holds what the kernel sees at
// place p of image n. With the batch innermost, a patch row is gathered in runs as long as the batch. Groups are a batch
// of such products.

/** Patches of x [batch, channels, height, width] as [groups, window, places * batch], rows in the order (c, row, column). */
function emitPatches(emitter: Emitter, x: string, sizes: ConvolutionCase): string {
  const shape = groupShape(sizes, windowSize(sizes), placesOf(sizes));
  if (isPointwise(sizes)) return emitReshape(emitter, emitBatchLast(emitter, x, sizes), shape);
  return emitReshape(emitter, emitWindows(emitter, emitPadded(emitter, x, sizes), sizes), shape);
}

const placesOf = ({ outRows, outColumns, batch }: ConvolutionCase) => outRows * outColumns * batch;

/** x [batch, channels, height, width] as [channels, pixels, batch]. */
function emitBatchLast(emitter: Emitter, x: string, { batch, channels, height, width }: ConvolutionCase): string {
  return emitReshape(emitter, emitTranspose(emitter, x, [1, 2, 3, 0]), [channels, height * width, batch]);
}

/** The same with one pixel of zeros more, for places outside the image to point at. */
function emitPadded(emitter: Emitter, x: string, sizes: ConvolutionCase): string {
  const bounds = emitter.integers([0, 0, 0, 0, 1, 0]);
  return emitter.node("Pad", [emitBatchLast(emitter, x, sizes), bounds, emitter.filled(0, [])]);
}

/** What the kernel sees: padded [channels, pixels, batch] to [channels, rows * columns * places, batch]. */
function emitWindows(emitter: Emitter, padded: string, sizes: ConvolutionCase): string {
  const { geometry, height, width, rows, columns, outRows, outColumns } = sizes;
  const { strides, padding, dilations } = geometry;
  const pixels = height * width;
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
  return emitter.node("Gather", [padded, emitter.integers(sources)], { attributes: { axis: int(1) } });
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
  const { geometry, channels, filters, rows, columns } = sizes;
  const { groups } = geometry;
  const shape = groupShape(sizes, filters / groups, placesOf(sizes));
  const responses = emitReshape(emitter, emitTranspose(emitter, y, [1, 2, 3, 0]), shape);
  const direct = windowSize(sizes) * filters > LARGE_KERNEL;
  const product = (patches: string) =>
    direct
      ? emitMatmul(
          emitter,
          { name: responses, rank: shape.length },
          { name: patches, rank: shape.length, transposed: true },
        )
      : emitMatmul(
          emitter,
          { name: patches, rank: shape.length },
          { name: responses, rank: shape.length, transposed: true },
        );
  const products = emitPatchesInParts(emitter, x, sizes).map(product);
  const [only = ""] = products;
  const joined =
    products.length === 1 ? only : emitter.node("Concat", products, { attributes: { axis: int(direct ? 1 : 0) } });
  const matrix = direct ? joined : emitTranspose(emitter, joined, groups === 1 ? [1, 0] : [0, 2, 1]);
  return emitReshape(emitter, matrix, [filters, channels / groups, rows, columns]);
}

/** Patches of more numbers (32 MB) are made and used in parts: they would be the largest tensors of a step. */
const LARGE_PATCHES = 2 ** 23;

/** The rows of the patch matrix in parts of as many channels each. */
function emitPatchesInParts(emitter: Emitter, x: string, sizes: ConvolutionCase): readonly string[] {
  const { geometry, channels } = sizes;
  let size = channels;
  const rowsOf = (count: number) => (windowSize(sizes) / channels) * count;
  while (size % 2 === 0 && rowsOf(size) * placesOf(sizes) > LARGE_PATCHES) size /= 2;
  if (geometry.groups > 1 || size === channels || isPointwise(sizes)) return [emitPatches(emitter, x, sizes)];
  const padded = emitPadded(emitter, x, sizes);
  return Array.from({ length: channels / size }, (_, part) => {
    const bounds = [[part * size], [(part + 1) * size], [0]].map((values) => emitter.integers(values));
    const windows = emitWindows(emitter, emitter.node("Slice", [padded, ...bounds]), sizes);
    return emitReshape(emitter, windows, [rowsOf(size), placesOf(sizes)]);
  });
}
