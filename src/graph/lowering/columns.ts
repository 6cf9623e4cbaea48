import { type Emitter, emitMatmul, emitReshape, emitTranspose, ints } from "../emitter.ts";
import { type ConvolutionCase, isPointwise, windowSize } from "./convolution-case.ts";

// Transposed convolutions as a matrix product that gives every place its window, and a sum of overlapping windows.

/** Adds up windows [batch, window, places] to images [batch, channels, height, width]. */
function emitSumOfWindows(emitter: Emitter, windows: string, sizes: ConvolutionCase): string {
  const { geometry, batch, channels, height, width, rows, columns } = sizes;
  if (isPointwise(sizes)) return emitReshape(emitter, windows, [batch, channels, height, width]);
  return emitter.node("Col2Im", [windows, emitter.integers([height, width]), emitter.integers([rows, columns])], {
    attributes: { pads: ints(geometry.padding), strides: ints(geometry.strides), dilations: ints(geometry.dilations) },
  });
}

/** One product an image: best for few channels, where no data need be moved. */
export function emitTransposedByImage(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  const { geometry, batch, filters, outRows, outColumns } = sizes;
  const { groups } = geometry;
  const places = outRows * outColumns;
  const inGroups = groups === 1 ? [] : [groups];
  const windows = emitMatmul(
    emitter,
    {
      name: emitReshape(emitter, kernel, [...inGroups, filters / groups, windowSize(sizes)]),
      rank: 2 + inGroups.length,
      transposed: true,
    },
    {
      name: emitReshape(emitter, y, [batch, ...inGroups, filters / groups, places]),
      rank: 3 + inGroups.length,
    },
  );
  const joined = groups === 1 ? windows : emitReshape(emitter, windows, [batch, groups * windowSize(sizes), places]);
  return emitSumOfWindows(emitter, joined, sizes);
}

/** One product for the whole batch: best for tiny images of many channels. Not for groups. */
export function emitTransposedByBatch(emitter: Emitter, y: string, kernel: string, sizes: ConvolutionCase): string {
  const { batch, filters, outRows, outColumns } = sizes;
  const places = outRows * outColumns;
  const rows = emitReshape(emitter, emitTranspose(emitter, y, [0, 2, 3, 1]), [batch * places, filters]);
  const matrix = emitReshape(emitter, kernel, [filters, windowSize(sizes)]);
  const product = emitMatmul(emitter, { name: rows, rank: 2 }, { name: matrix, rank: 2 });
  const perImage = emitReshape(emitter, product, [batch, places, windowSize(sizes)]);
  return emitSumOfWindows(emitter, emitTranspose(emitter, perImage, [0, 2, 1]), sizes);
}
